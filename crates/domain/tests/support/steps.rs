//! Generated histories of a ledger.

use chrono::TimeDelta;
use hermes_domain::ledger::{Command, Erasure, ErasureScope, Submission};
use hermes_domain::payment::{BookingField, CorrectionRequest, Edit, PaymentKey};
use hermes_test_support::MemoryLedger;
use hermes_test_support::builders::{booking_in, cancel, claim, correct, submission, submission_with_claim};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// One step of a history.
#[derive(Debug, Clone)]
pub enum Step {
    /// A batch of bookings.
    Book(Vec<BookStep>),
    /// Corrects the amount, the payer, both or neither.
    Correct { payment: Index, amount: Option<String>, payer: Option<u8>, is_current: bool },
    /// Cancels a payment.
    Cancel { payment: Index },
    /// Erases a payment, or only its history.
    Erase { payment: Index, is_whole: bool },
    /// Renews the link of a payment's page.
    RenewPageLink { payment: Index },
    /// Advances the clock, or sets it back.
    Wait { micros: i64 },
}

/// One booking of a batch.
#[derive(Debug, Clone)]
pub struct BookStep {
    pub payer: u8,
    pub amount: String,
    pub currency: &'static str,
    pub key: Option<u8>,
}

/// Generates histories of 1 to `max` steps.
pub fn steps(max: usize) -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 1..=max)
}

/// Runs a history and calls `inspect` after every step.
pub fn run(history: &[Step], mut inspect: impl FnMut(&MemoryLedger)) -> MemoryLedger {
    let mut ledger = MemoryLedger::new();
    for step in history {
        run_step(&mut ledger, step);
        inspect(&ledger);
    }
    ledger
}

fn run_step(ledger: &mut MemoryLedger, step: &Step) {
    match step {
        Step::Book(bookings) => {
            let submissions: Vec<_> = bookings.iter().map(BookStep::submission).collect();
            ledger.execute(&submissions);
        }
        Step::Correct { payment, amount, payer, is_current } if !ledger.payments.is_empty() => {
            let target = payment.get(&ledger.payments);
            let edits = [(BookingField::Amount, amount.clone()), (BookingField::Email, payer.map(email))];
            let edits = edits.into_iter().filter_map(|(field, text)| Some((field, Edit::Set(text?))));
            let request: CorrectionRequest = edits.collect();
            let version = if *is_current { target.version } else { 0 };
            let command = correct(target.reference.number(), version, request);
            ledger.execute(&[submission(command)]);
        }
        Step::Cancel { payment } if !ledger.payments.is_empty() => {
            let reference = payment.get(&ledger.payments).reference.number();
            ledger.execute(&[submission(cancel(reference, None))]);
        }
        Step::Erase { payment, is_whole } if !ledger.payments.is_empty() => {
            let target = PaymentKey::Reference(payment.get(&ledger.payments).reference);
            let scope = if *is_whole { ErasureScope::Payment } else { ErasureScope::History };
            ledger.execute_one(Command::Erase(Erasure::new(target, scope)));
        }
        Step::RenewPageLink { payment } if !ledger.payments.is_empty() => {
            let target = payment.get(&ledger.payments).reference;
            ledger.execute_one(Command::RenewPageLink(PaymentKey::Reference(target)));
        }
        Step::Correct { .. } | Step::Cancel { .. } | Step::Erase { .. } | Step::RenewPageLink { .. } => {
            assert!(ledger.execute(&[submission(cancel(1, None))])[0].is_err());
        }
        Step::Wait { micros } => ledger.clock += TimeDelta::microseconds(*micros),
    }
}

impl BookStep {
    fn submission(&self) -> Submission {
        let booking = booking_in(&email(self.payer), &self.amount, self.currency);
        let command = Command::Book(booking);
        match self.key {
            // The content is the length of the amount, so some retries equal the first request.
            Some(key) => submission_with_claim(command, claim(key, u8::try_from(self.amount.len()).unwrap())),
            None => submission(command),
        }
    }
}

/// The address of a payer. The first is malformed.
fn email(payer: u8) -> String {
    match payer {
        0 => "nowhere".to_owned(),
        1 => "Ana@Example.org".to_owned(),
        2 => "ana@example.org".to_owned(),
        other => format!("payer{other}@example.org"),
    }
}

fn step() -> impl Strategy<Value = Step> {
    let correct = (any::<Index>(), option::of(amount("USD")), option::of(0..6_u8), any::<bool>());
    prop_oneof![
        4 => vec(book(), 1..6).prop_map(Step::Book),
        3 => correct.prop_map(|(payment, amount, payer, is_current)| Step::Correct {
            payment, amount, payer, is_current
        }),
        2 => any::<Index>().prop_map(|payment| Step::Cancel { payment }),
        1 => (any::<Index>(), any::<bool>()).prop_map(|(payment, is_whole)| Step::Erase { payment, is_whole }),
        1 => any::<Index>().prop_map(|payment| Step::RenewPageLink { payment }),
        1 => (-2_000_000..2_000_000_i64).prop_map(|micros| Step::Wait { micros }),
    ]
}

fn book() -> impl Strategy<Value = BookStep> {
    select(&["USD", "JPY", "KWD"][..]).prop_flat_map(|currency| {
        (0..6_u8, amount(currency), option::weighted(0.3, 0..4_u8))
            .prop_map(move |(payer, amount, key)| BookStep { payer, amount, currency, key })
    })
}

/// Generates amounts around the limits of the tiers and the threshold.
fn amount(currency: &str) -> impl Strategy<Value = String> + use<> {
    let whole = select(&["1", "999", "1000", "1001", "1030", "10000", "10001", "1000000", "1000001"][..]);
    let fraction = if currency == "JPY" { "" } else { ".01" };
    (whole, any::<bool>()).prop_map(move |(whole, fine)| {
        let fraction = if fine { fraction } else { "" };
        format!("{whole}{fraction}")
    })
}
