//! Erasure of personal data, and links of the payer's page.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod support;

use hermes_domain::access::{PageSecret, ServerKey};
use hermes_domain::ledger::{
    ChainVerifier, Command, Effect, Erasure, ErasureScope, EventKind, ReceiptCommand, ReceiptOutcome,
    ReceiptTarget, RefundCommand, RefundTarget, Rejection, Reversal, Subject, verify_against_audit,
};
use hermes_domain::payment::{PayerDetails, Payment};
use hermes_domain::receipt::{ReceiptNumber, RefundState};
use hermes_test_support::builders::{
    book, cancel, claim, correct, new_name, payment_key, receipt, record, submission, submission_with_claim,
};
use hermes_test_support::{MemoryLedger, NOON};

const CANARY: &str = "canary";

fn erase(reference: i64, scope: ErasureScope) -> Command {
    Command::Erase(Erasure::new(payment_key(reference), scope))
}

/// A ledger with two payments of one person. The first was corrected, has an idempotency key and part of its money.
fn ledger() -> MemoryLedger {
    let mut ledger = MemoryLedger::new();
    ledger.execute(&[submission_with_claim(book("canary@example.org", "1000"), claim(1, 1))]);
    ledger.execute_one(correct(1, 1, new_name("Canary Ruiz")));
    ledger.execute_one(book("canary@example.org", "20"));
    ledger
}

/// Returns everything that is stored about the first payment.
fn stored(ledger: &MemoryLedger) -> String {
    let own = ledger.get(1).id;
    let audit = ledger.audit.iter().filter(|row| row.payment_id == Some(own));
    let records = ledger.idempotency.iter().filter(|record| record.subject() == Subject::Payment(own));
    let (audit, records): (Vec<_>, Vec<_>) = (audit.collect(), records.collect());
    format!("{:?} {audit:?} {records:?}", ledger.get(1)).to_lowercase()
}

#[test]
fn an_erasure_removes_the_texts_everywhere_and_preserves_the_money() {
    let mut ledger = ledger();
    let (before, totals) = (ledger.get(1).clone(), ledger.totals.clone());
    assert!(stored(&ledger).contains(CANARY));

    let outcome = ledger.execute(&[submission(erase(1, ErasureScope::Payment))]).remove(0).unwrap();

    assert_eq!(outcome.effect, Effect::Erased);
    assert!(!stored(&ledger).contains(CANARY), "{}", stored(&ledger));
    let after = ledger.get(1);
    assert_eq!(after.details, PayerDetails::default());
    assert_eq!((after.amount, &after.fee, after.status()), (before.amount, &before.fee, before.status()));
    assert_eq!((after.reference, after.version), (before.reference, before.version + 1));
    assert_eq!(ledger.totals, totals);
    assert_eq!(ledger.events.last().unwrap().kind, EventKind::PaymentErased);
    let last = ledger.audit.last().unwrap();
    assert_eq!((last.old_value.as_deref(), last.reason.as_deref()), (None, None));
    verify_against_audit(after, Some(last)).unwrap();
    assert_eq!(ledger.get(2).details.email, "canary@example.org", "another payment was erased");
}

#[test]
fn an_erasure_of_the_history_preserves_the_payment() {
    let mut ledger = ledger();
    let before = ledger.get(1).details.clone();
    ledger.execute_one(erase(1, ErasureScope::History));
    assert_eq!(ledger.get(1).details, before);
    let own = ledger.get(1).id;
    let mut earlier = ledger.audit.iter().filter(|row| row.payment_id == Some(own)).collect::<Vec<_>>();
    let last = earlier.pop().unwrap();
    assert!(earlier.iter().all(|row| row.is_erased()));
    verify_against_audit(ledger.get(1), Some(last)).unwrap();
}

#[test]
fn an_erasure_of_the_history_preserves_the_receipts() {
    let mut ledger = ledger();
    ledger.receive(1, "60");
    let receipts = ledger.receipts.clone();
    ledger.execute_one(erase(1, ErasureScope::History));
    assert_eq!(ledger.receipts, receipts);
    let of_receipt = ledger.audit.iter().filter(|row| row.payment_id.is_none());
    assert!(of_receipt.into_iter().all(|row| !row.is_erased()));
}

