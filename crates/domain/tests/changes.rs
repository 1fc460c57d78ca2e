//! Rejected corrections and cancellations, and changes within one batch.

mod support;

use hermes_domain::ledger::{Clocks, Decider, DecisionContext, EventKind, Facts, Rejection};
use hermes_domain::payment::Status;
use hermes_test_support::SequentialRandom;
use hermes_test_support::builders::{cancel, correct, new_name, payment_key, rules, submission};

use support::commands::{assert_rejected, ledger_with};

#[test]
fn a_change_of_another_version_is_rejected() {
    let mut ledger = ledger_with("0");
    ledger.execute_one(correct(1, 1, new_name("Anna Ruiz")));
    for version in [0, 1, 3] {
        let mismatch = Rejection::VersionMismatch { current: 2 };
        assert_rejected(&ledger, correct(1, version, new_name("Anne Ruiz")), &mismatch);
        assert_rejected(&ledger, cancel(1, Some(version)), &mismatch);
    }
    ledger.execute_one(cancel(1, Some(2)));
}

#[test]
fn a_change_of_an_unknown_payment_is_rejected() {
    let ledger = ledger_with("0");
    assert_rejected(&ledger, correct(2, 1, new_name("Anna")), &Rejection::NotFound(payment_key(2)));
    assert_rejected(&ledger, cancel(2, None), &Rejection::NotFound(payment_key(2)));
}

#[test]
fn a_cancelled_payment_cannot_be_changed() {
    let mut ledger = ledger_with("10");
    let payment = ledger.execute_one(cancel(1, Some(2)));
    assert_eq!((payment.status(), payment.version), (Status::Cancelled, 3));
    assert!(payment.amount_outstanding().is_zero());
    assert!(payment.amount_received.is_zero());
    assert_eq!(ledger.receipts[0].refunds_due().to_string(), "10.00");
    assert_eq!(ledger.audit.last().unwrap().reason.as_deref(), Some("booked twice"));
    assert_eq!(ledger.events.last().unwrap().kind, EventKind::PaymentCancelled);

    let illegal = |attempted| Rejection::IllegalState { status: Status::Cancelled, attempted };
    assert_rejected(&ledger, correct(1, 3, new_name("Anna")), &illegal("corrected"));
    assert_rejected(&ledger, cancel(1, None), &illegal("cancelled"));
}

/// A writer that ignores [`hermes_domain::ledger::Command::requires_exclusive_batch`] still loses no change.
#[test]
fn a_change_sees_earlier_changes_of_its_batch() {
    let ledger = ledger_with("0");
    let mut facts = Facts::at(ledger.head);
    facts.payments.insert(payment_key(1), ledger.get(1).clone());
    let random_source = SequentialRandom::default();
    let context = DecisionContext {
        rules: &rules(),
        now: ledger.head.next_timestamp(Clocks::same(ledger.clock)),
        random_source: &random_source,
    };
    let mut decider = Decider::new(context, facts);
    decider.add_facts([], ledger.totals.values().copied());

    decider.decide(&submission(correct(1, 1, new_name("Anna")))).unwrap();
    let second = decider.decide(&submission(correct(1, 1, new_name("Anne"))));

    assert_eq!(second, Err(Rejection::VersionMismatch { current: 2 }));
}
