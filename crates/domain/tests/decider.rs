//! What the ledger decides, command by command.
#![expect(clippy::unwrap_used, reason = "a command that is refused fails the test")]

mod support;

use chrono::TimeDelta;
use hermes_domain::ledger::{
    AuditAction, Cancellation, Circumstances, Command, CorrectionRequest, Decider, Edit, Effect, EventKind,
    Facts, LedgerHead, Refusal, Rules,
};
use hermes_domain::payment::{
    CheckKind, DuplicateField, DuplicateRule, Payment, PaymentKey, Reference, Status,
};
use hermes_domain::{FaultCode, FieldFault};

use support::builders::{Counted, booking, booking_of, claim, correct, rules, submit, unclaimed};
use support::ledger::MemoryLedger;

fn book(email: &str, amount: &str) -> Command {
    Command::Book(booking(email, amount))
}

fn cancel(reference: i64, expected_version: Option<i64>) -> Command {
    Command::Cancel(Cancellation {
        target: key(reference),
        expected_version,
        reason: "booked twice".to_owned(),
    })
}

fn key(reference: i64) -> PaymentKey {
    PaymentKey::Reference(Reference::new(reference).unwrap())
}

fn set(text: &str) -> Edit {
    Edit::Set(text.to_owned())
}

fn amount(text: &str) -> CorrectionRequest {
    CorrectionRequest { amount: set(text), ..CorrectionRequest::default() }
}

fn name(text: &str) -> CorrectionRequest {
    CorrectionRequest { name: set(text), ..CorrectionRequest::default() }
}

/// A ledger with one payment of a thousand dollars, of which something has arrived.
fn ledger_with(received: &str) -> MemoryLedger {
    let mut ledger = MemoryLedger::new();
    ledger.carry_out_one(Command::Book(booking_of("ana@example.org", "1000", "USD", received)));
    ledger
}

/// The message of the check for duplicates, when it has a flag.
fn duplicate(payment: &Payment) -> Option<&str> {
    let check = payment.checks.iter().find(|check| check.kind == CheckKind::DuplicatedPayment).unwrap();
    check.is_flagged().then_some(check.message.as_str())
}

/// Asserts that a command is refused and that nothing would be written.
fn assert_refused(ledger: &MemoryLedger, command: Command, refusal: &Refusal) {
    let (answers, changes) = ledger.decide(&[submit(command, claim(200, 0))]);
    assert_eq!(answers[0].as_ref().unwrap_err(), refusal);
    assert!(changes.is_empty());
    assert!(changes.audit.is_empty() && changes.events.is_empty() && changes.totals.is_empty());
    let untouched = LedgerHead {
        seq: changes.head.seq,
        token: changes.head.token,
        advanced_at: changes.head.advanced_at,
        ..ledger.head
    };
    assert_eq!(changes.head, untouched);
}

#[test]
fn a_booking_writes_a_payment_an_audit_row_and_an_event() {
    let ledger = MemoryLedger::new();
    let (answers, changes) = ledger.decide(&[unclaimed(book("ana@example.org", "35000"))]);
    let outcome = answers[0].as_ref().unwrap();
    let payment = &changes.booked[0];

    assert_eq!((outcome.effect, outcome.replayed), (Effect::Booked, false));
    assert_eq!(&outcome.payment, payment);
    assert_eq!(payment.reference.to_string(), "REF001");
    assert_eq!(payment.final_amount().to_string(), "35700.00");
    assert_eq!((payment.version, payment.created_at), (1, changes.head.advanced_at));
    assert_eq!(payment.updated_at, payment.created_at);
    assert_eq!(changes.audit[0].action, AuditAction::Booked.code());
    assert_eq!(changes.audit[0].actor, "tests");
    assert_eq!(changes.audit[0].ip_address.as_deref(), Some("127.0.0.1"));
    assert_eq!(changes.audit[0].old_value, None);
    assert_eq!(changes.events[0].kind, EventKind::PaymentBooked);
    assert_eq!(changes.events[0].payment_id, payment.id);
    assert!(changes.altered.is_empty() && changes.idempotency.is_empty());
}

