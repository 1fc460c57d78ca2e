//! Receipts: each step by itself, and the equations of money after every step of random histories.
#![expect(clippy::indexing_slicing, clippy::unwrap_used, reason = "a panic fails the test")]

use std::collections::HashMap;

use hermes_domain::ledger::{
    Cancellation, ChainVerifier, Command, Difference, Effect, HeldMoney, NewAllocation, ReceiptCommand,
    ReceiptTarget, RefundCommand, RefundTarget, Rejection, Reopening, Reversal, Submission, Totals,
};
use hermes_domain::money::Currency;
use hermes_domain::payment::{CheckKind, Payment, Status};
use hermes_domain::receipt::{
    NewReceipt, Receipt, ReceiptRequest, ReceiptStatus, Refund, RefundState, StatementLineId,
};
use hermes_domain::{FieldError, ValidationCode};
use hermes_test_support::MemoryLedger;
use hermes_test_support::builders::{
    book, cancel, claim, correct, money, new_name, payment_key, receipt, record, submission,
    submission_with_claim,
};
use hermes_test_support::money_steps::random_batch;

/// The number of random histories.
const HISTORIES: u64 = 10_000;
/// The most steps of a history.
const MAX_STEPS: usize = 20;

fn assert_receipt_adds_up(receipt: &Receipt) {
    let in_states = |states: &[RefundState]| -> i64 {
        let refunds = receipt.refunds.iter().filter(|refund| states.contains(&refund.state));
        refunds.map(|refund| refund.amount.minor()).sum()
    };
    let allocated: i64 = receipt.allocations.iter().map(|allocation| allocation.amount.minor()).sum();
    let reserved = in_states(&[RefundState::Requested, RefundState::Approved]);
    let refunded = in_states(&[RefundState::Sent]);
    let received = if receipt.reversed_at.is_some() { 0 } else { receipt.amount.minor() };
    let parts =
        allocated + receipt.credit().minor() + reserved + refunded + receipt.surplus_written_off.minor();
    assert_eq!(received, parts, "{receipt:#?}");
    assert!(receipt.credit().minor() >= in_states(&[RefundState::Due]), "{receipt:#?}");
    let mut due = receipt.refunds.iter().filter(|refund| refund.state == RefundState::Due);
    assert!(due.all(|refund| refund.payment.is_some()), "{receipt:#?}");
    assert!(receipt.surplus_written_off.minor() >= 0);
}

fn assert_payment_adds_up(payment: &Payment, receipts: &[Receipt]) {
    let allocations = receipts.iter().flat_map(|receipt| &receipt.allocations);
    let to_payment = allocations.filter(|allocation| allocation.payment == payment.id);
    let allocated: i64 = to_payment
        .map(|allocation| {
            assert_eq!(allocation.amount.currency(), payment.amount.currency());
            allocation.amount.minor()
        })
        .sum();
    assert_eq!(payment.amount_received.minor(), allocated, "{payment:#?}");
    let due = payment.amount_due().minor();
    let written_off = payment.shortfall_written_off().minor();
    let (outstanding, excess) = (payment.amount_outstanding().minor(), payment.excess().minor());
    let flagged =
        payment.checks.iter().any(|check| check.kind == CheckKind::OverUnderPayment && check.is_flagged());
    if payment.cancelled_at.is_some() {
        assert_eq!((allocated, payment.status()), (0, Status::Cancelled));
        return;
    }
    assert_eq!(allocated + written_off + outstanding, due + excess, "{payment:#?}");
    assert!(outstanding == 0 || excess == 0);
    let settled = allocated + written_off;
    let status = match settled.cmp(&due) {
        _ if allocated == 0 => Status::Pending,
        std::cmp::Ordering::Less => Status::Underpayment,
        std::cmp::Ordering::Equal => Status::Exact,
        std::cmp::Ordering::Greater => Status::Overpayment,
    };
    assert_eq!((payment.status(), flagged), (status, allocated != 0 && settled != due), "{payment:#?}");
}

