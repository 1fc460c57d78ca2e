//! Keys that make a retried request the same request.

mod support;

use hermes_domain::ledger::{Effect, Rejection};
use hermes_domain::payment::Status;

use support::builders::{claim, submit};
use support::commands::{book, cancel};
use support::ledger::MemoryLedger;

#[test]
fn a_replayed_key_returns_the_first_booking() {
    let mut ledger = MemoryLedger::new();
    let request = submit(book("ana@example.org", "1"), claim(1, 1));
    let in_one_batch = ledger.carry_out(&[request.clone(), request.clone()]);
    let later = ledger.carry_out(std::slice::from_ref(&request));

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
fn a_replay_is_answered_as_it_was_then() {
    let mut ledger = MemoryLedger::new();
    let request = submit(book("ana@example.org", "1"), claim(1, 1));
    ledger.carry_out(std::slice::from_ref(&request));
    ledger.carry_out_one(cancel(1, None));

    let replay = ledger.carry_out(&[request]);

    assert_eq!(replay[0].as_ref().unwrap().payment.status(), Status::Pending);
}

#[test]
fn a_key_that_was_used_for_something_else_is_refused() {
    let mut ledger = MemoryLedger::new();
    ledger.carry_out(&[submit(book("ana@example.org", "1"), claim(1, 1))]);
    let answers = ledger.carry_out(&[submit(book("ana@example.org", "2"), claim(1, 2))]);
    let first = Box::new(ledger.get(1).clone());
    assert_eq!(answers[0], Err(Rejection::KeyReused { payment: first }));
}

#[test]
fn a_refused_command_does_not_use_its_key_up() {
    let mut ledger = MemoryLedger::new();
    let early = submit(cancel(1, None), claim(1, 1));
    assert!(ledger.carry_out(std::slice::from_ref(&early))[0].is_err());
    ledger.carry_out_one(book("ana@example.org", "1"));
    assert!(ledger.carry_out(&[early])[0].is_ok());
}