#[test]
fn an_event_says_nothing_about_the_person() {
    let ledger = ledger_with("0");
    let payload = &ledger.events[0].payload;
    assert_eq!(
        payload,
        "{\"reference\":\"REF001\",\"status\":\"PENDING\",\"validation_status\":\"PASSED\",\
         \"currency_from\":\"USD\",\"amount\":\"1000.00\",\"amount_due\":\"1030.00\",\
         \"amount_received\":\"0.00\",\"version\":1}"
    );
}

#[test]
fn references_of_a_batch_have_no_gaps_where_a_command_was_refused() {
    let mut ledger = MemoryLedger::new();
    // The same key for something else: the middle one is refused.
    let batch = [
        submit(book("a@example.org", "1"), claim(1, 1)),
        submit(book("b@example.org", "2"), claim(1, 2)),
        unclaimed(book("c@example.org", "3")),
    ];
    let answers = ledger.carry_out(&batch);
    assert!(matches!(&answers[1], Err(Refusal::KeyReused { payment }) if payment.reference.number() == 1));
    let references: Vec<_> = ledger.payments.iter().map(|payment| payment.reference.to_string()).collect();
    assert_eq!(references, ["REF001", "REF002"]);
    assert_eq!(ledger.head.next_reference, 3);
    assert_eq!((ledger.head.audit_seq, ledger.head.event_seq), (2, 2));
}

#[test]
fn a_batch_that_is_all_refused_writes_nothing() {
    let mut ledger = ledger_with("0");
    ledger.carry_out(&[submit(book("b@example.org", "1"), claim(1, 1))]);
    let (answers, changes) = ledger.decide(&[submit(book("c@example.org", "1"), claim(1, 2))]);
    assert!(answers[0].is_err());
    assert!(changes.is_empty());
}

#[test]
fn a_payers_second_payment_is_flagged_in_the_same_batch_and_in_later_ones() {
    let mut ledger = MemoryLedger::new();
    let answers = ledger.carry_out(&[
        unclaimed(book("ana@example.org", "1")),
        unclaimed(book("bob@example.org", "1")),
        unclaimed(book("ANA@Example.org", "2")),
    ]);
    let found: Vec<_> = answers.iter().map(|answer| duplicate(&answer.as_ref().unwrap().payment)).collect();
    assert_eq!(found, [None, None, Some("the payer already has the live payment REF001")]);
    let later = ledger.carry_out_one(book("ana@example.org", "3"));
    assert_eq!(duplicate(&later), Some("the payer already has the live payment REF003"));
}

#[test]
fn a_cancelled_payment_is_nobodys_duplicate() {
    let mut ledger = ledger_with("0");
    ledger.carry_out_one(cancel(1, None));
    assert_eq!(duplicate(&ledger.carry_out_one(book("ana@example.org", "1"))), None);
}

#[test]
fn the_rule_says_what_makes_two_payments_the_same_and_for_how_long() {
    let fields = vec![DuplicateField::Email, DuplicateField::Amount];
    let duplicates = DuplicateRule::new(fields, Some(30)).unwrap();
    let mut ledger = MemoryLedger::under(Rules { duplicates, ..rules() });
    ledger.carry_out_one(book("ana@example.org", "1"));
    assert_eq!(duplicate(&ledger.carry_out_one(book("ana@example.org", "2"))), None);

    ledger.clock += TimeDelta::days(29);
    assert!(duplicate(&ledger.carry_out_one(book("ana@example.org", "1"))).is_some());
    ledger.clock += TimeDelta::days(31);
    assert_eq!(duplicate(&ledger.carry_out_one(book("ana@example.org", "1"))), None);
}

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
    assert_eq!(answers[0], Err(Refusal::KeyReused { payment: first }));
}

#[test]
fn a_refused_command_does_not_use_its_key_up() {
    let mut ledger = MemoryLedger::new();
    let early = submit(cancel(1, None), claim(1, 1));
    assert!(ledger.carry_out(std::slice::from_ref(&early))[0].is_err());
    ledger.carry_out_one(book("ana@example.org", "1"));
    assert!(ledger.carry_out(&[early])[0].is_ok());
}