fn assert_totals(ledger: &MemoryLedger) {
    let mut recounted: HashMap<Currency, [i64; 5]> = HashMap::new();
    for payment in &ledger.payments {
        let sums = recounted.entry(payment.amount.currency()).or_default();
        sums[0] += payment.amount_received.minor();
        sums[1] += payment.amount_outstanding().minor();
    }
    for receipt in &ledger.receipts {
        let sums = recounted.entry(receipt.amount.currency()).or_default();
        sums[2] += if receipt.reversed_at.is_some() { 0 } else { receipt.amount.minor() };
        sums[3] += receipt.credit().minor();
        let due = receipt.refunds.iter().filter(|refund| refund.state == RefundState::Due);
        sums[4] += due.map(|refund| refund.amount.minor()).sum::<i64>();
    }
    let stored = |totals: &Totals| {
        [
            totals.received_minor,
            totals.outstanding_minor,
            totals.receipts_minor,
            totals.credit_minor,
            totals.refunds_due_minor,
        ]
    };
    let stored = ledger.totals.iter().map(|(currency, totals)| (*currency, stored(totals)));
    assert_eq!(stored.collect::<HashMap<_, _>>(), recounted);
}

fn assert_money_adds_up(ledger: &MemoryLedger) {
    ledger.receipts.iter().for_each(assert_receipt_adds_up);
    for payment in &ledger.payments {
        assert_payment_adds_up(payment, &ledger.receipts);
    }
    assert_totals(ledger);
    let lines: Vec<_> = ledger.receipts.iter().filter_map(|receipt| receipt.statement_line).collect();
    let unique: std::collections::HashSet<_> = lines.iter().collect();
    assert_eq!(unique.len(), lines.len());
}

#[test]
fn the_equations_hold_after_every_step_of_10_000_histories() {
    let mut reached = HashMap::<&str, u32>::new();
    for seed in 0..HISTORIES {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut ledger = MemoryLedger::new();
        for _ in 0..random.usize(1..=MAX_STEPS) {
            let batch = random_batch(&ledger, &mut random);
            ledger.execute_any(&batch);
            assert_money_adds_up(&ledger);
        }
        let mut verifier = ChainVerifier::default();
        ledger.audit.iter().for_each(|row| verifier.verify_next(row).unwrap());
        verifier.finish(ledger.head.audit_seq, ledger.head.audit_hash).unwrap();
        for event in &ledger.events {
            *reached.entry(event.kind.as_str()).or_default() += 1;
        }
    }
    // The histories reach every kind of change.
    for kind in [
        "payment.settled",
        "payment.reopened",
        "receipt.recorded",
        "receipt.allocated",
        "receipt.unallocated",
        "receipt.reversed",
        "receipt.written_off",
        "refund.due",
        "refund.requested",
        "refund.approved",
        "refund.sent",
        "refund.failed",
        "refund.withdrawn",
    ] {
        assert!(reached.get(kind).is_some_and(|count| *count >= 50), "{kind}: {reached:?}");
    }
}

fn target(ledger: &MemoryLedger, index: usize) -> ReceiptTarget {
    let receipt = &ledger.receipts[index];
    ReceiptTarget { number: receipt.number, expected_version: Some(receipt.version) }
}

/// A ledger with one payment, on which 105 dollars are due.
fn ledger() -> MemoryLedger {
    let mut ledger = MemoryLedger::new();
    ledger.execute_one(book("ana@example.org", "100"));
    ledger
}

fn write_off(target: ReceiptTarget, difference: Difference) -> Command {
    Command::Receipt(ReceiptCommand::WriteOff { target, difference, reason: "small".to_owned() })
}

fn allocate(target: ReceiptTarget, reference: i64, amount: Option<&str>) -> Command {
    let allocation = NewAllocation::new(payment_key(reference), amount.map(|amount| money(amount, "USD")));
    Command::Receipt(ReceiptCommand::Allocate {
        target,
        allocations: vec![allocation],
        reason: "paid".to_owned(),
    })
}

fn by(actor: &str, command: RefundCommand) -> Submission {
    let mut submission = submission(Command::Refund(command));
    submission.origin.actor = actor.to_owned();
    submission
}

