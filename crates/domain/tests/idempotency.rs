//! Idempotency keys.

use hermes_domain::ledger::{Effect, Rejection};
use hermes_domain::payment::Status;
use hermes_test_support::MemoryLedger;
use hermes_test_support::builders::{book, cancel, claim, submission_with_claim};

#[test]
fn a_replayed_key_returns_the_first_booking() {
    let mut ledger = MemoryLedger::new();
    let request = submission_with_claim(book("ana@example.org", "1"), claim(1, 1));
    let in_one_batch = ledger.execute(&[request.clone(), request.clone()]);
    let later = ledger.execute(std::slice::from_ref(&request));

    let first = in_one_batch[0].as_ref().unwrap();
    assert!(!first.replayed);
    for replay in [&in_one_batch[1], &later[0]] {
        let replay = replay.as_ref().unwrap();
        assert_eq!((replay.replayed, replay.effect), (true, Effect::Booked));
        assert_eq!(replay.payment, first.payment);
    }
    assert_eq!((ledger.payments.len(), ledger.audit.len(), ledger.events.len()), (1, 1, 1));
    assert_eq!(ledger.idempotency.len(), 1);
}

#[test]
fn a_replay_returns_the_payment_as_booked() {
    let mut ledger = MemoryLedger::new();
    let request = submission_with_claim(book("ana@example.org", "1"), claim(1, 1));
    ledger.execute(std::slice::from_ref(&request));
    ledger.execute_one(cancel(1, None));

    let replay = ledger.execute(&[request]);

    assert_eq!(replay[0].as_ref().unwrap().payment.status(), Status::Pending);
}

#[test]
fn a_key_used_for_different_content_is_rejected() {
    let mut ledger = MemoryLedger::new();
    ledger.execute(&[submission_with_claim(book("ana@example.org", "1"), claim(1, 1))]);
    let outcomes = ledger.execute(&[submission_with_claim(book("ana@example.org", "2"), claim(1, 2))]);
    let first = Box::new(ledger.get(1).clone());
    assert_eq!(outcomes[0], Err(Rejection::KeyReused { payment: Some(first) }));
}

#[test]
fn a_rejected_command_does_not_consume_its_key() {
    let mut ledger = MemoryLedger::new();
    let early = submission_with_claim(cancel(1, None), claim(1, 1));
    assert!(ledger.execute(std::slice::from_ref(&early))[0].is_err());
    ledger.execute_one(book("ana@example.org", "1"));
    assert!(ledger.execute(&[early])[0].is_ok());
}