#[test]
fn a_correction_makes_the_next_version() {
    let mut ledger = ledger_with("0");
    ledger.clock += TimeDelta::hours(1);
    let request = CorrectionRequest {
        name: set("  Anna Ruiz "),
        school: set("Porto International"),
        amount: set("10000.01"),
        ..CorrectionRequest::default()
    };

    let payment = ledger.carry_out_one(correct(1, 1, request));

    assert_eq!(payment.details.name, "Anna Ruiz");
    assert_eq!(payment.details.school.as_deref(), Some("Porto International"));
    assert_eq!(payment.details.email, "ana@example.org");
    assert_eq!(
        (payment.fee.rule.as_str(), payment.final_amount().to_string().as_str()),
        ("large", "10200.01")
    );
    assert_eq!((payment.version, payment.updated_at), (2, ledger.clock));
    assert!(payment.created_at < payment.updated_at);
    let row = &ledger.audit[1];
    assert_eq!(
        (row.action.as_str(), row.reason.as_deref()),
        ("PAYMENT_CORRECTED", Some("asked for by phone"))
    );
    assert!(row.old_value.as_ref().unwrap().contains("Ana Ruiz"));
    assert!(row.new_value.as_ref().unwrap().contains("Anna Ruiz"));
    assert_eq!(ledger.events[1].kind, EventKind::PaymentCorrected);
    assert_eq!(ledger.get(1), &payment);
}

#[test]
fn a_correction_that_says_what_is_so_already_writes_nothing() {
    let ledger = ledger_with("0");
    for request in [
        CorrectionRequest::default(),
        name(" Ana Ruiz "),
        amount("1000.0"),
        amount("1e3"),
        CorrectionRequest { school: Edit::Clear, ..CorrectionRequest::default() },
    ] {
        let (answers, changes) = ledger.decide(&[unclaimed(correct(1, 1, request.clone()))]);
        let outcome = answers[0].as_ref().unwrap();
        assert_eq!(outcome.effect, Effect::Unchanged, "{request:?}");
        assert_eq!(&outcome.payment, ledger.get(1));
        assert!(changes.is_empty(), "{request:?}");
        assert!(changes.audit.is_empty() && changes.events.is_empty() && changes.totals.is_empty());
    }
}

#[test]
fn a_text_that_may_be_missing_can_be_cleared_and_others_cannot() {
    let mut ledger = ledger_with("0");
    let school = |school| CorrectionRequest { school, ..CorrectionRequest::default() };
    ledger.carry_out_one(correct(1, 1, school(set("Porto International"))));
    assert_eq!(ledger.carry_out_one(correct(1, 2, school(Edit::Clear))).details.school, None);

    let everything = CorrectionRequest {
        name: Edit::Clear,
        email: set(" "),
        amount: Edit::Clear,
        ..CorrectionRequest::default()
    };
    let required = |field| FieldFault::new(field, FaultCode::Required, "must be given");
    let faults = vec![required("name"), required("email"), required("amount")];
    assert_refused(&ledger, correct(1, 3, everything), &Refusal::Invalid(faults));
}

#[test]
fn a_corrected_address_is_checked_like_a_new_one() {
    let mut ledger = ledger_with("0");
    ledger.carry_out_one(book("bob@example.org", "1"));
    let email = |text: &str| CorrectionRequest { email: set(text), ..CorrectionRequest::default() };

    let own = ledger.carry_out_one(correct(1, 1, email("Ana@example.org")));
    assert_eq!(duplicate(&own), None, "a payment is not its own duplicate");
    let bobs = ledger.carry_out_one(correct(1, 2, email("bob@example.org")));
    assert_eq!(duplicate(&bobs), Some("the payer already has the live payment REF002"));
    let nobodys = ledger.carry_out_one(correct(1, 3, email("nowhere")));
    assert!(nobodys.checks[0].is_flagged() && duplicate(&nobodys).is_none());
}

#[test]
fn only_the_version_that_was_seen_can_be_changed() {
    let mut ledger = ledger_with("0");
    ledger.carry_out_one(correct(1, 1, name("Anna Ruiz")));
    for seen in [0, 1, 3] {
        let mismatch = Refusal::VersionMismatch { current: 2 };
        assert_refused(&ledger, correct(1, seen, name("Anne Ruiz")), &mismatch);
        assert_refused(&ledger, cancel(1, Some(seen)), &mismatch);
    }
    ledger.carry_out_one(cancel(1, Some(2)));
}