#[test]
fn the_part_that_is_not_allocated_is_credit() {
    let mut ledger = ledger();
    let outcome = ledger.execute_receipt(record(receipt("200", "USD"), &[(1, "60")])).unwrap();
    assert_eq!(outcome.receipt.number.to_string(), "RCT-2026-000001");
    assert_eq!(outcome.receipt.credit(), money("140", "USD"));
    assert_eq!((ledger.get(1).status(), ledger.get(1).version), (Status::Underpayment, 2));

    ledger.execute_receipt(allocate(target(&ledger, 0), 1, None)).unwrap();
    assert_eq!(ledger.get(1).status(), Status::Exact);
    assert_eq!(ledger.receipts[0].credit(), money("95", "USD"));

    let too_much = ledger.execute_receipt(allocate(target(&ledger, 0), 1, Some("95.01")));
    assert_eq!(too_much, Err(Rejection::InsufficientCredit { credit: money("95", "USD") }));
    let nothing = ledger.execute_receipt(allocate(target(&ledger, 0), 1, None));
    assert!(matches!(nothing, Err(Rejection::NothingToSettle { .. })), "{nothing:?}");

    let allocation = NewAllocation::new(payment_key(1), None);
    let record =
        ReceiptCommand::Record { receipt: receipt("7", "USD"), allocations: vec![allocation], reason: None };
    let settled = ledger.get(1).clone();
    let recorded = ledger.execute_receipt(Command::Receipt(record)).unwrap();
    assert_eq!(recorded.receipt.credit(), money("7", "USD"));
    assert_eq!(ledger.get(1), &settled, "the payment got nothing");
    assert_eq!(ledger.events.last().unwrap().kind.as_str(), "receipt.recorded");
}

#[test]
fn a_receipt_is_never_allocated_to_a_payment_in_another_currency() {
    let mut ledger = ledger();
    let mismatch = ledger.execute_receipt(record(receipt("100", "EUR"), &[(1, "100")]));
    assert!(matches!(mismatch, Err(Rejection::CurrencyMismatch { .. })), "{mismatch:?}");
    assert_eq!((ledger.receipts.len(), ledger.head.next_receipt), (0, 1));
    // Nothing is outstanding, so nothing would be allocated.
    ledger.receive(1, "105");
    let allocation = NewAllocation::new(payment_key(1), None);
    let record =
        ReceiptCommand::Record { receipt: receipt("7", "EUR"), allocations: vec![allocation], reason: None };
    let mismatch = ledger.execute_receipt(Command::Receipt(record));
    assert!(matches!(mismatch, Err(Rejection::CurrencyMismatch { .. })), "{mismatch:?}");
}

#[test]
fn a_statement_line_is_booked_once_unless_its_recording_was_undone() {
    let mut ledger = ledger();
    let line = || {
        let new = receipt("50", "USD");
        record(
            NewReceipt::of_statement_line(StatementLineId([7; 32]), new.amount, new.value_date, new.details),
            &[(1, "50")],
        )
    };
    ledger.execute_receipt(line()).unwrap();
    let first = ledger.receipts[0].number;
    assert_eq!(ledger.execute_receipt(line()), Err(Rejection::StatementLineBooked(first)));

    let reverse = |ledger: &mut MemoryLedger, index, kind| {
        let target = target(ledger, index);
        let command = ReceiptCommand::Reverse { target, kind, reason: "import undone".to_owned() };
        ledger.execute_receipt(Command::Receipt(command)).unwrap()
    };
    reverse(&mut ledger, 0, Reversal::Undone);
    assert!(ledger.get(1).amount_received.is_zero());
    ledger.execute_receipt(line()).unwrap();
    let reversed = reverse(&mut ledger, 1, Reversal::Bounced);
    assert_eq!(reversed.receipt.status(), ReceiptStatus::Reversed);
    assert!(matches!(ledger.execute_receipt(line()), Err(Rejection::StatementLineBooked(_))));
}