#[test]
fn an_erasure_also_erases_the_receipts_that_it_names() {
    let mut ledger = ledger();
    let mut new = receipt("100", "USD");
    new.details.payer_text = Some("Canary Ruiz".to_owned());
    let number = ledger.execute_receipt(record(new, &[(1, "60")])).unwrap().receipt.number;
    let reverse = ReceiptCommand::Reverse {
        target: ReceiptTarget { number, expected_version: None },
        kind: Reversal::Bounced,
        reason: "returned".to_owned(),
    };
    ledger.execute_receipt(Command::Receipt(reverse)).unwrap();
    let text = |ledger: &MemoryLedger| ledger.receipts[0].details.payer_text.clone();
    ledger.execute_one(erase(1, ErasureScope::Payment));
    assert!(text(&ledger).is_some(), "the reversed receipt does not name the payment");
    let erasure = Erasure::new(payment_key(1), ErasureScope::Payment);
    ledger.execute_one(Command::Erase(Erasure { receipts: vec![number], ..erasure }));
    assert_eq!(text(&ledger), None);
    let rows = ledger.audit.iter().filter(|row| row.subject_id == number.to_string());
    assert_eq!(rows.map(|row| row.is_erased()).collect::<Vec<_>>(), [true, true, false]);
}

/// Requests the refund of the credit of a receipt.
fn request_refund(ledger: &mut MemoryLedger, number: ReceiptNumber) -> RefundTarget {
    let request = RefundCommand::Request {
        target: ReceiptTarget { number, expected_version: None },
        amount: None,
        payee_account: Some("canary payee".to_owned()),
        reason: "canary reason".to_owned(),
    };
    let outcome = ledger.execute_receipt(Command::Refund(request)).unwrap();
    RefundTarget { number: outcome.refund.unwrap(), expected_version: None }
}

fn mark_sent(target: RefundTarget) -> RefundCommand {
    RefundCommand::MarkSent { target, bank_id: "T-1".to_owned(), amount: None }
}

#[test]
fn an_erasure_is_rejected_while_a_refund_needs_its_account() {
    let mut ledger = ledger();
    let recorded = ledger.execute_receipt(record(receipt("100", "USD"), &[(1, "60")])).unwrap();
    let refund = request_refund(&mut ledger, recorded.receipt.number);
    let account = |ledger: &MemoryLedger| ledger.receipts[0].refunds[0].payee_account.clone();
    let named = Erasure {
        receipts: vec![recorded.receipt.number],
        ..Erasure::new(payment_key(2), ErasureScope::Payment)
    };
    let mut assert_rejected = |state| {
        for erasure in [erase(1, ErasureScope::Payment), Command::Erase(named.clone())] {
            let rejection = ledger.execute(&[submission(erasure)]).remove(0).unwrap_err();
            assert_eq!(rejection, Rejection::RefundNotFinished { number: refund.number, state });
            assert_eq!(account(&ledger).as_deref(), Some("canary payee"));
        }
        ledger.execute_one(erase(1, ErasureScope::History));
        let next = match state {
            RefundState::Requested => RefundCommand::Approve(refund),
            _ => mark_sent(refund),
        };
        ledger.execute_receipt(Command::Refund(next)).unwrap();
    };
    assert_rejected(RefundState::Requested);
    assert_rejected(RefundState::Approved);
    ledger.execute_one(erase(1, ErasureScope::Payment));
    assert_eq!(account(&ledger), None);
}

#[test]
fn an_erasure_removes_the_texts_of_the_receipts_of_the_payment() {
    let mut ledger = ledger();
    let mut new = receipt("100", "USD");
    new.details.payer_text = Some("Canary Ruiz".to_owned());
    new.details.payer_account = Some("canary account".to_owned());
    let outcome =
        ledger.execute_any(&[submission_with_claim(record(new, &[(1, "60")]), claim(2, 2))]).remove(0);
    let number = ReceiptOutcome::try_from(outcome.unwrap()).unwrap().receipt.number;
    let refund = request_refund(&mut ledger, number);
    ledger.execute_receipt(Command::Refund(RefundCommand::Approve(refund))).unwrap();
    ledger.execute_receipt(Command::Refund(mark_sent(refund))).unwrap();
    let stored = |ledger: &MemoryLedger| {
        let audit = ledger.audit.iter().filter(|row| row.subject_id == number.to_string());
        let records = ledger.idempotency.iter().filter(|record| record.subject() == Subject::Receipt(number));
        let (audit, records): (Vec<_>, Vec<_>) = (audit.collect(), records.collect());
        format!("{:?} {audit:?} {records:?}", ledger.receipts).to_lowercase()
    };
    assert!(stored(&ledger).contains(CANARY));
    let before = ledger.receipts[0].clone();

    ledger.execute_one(erase(1, ErasureScope::Payment));

    assert!(!stored(&ledger).contains(CANARY), "{}", stored(&ledger));
    let after = &ledger.receipts[0];
    assert_eq!((after.allocated(), after.refunded()), (before.allocated(), before.refunded()));
    let mut verifier = ChainVerifier::default();
    ledger.audit.iter().for_each(|row| verifier.verify_next(row).unwrap());
    verifier.finish(ledger.head.audit_seq, ledger.head.audit_hash).unwrap();
}

