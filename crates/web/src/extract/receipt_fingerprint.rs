//! The fields of the commands that move money, in the order in which their fingerprints contain them.
//!
//! Stored fingerprints outlive a release, so the order must not change. A new optional field is added only if it is present,
//! as the language of a booking is.

use hermes_domain::ledger::{
    Difference, Digest, NewAllocation, ReceiptCommand, ReceiptTarget, RefundCommand, RefundTarget, Reversal,
};
use hermes_domain::money::Money;

use super::idempotency::fingerprint;

/// Returns the digest of a command that changes a receipt.
pub(super) fn receipt_fingerprint(command: &ReceiptCommand) -> Digest {
    match command {
        ReceiptCommand::Record { receipt, allocations, reason } => {
            let money = (receipt.amount, receipt.value_date, receipt.source, receipt.statement_line);
            fingerprint(&("record receipt", money, &receipt.details, parts(allocations), reason))
        }
        ReceiptCommand::Allocate { target, allocations, reason } => {
            fingerprint(&("allocate receipt", receipt(target), parts(allocations), reason))
        }
        ReceiptCommand::Unallocate { target, allocation, reason } => {
            fingerprint(&("unallocate receipt", receipt(target), allocation, reason))
        }
        ReceiptCommand::Reverse { target, kind, reason } => {
            let kind = match kind {
                Reversal::Bounced => "bounced",
                Reversal::Undone => "undone",
            };
            fingerprint(&("reverse receipt", receipt(target), kind, reason))
        }
        ReceiptCommand::WriteOff { target, difference: Difference::OfPayment(payment), reason } => {
            fingerprint(&("write off difference", receipt(target), payment.to_string(), reason))
        }
        ReceiptCommand::WriteOff { target, difference: Difference::Credit(amount), reason } => {
            fingerprint(&("write off credit", receipt(target), amount, reason))
        }
    }
}

/// Returns the digest of a command that changes a refund.
pub(super) fn refund_fingerprint(command: &RefundCommand) -> Digest {
    match command {
        RefundCommand::ReleaseExcess { payment, expected_version, reason } => {
            fingerprint(&("release excess", payment.to_string(), expected_version, reason))
        }
        RefundCommand::Request { target, amount, payee_account, reason } => {
            fingerprint(&("request refund", receipt(target), amount, payee_account, reason))
        }
        RefundCommand::Approve(target) => fingerprint(&("approve refund", refund(target))),
        RefundCommand::MarkSent { target, bank_id, amount } => {
            fingerprint(&("mark refund sent", refund(target), bank_id, amount))
        }
        RefundCommand::MarkFailed { target, reason } => {
            fingerprint(&("mark refund failed", refund(target), reason))
        }
    }
}

/// The payment, the expected version and the amount of an allocation.
type Part = (String, Option<i64>, Option<Money>);

fn parts(allocations: &[NewAllocation]) -> Vec<Part> {
    let part = |part: &NewAllocation| (part.payment.to_string(), part.expected_version, part.amount);
    allocations.iter().map(part).collect()
}

fn receipt(target: &ReceiptTarget) -> (String, Option<i64>) {
    (target.number.to_string(), target.expected_version)
}

fn refund(target: &RefundTarget) -> (String, Option<i64>) {
    (target.number.to_string(), target.expected_version)
}

#[cfg(test)]
mod tests {
    use hermes_domain::payment::PaymentKey;
    use hermes_domain::receipt::{ReceiptNumber, RefundNumber};

    use super::*;
    use crate::extract::{JsonFields, receipt_from_json};

    const BODY: &str = r#"{"amount":"10.50","currency":"USD","value_date":"2026-11-22","source":"cash","payer_text":"Ana","allocations":[{"booking":"REF001","amount":"10.00"}]}"#;

    fn recorded(body: &str) -> Digest {
        let fields = JsonFields::parse(body.as_bytes()).unwrap();
        receipt_fingerprint(&receipt_from_json(fields, None).unwrap())
    }

    fn hex(digest: Digest) -> String {
        data_encoding::HEXLOWER.encode(&digest)
    }

    fn target() -> ReceiptTarget {
        ReceiptTarget { number: ReceiptNumber::new(2026, 1).unwrap(), expected_version: Some(1) }
    }

    /// A different digest would reject every retry of a request that an earlier release executed.
    #[test]
    fn the_fingerprints_are_the_same_in_every_release() {
        assert_eq!(hex(recorded(BODY)), "de19d98572aabf0e820ab0538375d8e7881cf53f41b1877a78b431abd07624a9");
        let target = RefundTarget { number: RefundNumber::new(2026, 1).unwrap(), expected_version: Some(1) };
        assert_eq!(
            hex(refund_fingerprint(&RefundCommand::Approve(target))),
            "a51347c20772b9d0de8bb5d190b897a1b0a992837be90c1921c01c4dea57096a"
        );
    }

    #[test]
    fn the_notation_of_a_receipt_does_not_change_its_fingerprint() {
        let same = r#"{ "source":"cash", "value_date":"2026-11-22", "allocations":[{"amount":10,"booking":"ref001"}],
            "payer_text":"Ana", "currency":"usd", "amount":10.5 }"#;
        assert_eq!(recorded(same), recorded(BODY));
    }

    #[test]
    fn each_value_of_a_receipt_changes_its_fingerprint() {
        let mut seen = vec![recorded(BODY)];
        for (part, other) in [
            ("10.50", "10.51"),
            ("USD", "EUR"),
            ("2026-11-22", "2026-11-23"),
            ("cash", "cheque"),
            ("Ana", "Eva"),
            ("REF001", "REF002"),
            ("\"10.00\"", "\"10.01\""),
            ("\"payer_text\"", "\"note\""),
        ] {
            let digest = recorded(&BODY.replace(part, other));
            assert!(!seen.contains(&digest), "{other}");
            seen.push(digest);
        }
    }

    #[test]
    fn each_change_of_a_receipt_has_its_own_fingerprint() {
        let reason = || "typed twice".to_owned();
        let payment = PaymentKey::parse("REF001").unwrap();
        let allocations = vec![NewAllocation::new(payment.clone(), None)];
        let later = ReceiptTarget { expected_version: Some(2), ..target() };
        let of_payment = Difference::OfPayment(payment);
        let commands = [
            ReceiptCommand::Allocate { target: target(), allocations, reason: reason() },
            ReceiptCommand::Unallocate { target: target(), allocation: 1, reason: reason() },
            ReceiptCommand::Unallocate { target: target(), allocation: 2, reason: reason() },
            ReceiptCommand::Unallocate { target: later, allocation: 1, reason: reason() },
            ReceiptCommand::Reverse { target: target(), kind: Reversal::Bounced, reason: reason() },
            ReceiptCommand::Reverse { target: target(), kind: Reversal::Undone, reason: reason() },
            ReceiptCommand::Reverse { target: target(), kind: Reversal::Undone, reason: String::new() },
            ReceiptCommand::WriteOff { target: target(), difference: of_payment, reason: reason() },
            ReceiptCommand::WriteOff {
                target: target(),
                difference: Difference::Credit(None),
                reason: reason(),
            },
        ];
        let digests: Vec<Digest> = commands.iter().map(receipt_fingerprint).collect();
        for (index, digest) in digests.iter().enumerate() {
            assert!(!digests[..index].contains(digest), "{:?}", commands[index]);
        }
    }
}