#[test]
fn small_differences_can_be_written_off() {
    let mut ledger = ledger();
    ledger.execute_receipt(record(receipt("95", "USD"), &[(1, "95")])).unwrap();
    let difference = Difference::OfPayment(payment_key(1));
    ledger.execute_receipt(write_off(target(&ledger, 0), difference.clone())).unwrap();
    assert_eq!(ledger.get(1).status(), Status::Exact);
    assert_eq!(ledger.get(1).shortfall_written_off(), money("10", "USD"));

    // The money arrives after all: the write-off shrinks, and the rest is an excess.
    ledger.execute_receipt(record(receipt("16", "USD"), &[(1, "16")])).unwrap();
    assert!(ledger.get(1).shortfall_written_off().is_zero());
    assert_eq!(ledger.get(1).excess(), money("6", "USD"));
    ledger.execute_receipt(write_off(target(&ledger, 1), difference)).unwrap();
    assert_eq!(ledger.get(1).status(), Status::Exact);
    assert_eq!(ledger.receipts[1].surplus_written_off, money("6", "USD"));

    ledger.execute_receipt(record(receipt("11", "USD"), &[])).unwrap();
    let too_much = ledger.execute_receipt(write_off(target(&ledger, 2), Difference::Credit(None)));
    assert_eq!(too_much, Err(Rejection::AboveWriteOffMax { max: money("10", "USD") }));
}

#[test]
fn a_refund_above_the_limit_needs_a_second_person() {
    let mut ledger = ledger();
    ledger.execute_receipt(record(receipt("1200", "USD"), &[(1, "1200")])).unwrap();
    let release = RefundCommand::ReleaseExcess {
        payment: payment_key(1),
        expected_version: Some(2),
        reason: "overpaid".to_owned(),
    };
    let due = ledger.execute_receipt(Command::Refund(release)).unwrap();
    assert_eq!(due.receipt.refunds_due(), money("1095", "USD"));
    assert_eq!(ledger.get(1).status(), Status::Exact);

    let request = RefundCommand::Request {
        target: target(&ledger, 0),
        amount: None,
        payee_account: None,
        reason: "overpaid".to_owned(),
    };
    ledger.execute_any(&[by("ana", request)]).remove(0).unwrap();
    let refund = ledger.receipts[0].refunds[0].clone();
    assert_eq!((refund.state, Some(refund.number)), (RefundState::Requested, due.refund));
    assert_eq!(refund.payee_account.as_deref(), Some("DE89370400440532013000"));
    assert!(ledger.receipts[0].credit().is_zero());

    let refund = RefundTarget { number: refund.number, expected_version: Some(2) };
    let own = ledger.execute_any(&[by("ana", RefundCommand::Approve(refund))]).remove(0);
    assert_eq!(own, Err(Rejection::SecondPersonRequired { above: money("1000", "USD") }));
    let unapproved = RefundCommand::MarkSent { target: refund, bank_id: "1".to_owned(), amount: None };
    let unapproved = ledger.execute_any(&[by("ana", unapproved)]).remove(0);
    assert!(matches!(unapproved, Err(Rejection::IllegalRefundState { state: RefundState::Requested, .. })));

    ledger.execute_any(&[by("ben", RefundCommand::Approve(refund))]).remove(0).unwrap();
    let target = RefundTarget { expected_version: Some(3), ..refund };
    let sent = |amount| RefundCommand::MarkSent { target, bank_id: "1".to_owned(), amount: Some(amount) };
    // A charge for the transfer names the refund too, but does not pay it.
    let charge = ledger.execute_any(&[by("ana", sent(money("2", "USD")))]).remove(0);
    assert!(matches!(charge, Err(Rejection::Invalid(_))), "{charge:?}");
    ledger.execute_any(&[by("ana", sent(money("1095", "USD")))]).remove(0).unwrap();
    assert_eq!(ledger.receipts[0].refunded(), money("1095", "USD"));
    assert_money_adds_up(&ledger);
}