#[test]
fn what_is_not_there_cannot_be_changed() {
    let ledger = ledger_with("0");
    assert_refused(&ledger, correct(2, 1, name("Anna")), &Refusal::NotFound(key(2)));
    assert_refused(&ledger, cancel(2, None), &Refusal::NotFound(key(2)));
}

#[test]
fn a_cancelled_payment_is_changed_no_more() {
    let mut ledger = ledger_with("10");
    let payment = ledger.carry_out_one(cancel(1, None));
    assert_eq!((payment.status(), payment.version), (Status::Cancelled, 2));
    assert!(payment.amount_outstanding().is_zero());
    assert_eq!(payment.amount_received.to_string(), "10.00");
    assert_eq!(ledger.audit[1].reason.as_deref(), Some("booked twice"));
    assert_eq!(ledger.events[1].kind, EventKind::PaymentCancelled);

    let illegal = |attempted| Refusal::IllegalState { status: Status::Cancelled, attempted };
    assert_refused(&ledger, correct(1, 2, name("Anna")), &illegal("corrected"));
    assert_refused(&ledger, cancel(1, None), &illegal("cancelled"));
}

#[test]
fn the_amount_is_frozen_once_money_has_arrived_and_the_rest_is_not() {
    let mut ledger = ledger_with("10");
    let frozen = FieldFault::new(
        "amount",
        FaultCode::Frozen,
        "the amount can be corrected only while nothing was received",
    );
    assert_refused(&ledger, correct(1, 1, amount("999")), &Refusal::Invalid(vec![frozen.clone()]));

    let with_a_fault = CorrectionRequest { name: Edit::Clear, ..amount("999") };
    let required = FieldFault::new("name", FaultCode::Required, "must be given");
    assert_refused(&ledger, correct(1, 1, with_a_fault), &Refusal::Invalid(vec![required, frozen]));

    let payment =
        ledger.carry_out_one(correct(1, 1, CorrectionRequest { name: set("Anna"), ..amount("1000") }));
    assert_eq!((payment.details.name.as_str(), payment.version), ("Anna", 2));
}

#[test]
fn a_payment_that_does_not_fit_into_the_sums_is_refused() {
    let mut ledger = ledger_with("0");
    for totals in ledger.totals.values_mut() {
        totals.outstanding_minor = i64::MAX - 100;
    }
    assert_refused(&ledger, book("bob@example.org", "1"), &Refusal::OutOfRange);
    assert_refused(&ledger, correct(1, 1, amount("1002")), &Refusal::OutOfRange);
    ledger.carry_out_one(book("bob@example.org", "0.10"));
}

#[test]
fn there_is_no_payment_after_the_last_reference() {
    let mut ledger = MemoryLedger::new();
    ledger.head.next_reference = 999_999_999_999_999_999;
    let answers =
        ledger.carry_out(&[unclaimed(book("a@example.org", "1")), unclaimed(book("b@example.org", "1"))]);
    assert_eq!(answers[1], Err(Refusal::OutOfRange));
    assert_eq!(ledger.payments.len(), 1);
}

/// Whoever puts two of them into one batch all the same must not lose the first one's change.
#[test]
fn a_second_change_of_a_payment_sees_the_first_one() {
    let ledger = ledger_with("0");
    let mut facts = Facts::at(ledger.head);
    facts.payments.insert(key(1), ledger.get(1).clone());
    let entropy = Counted::default();
    let circumstances = Circumstances {
        rules: &ledger.rules,
        now: ledger.head.next_instant(ledger.clock),
        entropy: &entropy,
    };
    let mut decider = Decider::new(circumstances, facts);
    decider.learn([], ledger.totals.values().copied());

    decider.decide(&unclaimed(correct(1, 1, name("Anna")))).unwrap();
    let second = decider.decide(&unclaimed(correct(1, 1, name("Anne"))));

    assert_eq!(second, Err(Refusal::VersionMismatch { current: 2 }));
}
