//! Small builders: each argument is what a test is about, everything else is as usual.

use std::collections::HashMap;
use std::sync::Mutex;

use chrono::{DateTime, Utc};
use hermes_domain::ledger::{
    Cancellation, Command, Correction, IdempotencyClaim, Origin, RandomSource, Rules, Submission,
};
use hermes_domain::money::{BasisPoints, FeeBearer, FeeSchedule, TierBound, TierSpec};
use hermes_domain::payment::{
    BookingField, BookingRequest, CorrectionRequest, DuplicateField, DuplicateRule, Edit, NewBooking,
    PaymentKey, Reference, Thresholds,
};
use hermes_domain::ports::Clock;
use uuid::Uuid;

/// The time of day in tests: 2026-11-22 12:00:00.123456 UTC.
pub const NOON: DateTime<Utc> = DateTime::from_timestamp_micros(1_795_348_800_123_456).unwrap();

/// It is always noon.
pub struct Noon;

impl Clock for Noon {
    fn now(&self) -> DateTime<Utc> {
        NOON
    }
}

/// Randomness that is not: 1, 2, 3, …; it can be made to panic.
#[derive(Debug, Default)]
pub struct Counted {
    state: Mutex<(u128, Option<u128>)>,
}

impl Counted {
    /// Panics once, after so many more numbers.
    pub fn panic_after(&self, more: u128) {
        let mut state = self.state.lock().unwrap();
        state.1 = Some(state.0 + more);
    }
}

impl RandomSource for Counted {
    fn random(&self) -> Uuid {
        let mut state = self.state.lock().unwrap();
        let (number, panic_at) = *state;
        if panic_at == Some(number) {
            state.1 = None;
            drop(state);
            panic!("on purpose: no randomness");
        }
        state.0 = number + 1;
        Uuid::from_u128(state.0)
    }
}

/// Five per cent of everything, and the e-mail address tells payers apart.
pub fn rules() -> Rules {
    let tier = TierSpec {
        name: "all".to_owned(),
        bound: TierBound::Unbounded,
        rate: BasisPoints::new(500).unwrap(),
    };
    Rules {
        fees: FeeSchedule::new(&[tier], &HashMap::new()).unwrap(),
        fee_bearer: FeeBearer::Payer,
        thresholds: Thresholds::new("1000000", &HashMap::new()).unwrap(),
        duplicates: DuplicateRule::new(vec![DuplicateField::Email], None).unwrap(),
    }
}

/// A booking of 500 dollars by somebody.
pub fn booking(payer: &str) -> Submission {
    let request = BookingRequest::from([
        (BookingField::Name, "Ana Ruiz".to_owned()),
        (BookingField::Email, email(payer)),
        (BookingField::Amount, "500".to_owned()),
    ]);
    unclaimed(Command::Book(NewBooking::parse(&request).unwrap()))
}

pub fn email(payer: &str) -> String {
    format!("{payer}@example.org")
}

/// A correction of the name; the caller has seen the first version.
pub fn correction(reference: i64) -> Submission {
    unclaimed(Command::Correct(Correction {
        target: key(reference),
        expected_version: Some(1),
        request: CorrectionRequest::from([(BookingField::Name, Edit::Set("Ana Luz".to_owned()))]),
        reason: None,
    }))
}

pub fn cancellation(reference: i64) -> Submission {
    unclaimed(Command::Cancel(Cancellation {
        target: key(reference),
        expected_version: None,
        reason: "no longer needed".to_owned(),
    }))
}

/// The same submission under an idempotency key.
pub fn claimed(submission: Submission, key: u8) -> Submission {
    let claim = IdempotencyClaim { scope_hash: [key; 32], fingerprint: [1; 32] };
    Submission { idempotency: Some(claim), ..submission }
}

pub fn key(reference: i64) -> PaymentKey {
    PaymentKey::Reference(Reference::new(reference).unwrap())
}

fn unclaimed(command: Command) -> Submission {
    Submission {
        command,
        origin: Origin { actor: "tests".to_owned(), ..Origin::default() },
        idempotency: None,
    }
}