#[test]
fn a_cancelled_payment_releases_its_money_and_can_be_reopened() {
    let mut ledger = ledger();
    ledger.execute_receipt(record(receipt("105", "USD"), &[(1, "105")])).unwrap();
    let unconditional = ledger.execute(&[submission(cancel(1, None))]).remove(0);
    assert_eq!(unconditional, Err(Rejection::VersionRequired { attempted: Effect::Cancelled }));
    ledger.execute_one(cancel(1, Some(2)));
    assert_eq!(ledger.receipts[0].refunds_due(), money("105", "USD"));

    let unconditional = ledger.execute(&[submission(reopen(None))]).remove(0);
    assert_eq!(unconditional, Err(Rejection::VersionRequired { attempted: Effect::Reopened }));
    let reopened = ledger.execute_one(reopen(Some(3)));
    assert_eq!((reopened.status(), reopened.amount_received), (Status::Exact, money("105", "USD")));
    assert_eq!(ledger.receipts[0].refunds[0].state, RefundState::Withdrawn);

    ledger.execute_one(cancel(1, Some(4)));
    ledger.execute_receipt(request(target(&ledger, 0), None)).unwrap();
    let reopened = ledger.execute(&[submission(reopen(Some(5)))]).remove(0);
    assert!(matches!(reopened, Err(Rejection::IllegalRefundState { .. })), "{reopened:?}");
    assert_money_adds_up(&ledger);
}

#[test]
fn the_parts_of_a_refund_by_one_person_count_together() {
    let mut ledger = cancelled(2_000);
    let approve = |ledger: &mut MemoryLedger, requester, approver| {
        let request = request(target(ledger, 0), Some("600"));
        let Command::Refund(request) = request else { unreachable!() };
        ledger.execute_any(&[by(requester, request)]).remove(0).unwrap();
        let number = ledger.receipts[0].refunds.last().unwrap().number;
        let refund = RefundTarget { number, expected_version: None };
        ledger.execute_any(&[by(approver, RefundCommand::Approve(refund))]).remove(0).map(|_| ())
    };
    // What a second person has approved does not count.
    approve(&mut ledger, "ana", "ben").unwrap();
    approve(&mut ledger, "ana", "ana").unwrap();
    let above = Err(Rejection::SecondPersonRequired { above: money("1000", "USD") });
    assert_eq!(approve(&mut ledger, "ana", "ana"), above);
    let refund =
        RefundTarget { number: ledger.receipts[0].refunds.last().unwrap().number, expected_version: None };
    ledger.execute_any(&[by("ben", RefundCommand::Approve(refund))]).remove(0).unwrap();
}

#[test]
fn a_second_request_without_an_amount_does_not_take_other_credit() {
    let mut ledger = cancelled(40);
    ledger.execute_receipt(request(target(&ledger, 0), None)).unwrap();
    let again = ledger.execute_receipt(request(target(&ledger, 0), None));
    assert!(matches!(again, Err(Rejection::Invalid(_))), "{again:?}");
    assert_eq!(ledger.receipts[0].credit(), money("40", "USD"));
    ledger.execute_receipt(request(target(&ledger, 0), Some("40"))).unwrap();
}