#[test]
fn a_retry_of_an_erased_booking_books_nothing() {
    let mut ledger = ledger();
    ledger.execute_one(erase(1, ErasureScope::Payment));
    let retry = submission_with_claim(book("canary@example.org", "1000"), claim(1, 1));
    let rejection = ledger.execute(&[retry]).remove(0).unwrap_err();
    let Rejection::KeyReused { payment: Some(payment) } = rejection else { panic!("{rejection:?}") };
    assert_eq!(payment.details, PayerDetails::default());
    assert_eq!(ledger.payments.len(), 2);
}

#[test]
fn a_cancelled_and_an_erased_payment_can_be_erased_and_an_erased_one_cancelled() {
    let mut ledger = ledger();
    ledger.execute_one(cancel(2, None));
    ledger.execute_one(erase(2, ErasureScope::Payment));
    ledger.execute_one(erase(2, ErasureScope::Payment));
    ledger.execute_one(erase(1, ErasureScope::Payment));
    ledger.execute_one(cancel(1, None));
    let missing = ledger.execute(&[submission(erase(3, ErasureScope::Payment))]).remove(0);
    assert_eq!(missing.unwrap_err(), Rejection::NotFound(payment_key(3)));
}

fn key() -> ServerKey {
    let mut next = 0..;
    ServerKey::new([(); 32].map(|()| next.next().unwrap_or_default()))
}

fn secret(payment: &Payment) -> String {
    PageSecret::derive(&key(), payment).to_string()
}

/// Mail and printed pages contain links, so no release may change them. The expected text was computed with Python.
#[test]
fn the_secret_of_a_page_is_the_same_in_every_release() {
    let ledger = ledger();
    assert_eq!(ledger.get(1).id.to_string(), "01a20320-a27b-774b-8000-000000000000");
    assert_eq!(secret(ledger.get(1)), "JV3HYJXVH7SSYZK464GNZ8B13R28AFCK");
}

#[test]
fn a_secret_opens_its_payment_at_its_version_until_it_expires() {
    let mut ledger = ledger();
    let (first, other) = (ledger.get(1).clone(), secret(ledger.get(2)));
    let link = secret(&first);
    assert!(link.len() == 32 && link.chars().all(|char| "0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(char)));
    assert!(PageSecret::opens(&key(), &first, &link, NOON));
    for wrong in ["", &link[1..], &other, &link.to_lowercase()] {
        assert!(!PageSecret::opens(&key(), &first, wrong, NOON), "{wrong}");
    }
    assert!(!PageSecret::opens(&ServerKey::new([0; 32]), &first, &link, NOON));

    ledger.execute_one(Command::RenewPageLink(payment_key(1)));
    let renewed = ledger.get(1);
    assert!(!PageSecret::opens(&key(), renewed, &link, NOON));
    let fields = hermes_domain::payment::PaymentFields {
        link_expires_at: Some(NOON),
        ..renewed.clone().into_fields()
    };
    let (expired, link) = (Payment::new(fields).unwrap(), secret(renewed));
    assert!(!PageSecret::opens(&key(), &expired, &link, NOON));
    assert!(PageSecret::opens(&key(), &expired, &link, NOON - chrono::TimeDelta::microseconds(1)));
    ledger.execute_one(erase(1, ErasureScope::Payment));
    assert!(!PageSecret::opens(&key(), ledger.get(1), &link, NOON), "an erasure leaves the link");
}

#[test]
fn a_secret_does_not_appear_in_debug_output() {
    let ledger = ledger();
    assert_eq!(format!("{:?}", PageSecret::derive(&key(), ledger.get(1))), "PageSecret(..)");
}
