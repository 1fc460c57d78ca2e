//! Random histories of a ledger.

use chrono::TimeDelta;
use hermes_domain::ledger::{Cancellation, Command, Submission};
use hermes_domain::payment::{BookingField, CorrectionRequest, Edit, PaymentKey, Reference};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::builders::{booking_in, claim, correct, submission, submission_with_claim};
use super::ledger::MemoryLedger;

/// What happens next.
#[derive(Debug, Clone)]
pub enum Step {
    /// A batch of bookings.
    Book(Vec<BookStep>),
    /// One payment gets another amount, another payer, both or neither.
    Correct { payment: Index, amount: Option<String>, payer: Option<u8>, seen_latest: bool },
    /// One payment is called off.
    Cancel { payment: Index },
    /// Time passes, or the clock is set back.
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

/// Histories of up to so many steps.
pub fn steps(max: usize) -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 1..=max)
}

/// Lets a history happen and calls `look` after every step.
pub fn run(history: &[Step], mut look: impl FnMut(&MemoryLedger)) -> MemoryLedger {
    let mut ledger = MemoryLedger::new();
    for step in history {
        take(&mut ledger, step);
        look(&ledger);
    }
    ledger
}

fn take(ledger: &mut MemoryLedger, step: &Step) {
    match step {
        Step::Book(bookings) => {
            let submissions: Vec<_> = bookings.iter().map(BookStep::to_submission).collect();
            ledger.execute(&submissions);
        }
        Step::Correct { payment, amount, payer, seen_latest } if !ledger.payments.is_empty() => {
            let target = payment.get(&ledger.payments);
            let edits = [(BookingField::Amount, amount.clone()), (BookingField::Email, payer.map(email))];
            let edits = edits.into_iter().filter_map(|(field, text)| Some((field, Edit::Set(text?))));
            let request: CorrectionRequest = edits.collect();
            let version = if *seen_latest { target.version } else { 0 };
            let command = correct(target.reference.number(), version, request);
            ledger.execute(&[submission(command)]);
        }
        Step::Cancel { payment } if !ledger.payments.is_empty() => {
            let command = Command::Cancel(Cancellation {
                target: PaymentKey::Id(payment.get(&ledger.payments).id),
                expected_version: None,
                reason: "no longer needed".to_owned(),
            });
            ledger.execute(&[submission(command)]);
        }
        Step::Correct { .. } | Step::Cancel { .. } => {
            let nobody = PaymentKey::Reference(Reference::new(1).unwrap());
            let command = Command::Cancel(Cancellation {
                target: nobody,
                expected_version: None,
                reason: "there is none".to_owned(),
            });
            assert!(ledger.execute(&[submission(command)])[0].is_err());
        }
        Step::Wait { micros } => ledger.clock += TimeDelta::microseconds(*micros),
    }
}

impl BookStep {
    fn to_submission(&self) -> Submission {
        let booking = booking_in(&email(self.payer), &self.amount, self.currency);
        let command = Command::Book(booking);
        match self.key {
            // The content is the amount's length: some retries agree with the first request, some do not.
            Some(key) => submission_with_claim(command, claim(key, u8::try_from(self.amount.len()).unwrap())),
            None => submission(command),
        }
    }
}

/// A payer's address; one of them is not one.
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
        3 => correct.prop_map(|(payment, amount, payer, seen_latest)| Step::Correct {
            payment, amount, payer, seen_latest
        }),
        2 => any::<Index>().prop_map(|payment| Step::Cancel { payment }),
        1 => (-2_000_000..2_000_000_i64).prop_map(|micros| Step::Wait { micros }),
    ]
}

fn book() -> impl Strategy<Value = BookStep> {
    select(&["USD", "JPY", "KWD"][..]).prop_flat_map(|currency| {
        (0..6_u8, amount(currency), option::weighted(0.3, 0..4_u8))
            .prop_map(move |(payer, amount, key)| BookStep { payer, amount, currency, key })
    })
}

/// Amounts around the limits of the tiers and the threshold, and exact ones: 1050 is due for 1000.
fn amount(currency: &str) -> impl Strategy<Value = String> + use<> {
    let whole = select(&["1", "999", "1000", "1001", "1030", "10000", "10001", "1000000", "1000001"][..]);
    let fraction = if currency == "JPY" { "" } else { ".01" };
    (whole, any::<bool>()).prop_map(move |(whole, fine)| {
        let fraction = if fine { fraction } else { "" };
        format!("{whole}{fraction}")
    })
}