#[test]
fn a_reopened_payment_is_as_it_was_before_the_cancellation() {
    // Five dollars of the payment are written off.
    let mut ledger = ledger();
    ledger.execute_receipt(record(receipt("100", "USD"), &[(1, "100")])).unwrap();
    let of_payment = Difference::OfPayment(payment_key(1));
    ledger.execute_receipt(write_off(target(&ledger, 0), of_payment)).unwrap();
    ledger.execute_one(cancel(1, Some(3)));
    assert_eq!(ledger.execute_one(reopen(Some(4))).status(), Status::Exact);
    assert_money_adds_up(&ledger);
    // Without its money, nothing is written off.
    let Command::Cancel(cancellation) = cancel(1, Some(5)) else { unreachable!() };
    ledger.execute_one(Command::Cancel(Cancellation { held: HeldMoney::Credit, ..cancellation }));
    let reopened = ledger.execute_one(reopen(Some(6)));
    assert_eq!((reopened.status(), reopened.amount_outstanding()), (Status::Pending, money("105", "USD")));
    assert_money_adds_up(&ledger);

    // The excess of an earlier transfer, part of which is already sent, stays a refund.
    let mut ledger = self::ledger();
    ledger.execute_receipt(record(receipt("155", "USD"), &[(1, "155")])).unwrap();
    let reason = "overpaid".to_owned();
    let release = RefundCommand::ReleaseExcess { payment: payment_key(1), expected_version: None, reason };
    ledger.execute_receipt(Command::Refund(release)).unwrap();
    let number = ledger.execute_receipt(request(target(&ledger, 0), Some("20"))).unwrap().refund.unwrap();
    let refund = RefundTarget { number, expected_version: None };
    let sent = RefundCommand::MarkSent { target: refund, bank_id: "1".to_owned(), amount: None };
    for step in [RefundCommand::Approve(refund), sent] {
        ledger.execute_any(&[by("ben", step)]).remove(0).unwrap();
    }
    ledger.execute_one(cancel(1, Some(3)));
    assert_eq!(ledger.execute_one(reopen(Some(4))).status(), Status::Exact);
    let [due, sent, cancelled] = refunds(&ledger).try_into().unwrap();
    assert_eq!(due, (RefundState::Due, 30, Some(1)));
    assert_eq!(sent, (RefundState::Sent, 20, Some(1)));
    assert_eq!(cancelled, (RefundState::Withdrawn, 105, Some(1)));
    assert_money_adds_up(&ledger);
}

#[test]
fn an_allocation_without_excess_needs_enough_outstanding() {
    let mut ledger = ledger();
    ledger.execute_receipt(record(receipt("105", "USD"), &[(1, "100")])).unwrap();
    ledger.execute_receipt(record(receipt("6", "USD"), &[])).unwrap();
    let allocate = |ledger: &MemoryLedger, amount| {
        let amount = Some(money(amount, "USD"));
        let allocation = NewAllocation { allows_excess: false, ..NewAllocation::new(payment_key(1), amount) };
        let (target, reason) = (target(ledger, 1), "fits".to_owned());
        Command::Receipt(ReceiptCommand::Allocate { target, allocations: vec![allocation], reason })
    };
    let too_much = ledger.execute_receipt(allocate(&ledger, "6"));
    let Err(Rejection::ExceedsOutstanding { outstanding, .. }) = too_much else { panic!("{too_much:?}") };
    assert_eq!(outstanding, money("5", "USD"));
    ledger.execute_receipt(allocate(&ledger, "5")).unwrap();
    assert_eq!(ledger.get(1).status(), Status::Exact);
}

fn reopen(expected_version: Option<i64>) -> Command {
    Command::Reopen(Reopening { target: payment_key(1), expected_version, reason: "a mistake".to_owned() })
}

fn request(target: ReceiptTarget, amount: Option<&str>) -> Command {
    let amount = amount.map(|amount| money(amount, "USD"));
    let reason = "withdrawn".to_owned();
    Command::Refund(RefundCommand::Request { target, amount, payee_account: None, reason })
}

/// A ledger whose first receipt has 105 dollars of a cancelled payment, and this much other credit.
fn cancelled(other_credit: i64) -> MemoryLedger {
    let mut ledger = ledger();
    let received = (105 + other_credit).to_string();
    ledger.execute_receipt(record(receipt(&received, "USD"), &[(1, "105")])).unwrap();
    ledger.execute_one(cancel(1, Some(2)));
    ledger
}

/// Returns the state, the amount in dollars and the payment of each refund of the first receipt.
fn refunds(ledger: &MemoryLedger) -> Vec<(RefundState, i64, Option<i64>)> {
    let refund = |refund: &Refund| {
        let reference = refund.payment.map(|(_, reference)| reference.number());
        (refund.state, refund.amount.minor() / 100, reference)
    };
    ledger.receipts[0].refunds.iter().map(refund).collect()
}

