//! The rules that the tests decide by, and randomness that is none.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use hermes_domain::ledger::{RandomSource, Rules};
use hermes_domain::money::{BasisPoints, FeeBearer, FeeSchedule, TierBound, TierSpec};
use hermes_domain::payment::{DuplicateField, DuplicateRule, Thresholds};
use uuid::Uuid;

pub fn rules() -> Rules {
    rules_with(DuplicateRule::new(vec![DuplicateField::Email], None).unwrap())
}

pub fn rules_with(duplicates: DuplicateRule) -> Rules {
    let tier = |name: &str, bound, points| TierSpec {
        name: name.to_owned(),
        bound,
        rate: BasisPoints::new(points).unwrap(),
    };
    let tiers = [
        tier("below_1000", TierBound::Below("1000".to_owned()), 500),
        tier("rest", TierBound::Unbounded, 200),
    ];
    Rules {
        fees: FeeSchedule::new(&tiers, &HashMap::new()).unwrap(),
        fee_bearer: FeeBearer::Payer,
        thresholds: Thresholds::new("1000000", &HashMap::new()).unwrap(),
        duplicates,
    }
}

/// Never twice the same, in all tests of the process.
pub struct Counting;

impl RandomSource for Counting {
    fn random(&self) -> Uuid {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let next = NEXT.fetch_add(1, Ordering::Relaxed);
        Uuid::from_u128(u128::from(next) << 64 | u128::from(next))
    }
}
