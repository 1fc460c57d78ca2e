//! Small builders: each argument is what a test is about, everything else is as usual.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};

use chrono::{DateTime, Utc};
use hermes_domain::ledger::{Command, Correction, IdempotencyClaim, Origin, RandomSource, Rules, Submission};
use hermes_domain::money::{BasisPoints, Currency, FeeBearer, FeeSchedule, Money, TierBound, TierSpec};
use hermes_domain::payment::{
    BookingField, BookingRequest, CorrectionRequest, DuplicateField, DuplicateRule, NewBooking, PaymentKey,
    Reference, Thresholds,
};
use uuid::Uuid;

/// The time of day in tests: 2026-11-22 12:00:00.123456 UTC.
pub const CLOCK: DateTime<Utc> = DateTime::from_timestamp_micros(1_795_348_800_123_456).unwrap();

/// Randomness that repeats itself from test to test.
#[derive(Debug, Default)]
pub struct Counted(AtomicU64);

impl RandomSource for Counted {
    fn random(&self) -> Uuid {
        // Times an odd number of 128 bits, so that every byte differs from one to the next.
        let count = u128::from(self.0.fetch_add(1, Ordering::Relaxed) + 1);
        Uuid::from_u128(count.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
    }
}

pub fn currency(code: &str) -> Currency {
    code.parse().unwrap()
}

pub fn money(text: &str, code: &str) -> Money {
    Money::parse(text, currency(code)).unwrap()
}

/// Below 1000 five per cent, up to and including 10 000 three, above two.
pub fn default_tiers() -> Vec<TierSpec> {
    [
        ("small", TierBound::Below("1000".to_owned()), 500),
        ("medium", TierBound::UpTo("10000".to_owned()), 300),
        ("large", TierBound::Unbounded, 200),
    ]
    .map(|(name, bound, points)| TierSpec {
        name: name.to_owned(),
        bound,
        rate: BasisPoints::new(points).unwrap(),
    })
    .to_vec()
}

/// The rules of the default configuration.
///
/// Made once: they cover every currency, and thousands of random histories go by them.
static RULES: LazyLock<Arc<Rules>> = LazyLock::new(|| {
    Arc::new(Rules {
        fees: FeeSchedule::new(&default_tiers(), &HashMap::new()).unwrap(),
        fee_bearer: FeeBearer::Payer,
        thresholds: Thresholds::new("1000000", &HashMap::new()).unwrap(),
        duplicates: DuplicateRule::new(vec![DuplicateField::Email], None).unwrap(),
    })
});

pub fn rules() -> Arc<Rules> {
    Arc::clone(&RULES)
}

/// A booking in dollars.
pub fn booking(email: &str, amount: &str) -> NewBooking {
    booking_in(email, amount, "USD")
}

pub fn booking_in(email: &str, amount: &str, currency: &str) -> NewBooking {
    NewBooking::parse(&BookingRequest::from([
        (BookingField::Name, "Ana Ruiz".to_owned()),
        (BookingField::Email, email.to_owned()),
        (BookingField::Amount, amount.to_owned()),
        (BookingField::CurrencyFrom, currency.to_owned()),
    ]))
    .unwrap()
}

fn origin() -> Origin {
    Origin {
        actor: "tests".to_owned(),
        user_agent: Some("cargo test".to_owned()),
        ip_address: Some([127, 0, 0, 1].into()),
    }
}

pub fn submission_with_claim(command: Command, idempotency: IdempotencyClaim) -> Submission {
    Submission { idempotency: Some(idempotency), ..submission(command) }
}

pub fn submission(command: Command) -> Submission {
    Submission { command, origin: origin(), idempotency: None }
}

/// A claim by a key, for a request with a content.
pub fn claim(key: u8, content: u8) -> IdempotencyClaim {
    IdempotencyClaim { scope_hash: [key; 32], fingerprint: [content; 32] }
}

pub fn correct(reference: i64, expected_version: i64, request: CorrectionRequest) -> Command {
    Command::Correct(Correction {
        target: PaymentKey::Reference(Reference::new(reference).unwrap()),
        expected_version: Some(expected_version),
        request,
        reason: Some("asked for by phone".to_owned()),
    })
}