#[test]
fn the_amount_of_a_failed_refund_is_due_again_for_its_payment() {
    use RefundState::{Due, Failed, Requested, Sent, Withdrawn};
    let mut ledger = cancelled(0);
    let due = ledger.execute_receipt(request(target(&ledger, 0), None)).unwrap().refund.unwrap();
    let fail = |number| {
        let target = RefundTarget { number, expected_version: None };
        Command::Refund(RefundCommand::MarkFailed { target, reason: "closed account".to_owned() })
    };
    let failed = ledger.execute_receipt(fail(due)).unwrap();
    assert_eq!(failed.refund, Some(due));
    assert_eq!(refunds(&ledger), [(Failed, 105, Some(1)), (Due, 105, Some(1))]);
    assert_money_adds_up(&ledger);

    let again = ledger.execute_receipt(request(target(&ledger, 0), None)).unwrap().refund.unwrap();
    let target_of = |expected_version| RefundTarget { number: again, expected_version };
    ledger.execute_any(&[by("ben", RefundCommand::Approve(target_of(Some(2))))]).remove(0).unwrap();
    let sent = RefundCommand::MarkSent { target: target_of(Some(3)), bank_id: "1".to_owned(), amount: None };
    ledger.execute_receipt(Command::Refund(sent)).unwrap();
    assert_eq!(refunds(&ledger), [(Failed, 105, Some(1)), (Sent, 105, Some(1))]);
    let event = ledger.events.last().unwrap();
    assert!(event.payload.contains(r#""payment":"REF001""#), "{}", event.payload);

    // Unless it is requested again, the payment can be reopened with the money.
    let mut ledger = cancelled(0);
    let due = ledger.execute_receipt(request(target(&ledger, 0), None)).unwrap().refund.unwrap();
    ledger.execute_receipt(fail(due)).unwrap();
    assert_eq!(ledger.execute_one(reopen(Some(3))).status(), Status::Exact);
    assert_eq!(refunds(&ledger), [(Failed, 105, Some(1)), (Withdrawn, 105, Some(1))]);

    // Credit of no payment is only credit again.
    let mut ledger = self::ledger();
    ledger.execute_receipt(record(receipt("7", "USD"), &[])).unwrap();
    let number = ledger.execute_receipt(request(target(&ledger, 0), None)).unwrap().refund.unwrap();
    assert_eq!(refunds(&ledger), [(Requested, 7, None)]);
    ledger.execute_receipt(fail(number)).unwrap();
    assert_eq!(refunds(&ledger), [(Failed, 7, None)]);
    assert_eq!(ledger.receipts[0].credit(), money("7", "USD"));
}

#[test]
fn a_refund_of_another_amount_keeps_the_payment_whose_money_it_takes() {
    use RefundState::{Due, Requested};
    let payment = Some(1);
    for (other_credit, amount, expected) in [
        (0, "60", [(Due, 45, payment), (Requested, 60, payment)]),
        (20, "20", [(Due, 85, payment), (Requested, 20, payment)]),
        (200, "150", [(Due, 105, payment), (Requested, 150, None)]),
    ] {
        let mut ledger = cancelled(other_credit);
        ledger.execute_receipt(request(target(&ledger, 0), Some(amount))).unwrap();
        assert_eq!(refunds(&ledger), expected, "{amount}");
        assert_money_adds_up(&ledger);
        let reopened = ledger.execute(&[submission(reopen(Some(3)))]).remove(0);
        let is_rejected = matches!(reopened, Err(Rejection::IllegalRefundState { .. }));
        assert_eq!(is_rejected, expected[1].2.is_some(), "{amount}: {reopened:?}");
    }
}

#[test]
fn a_refund_of_several_due_refunds_or_of_other_credit_too_is_rejected() {
    let mut ledger = cancelled(20);
    let before = ledger.receipts.clone();
    let rejected = ledger.execute_any(&[submission(request(target(&ledger, 0), Some("125")))]).remove(0);
    assert_eq!(rejected, Err(Rejection::SeveralRefunds { free: money("20", "USD") }));
    assert_eq!(ledger.receipts, before);

    let mut ledger = self::ledger();
    ledger.execute_one(book("eva@example.org", "100"));
    ledger.execute_receipt(record(receipt("100", "USD"), &[(1, "60"), (2, "40")])).unwrap();
    ledger.execute_one(cancel(1, Some(2)));
    ledger.execute_one(cancel(2, Some(2)));
    let due = [(RefundState::Due, 60, Some(1)), (RefundState::Due, 40, Some(2))];
    assert_eq!(refunds(&ledger), due);
    for amount in ["100", "61"] {
        let rejected = ledger.execute_any(&[submission(request(target(&ledger, 0), Some(amount)))]).remove(0);
        assert_eq!(rejected, Err(Rejection::SeveralRefunds { free: money("0", "USD") }), "{amount}");
        assert_eq!(refunds(&ledger), due, "{amount}");
    }
    for amount in ["40", "60"] {
        ledger.execute_receipt(request(target(&ledger, 0), Some(amount))).unwrap();
    }
    assert_eq!(refunds(&ledger), due.map(|(_, amount, payment)| (RefundState::Requested, amount, payment)));
    assert_money_adds_up(&ledger);
}

#[test]
fn a_replayed_receipt_is_recorded_once() {
    let mut ledger = ledger();
    let request = || submission_with_claim(record(receipt("50", "USD"), &[(1, "50")]), claim(1, 1));
    let outcomes = ledger.execute_any(&[request(), request()]);
    assert_eq!(ledger.receipts.len(), 1);
    let [first, second] = outcomes.try_into().unwrap();
    let (first, second) = (first.unwrap().try_into(), second.unwrap().try_into());
    let (first, second): (hermes_domain::ledger::ReceiptOutcome, hermes_domain::ledger::ReceiptOutcome) =
        (first.unwrap(), second.unwrap());
    assert_eq!((first.replayed, second.replayed), (false, true));
    assert_eq!(first.receipt, second.receipt);
}

#[test]
fn the_link_of_a_payment_expires_while_the_payment_is_settled() {
    let mut ledger = MemoryLedger::new();
    ledger.execute_one(book("ana@example.org", "1000"));
    let expiry = |ledger: &MemoryLedger| ledger.payments[0].link_expires_at;
    assert_eq!(expiry(&ledger), None);
    ledger.execute_receipt(record(receipt("30", "USD"), &[(1, "30")])).unwrap();
    assert_eq!((ledger.payments[0].status(), expiry(&ledger)), (Status::Underpayment, None));
    ledger.execute_receipt(record(receipt("1000", "USD"), &[(1, "1000")])).unwrap();
    let paid = ledger.payments[0].clone();
    assert_eq!(paid.status(), Status::Exact);
    let lifetime = paid.link_expires_at.unwrap() - paid.updated_at;
    assert_eq!(lifetime, hermes_test_support::builders::rules().settled_link_lifetime);
    // A message about a later change contains the link, so the link works long enough.
    ledger.execute_one(correct(1, 3, new_name("Ana Ruiz Soto")));
    let corrected = &ledger.payments[0];
    assert_eq!(corrected.link_expires_at.unwrap() - corrected.updated_at, lifetime);
    assert!(corrected.link_expires_at > paid.link_expires_at);

    let (target, kind) = (target(&ledger, 1), Reversal::Bounced);
    let command = ReceiptCommand::Reverse { target, kind, reason: "returned by the bank".to_owned() };
    ledger.execute_receipt(Command::Receipt(command)).unwrap();
    assert_eq!((ledger.payments[0].status(), expiry(&ledger)), (Status::Underpayment, None));
}

#[test]
fn the_value_date_of_a_receipt_has_a_year_of_four_digits() {
    let parse = |value_date: &str| {
        NewReceipt::parse(&ReceiptRequest {
            amount: Some("10".to_owned()),
            currency: Some("USD".to_owned()),
            value_date: Some(value_date.to_owned()),
            source: Some("cash".to_owned()),
            ..ReceiptRequest::default()
        })
    };
    for date in ["1000-01-01", "2026-11-30", "9999-12-31"] {
        assert_eq!(parse(date).unwrap().value_date.to_string(), date);
    }
    for date in ["-001-01-01", "+026-01-01", "+2026-1-01", "0000-01-01", "0999-12-31", "2026-1-001"] {
        let error = FieldError::new("value_date", ValidationCode::NotATime, "use a date such as 2026-11-30");
        assert_eq!(parse(date).unwrap_err(), [error], "{date}");
    }
}
