//! Invariants of the ledger after every step of random histories.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

mod support;

use std::collections::HashMap;

use hermes_domain::ledger::{ChainBreak, ChainVerifier, Command, Subject, Totals};
use hermes_domain::money::Currency;
use hermes_domain::payment::{CheckKind, Payment};
use hermes_test_support::MemoryLedger;
use hermes_test_support::builders::{booking, submission};
use proptest::prelude::*;

use support::steps::{run, steps};

/// The most steps of a history.
const MAX_STEPS: usize = 14;

/// Recounts the totals from the stored payments.
fn recount(payments: &[Payment]) -> HashMap<Currency, Totals> {
    let mut totals = HashMap::new();
    for payment in payments {
        let currency = payment.amount.currency();
        let total: &mut Totals = totals.entry(currency).or_insert(Totals::empty(currency));
        let flagged = payment.checks.iter().any(|check| check.is_flagged());
        let cancelled = payment.cancelled_at.is_some();
        let due = payment.amount.minor() + payment.fee.amount.minor();
        let received = payment.amount_received.minor();
        total.payments += 1;
        total.flagged += i64::from(flagged);
        total.passed += i64::from(!flagged);
        total.cancelled += i64::from(cancelled);
        total.above_threshold +=
            i64::from(payment.amount.minor() > 1_000_000 * 10_i64.pow(currency.decimals()));
        total.received_minor += received;
        if !cancelled && received < due {
            total.outstanding_minor += due - received;
        }
    }
    totals
}

fn verify_chain(ledger: &MemoryLedger) -> Result<(), ChainBreak> {
    let mut verifier = ChainVerifier::default();
    for row in &ledger.audit {
        verifier.verify_next(row)?;
    }
    verifier.finish(ledger.head.audit_seq, ledger.head.audit_hash)
}

fn assert_invariants(ledger: &MemoryLedger) {
    let payments = &ledger.payments;
    assert_eq!(ledger.totals, recount(payments));
    assert_eq!(verify_chain(ledger), Ok(()));

    let references: Vec<_> = payments.iter().map(|payment| payment.reference.number()).collect();
    assert_eq!(references, (1..ledger.head.next_reference).collect::<Vec<_>>());
    let events: Vec<_> = ledger.events.iter().map(|event| event.seq).collect();
    assert_eq!(events, (1..=ledger.head.event_seq).collect::<Vec<_>>());

    assert!(payments.is_sorted_by(|a, b| a.id < b.id), "identifiers sort in booking order");
    assert!(payments.is_sorted_by_key(|payment| payment.created_at));
    assert!(ledger.audit.is_sorted_by_key(|row| row.created_at));

    for payment in payments {
        let rows: Vec<_> = ledger.audit.iter().filter(|row| row.payment_id == Some(payment.id)).collect();
        let events = ledger.events.iter().filter(|event| event.subject == Subject::Payment(payment.id));
        assert_eq!(i64::try_from(rows.len()).unwrap(), payment.version);
        assert_eq!(i64::try_from(events.count()).unwrap(), payment.version);
        let last = rows.last().unwrap();
        assert_eq!(last.new_value.as_ref().unwrap(), &serde_json::to_string(payment).unwrap());
        assert_eq!(last.created_at, payment.updated_at);
        assert_eq!(payment.amount.checked_add(payment.fee.amount), Ok(payment.final_amount()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn the_invariants_hold_after_every_step(history in steps(MAX_STEPS)) {
        run(&history, assert_invariants);
    }

    #[test]
    fn each_audit_row_starts_with_the_state_of_the_previous_row(history in steps(MAX_STEPS)) {
        let ledger = run(&history, |_| ());
        for payment in &ledger.payments {
            let mut before: Option<&String> = None;
            for row in ledger.audit.iter().filter(|row| row.payment_id == Some(payment.id)) {
                if row.is_erased() {
                    continue;
                }
                // The row of an erasure contains nothing of what was erased.
                let expected = before.filter(|_| row.action != "PAYMENT_ERASED");
                prop_assert_eq!(row.old_value.as_ref(), expected);
                before = row.new_value.as_ref();
            }
        }
    }

    #[test]
    fn in_one_batch_all_but_the_first_payment_of_a_payer_are_duplicates(
        history in steps(MAX_STEPS),
        payers in proptest::collection::vec(0..4_u8, 1..12),
    ) {
        let mut ledger = run(&history, |_| ());
        let live = |ledger: &MemoryLedger, email: &str| {
            let is_live = |payment: &&Payment| payment.cancelled_at.is_none() && payment.details.email == email;
            ledger.payments.iter().filter(is_live).count()
        };
        let emails: Vec<_> = payers.iter().map(|payer| format!("last{payer}@example.org")).collect();
        let batch: Vec<_> = emails.iter()
            .map(|email| submission(Command::Book(booking(email, "1"))))
            .collect();
        let outcomes = ledger.execute(&batch);
        for (index, (outcome, email)) in outcomes.iter().zip(&emails).enumerate() {
            let check = &outcome.as_ref().unwrap().payment.checks[1];
            prop_assert_eq!(check.kind, CheckKind::DuplicatedPayment);
            prop_assert_eq!(check.is_flagged(), emails[..index].contains(email));
        }
        for email in &emails {
            prop_assert_eq!(live(&ledger, email), emails.iter().filter(|other| *other == email).count());
        }
    }

    #[test]
    fn the_same_commands_and_facts_produce_the_same_ledger(history in steps(MAX_STEPS)) {
        let [first, second] = [(); 2].map(|()| run(&history, |_| ()));
        prop_assert_eq!(first.head, second.head);
        prop_assert_eq!(first.payments, second.payments);
        prop_assert_eq!(first.audit, second.audit);
    }
}
