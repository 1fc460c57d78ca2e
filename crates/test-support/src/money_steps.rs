//! Random commands that move money, chosen by the state of a ledger in memory. Payments are named by reference, so that the
//! same commands fit a database whose payments have other ids.
#![expect(clippy::indexing_slicing, reason = "a test stops at a wrong index")]

use fastrand::Rng;
use hermes_domain::ledger::{
    Cancellation, Command, Difference, HeldMoney, NewAllocation, Origin, ReceiptCommand, ReceiptTarget,
    RefundCommand, RefundTarget, Reopening, Reversal, Submission,
};
use hermes_domain::money::Money;
use hermes_domain::payment::PaymentKey;
use hermes_domain::receipt::{NewReceipt, ReceiptNumber, RefundNumber, StatementLineId};

use crate::MemoryLedger;
use crate::builders::{booking_in, payment_key, receipt, submission};

/// The most commands of one batch.
const BATCH_MAX: usize = 4;
const AMOUNTS: [&str; 7] = ["1", "5", "95", "100", "105", "200", "2000"];

/// Returns a random batch: commands that can share one, or one exclusive command.
pub fn random_batch(ledger: &MemoryLedger, random: &mut Rng) -> Vec<Submission> {
    let batch = match random.u8(0..12) {
        0 | 1 => vec![book(random)],
        2 if !ledger.payments.is_empty() => vec![Command::Cancel(Cancellation {
            target: PaymentKey::Reference(ledger.payments[0].reference),
            expected_version: Some(ledger.payments[0].version),
            held: if random.bool() { HeldMoney::Refund } else { HeldMoney::Credit },
            reason: "cancelled".to_owned(),
        })],
        3 => {
            let target = any_payment(ledger, random);
            let expected_version = ledger.find(&target).map(|payment| payment.version);
            let reason = "reopened".to_owned();
            vec![Command::Reopen(Reopening { target, expected_version, reason })]
        }
        _ => (0..random.usize(1..=BATCH_MAX)).map(|_| shared(ledger, random)).collect(),
    };
    batch.into_iter().map(|command| by_someone(command, random)).collect()
}

fn by_someone(command: Command, random: &mut Rng) -> Submission {
    let actor = if random.bool() { "key:1 cashier" } else { "key:2 finance" };
    Submission { origin: Origin { actor: actor.to_owned(), ..Origin::default() }, ..submission(command) }
}

fn shared(ledger: &MemoryLedger, random: &mut Rng) -> Command {
    let reason = "because".to_owned();
    let command = match random.u8(0..14) {
        0..=3 => ReceiptCommand::Record {
            receipt: any_receipt(random),
            allocations: allocations(ledger, random, 3),
            reason: None,
        },
        4 | 5 => ReceiptCommand::Allocate {
            target: any_target(ledger, random),
            allocations: allocations(ledger, random, 2),
            reason,
        },
        6 => ReceiptCommand::Unallocate {
            target: any_target(ledger, random),
            allocation: random.i64(1..4),
            reason,
        },
        7 => {
            let kind = if random.bool() { Reversal::Bounced } else { Reversal::Undone };
            ReceiptCommand::Reverse { target: any_target(ledger, random), kind, reason }
        }
        8 => {
            let difference = match random.u8(0..3) {
                0 => Difference::Credit(None),
                1 => Difference::Credit(Some(any_amount(random))),
                _ => Difference::OfPayment(any_payment(ledger, random)),
            };
            ReceiptCommand::WriteOff { target: any_target(ledger, random), difference, reason }
        }
        _ => return Command::Refund(refund(ledger, random)),
    };
    Command::Receipt(command)
}

fn refund(ledger: &MemoryLedger, random: &mut Rng) -> RefundCommand {
    let number = RefundNumber::new(2026, random.i64(1..=ledger.head.next_refund)).unwrap();
    let target = RefundTarget { number, expected_version: None };
    match random.u8(0..6) {
        0 | 1 => RefundCommand::ReleaseExcess {
            payment: any_payment(ledger, random),
            expected_version: None,
            reason: "overpaid".to_owned(),
        },
        2 => RefundCommand::Request {
            target: any_target(ledger, random),
            amount: random.bool().then(|| any_amount(random)),
            payee_account: random.bool().then(|| "DE02120300000000202051".to_owned()),
            reason: "requested".to_owned(),
        },
        3 => RefundCommand::Approve(target),
        4 => RefundCommand::MarkSent { target, bank_id: "bank 1".to_owned(), amount: None },
        _ => RefundCommand::MarkFailed { target, reason: "returned".to_owned() },
    }
}

fn book(random: &mut Rng) -> Command {
    let email = format!("payer{}@example.org", random.u8(0..3));
    let currency = any_currency(random);
    Command::Book(booking_in(&email, AMOUNTS[random.usize(..AMOUNTS.len())], currency))
}

fn any_receipt(random: &mut Rng) -> NewReceipt {
    let new = receipt(AMOUNTS[random.usize(..AMOUNTS.len())], any_currency(random));
    match random.u8(0..10) {
        line @ 0..=3 => NewReceipt::of_statement_line(
            StatementLineId([line; 32]),
            new.amount,
            new.value_date,
            new.details,
        ),
        _ => new,
    }
}

fn allocations(ledger: &MemoryLedger, random: &mut Rng, max: usize) -> Vec<NewAllocation> {
    let count = random.usize(0..=max);
    (0..count)
        .map(|_| NewAllocation {
            allows_excess: random.bool(),
            ..NewAllocation::new(any_payment(ledger, random), random.bool().then(|| any_amount(random)))
        })
        .collect()
}

/// Returns mostly dollars, because commands of different currencies are rejected.
fn any_currency(random: &mut Rng) -> &'static str {
    if random.u8(0..8) == 0 { "JPY" } else { "USD" }
}

fn any_amount(random: &mut Rng) -> Money {
    let currency = any_currency(random).parse().unwrap();
    Money::parse(AMOUNTS[random.usize(..AMOUNTS.len())], currency).unwrap()
}

fn any_payment(ledger: &MemoryLedger, random: &mut Rng) -> PaymentKey {
    payment_key(random.i64(1..=ledger.head.next_reference.min(3)))
}

fn any_target(ledger: &MemoryLedger, random: &mut Rng) -> ReceiptTarget {
    let number = ReceiptNumber::new(2026, random.i64(1..=ledger.head.next_receipt.min(4))).unwrap();
    ReceiptTarget { number, expected_version: None }
}
