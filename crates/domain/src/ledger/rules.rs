//! The configured rules of the ledger.

use crate::money::{FeeBearer, FeeSchedule};
use crate::payment::{DuplicateRule, Thresholds};

/// What decisions go by, fixed at start-up.
#[derive(Debug, Clone)]
pub struct Rules {
    /// What a payment costs.
    pub fees: FeeSchedule,
    /// Who bears the fee of a new payment.
    pub fee_bearer: FeeBearer,
    /// Above which amounts a payment gets a flag.
    pub thresholds: Thresholds,
    /// When two payments are the same payer's.
    pub duplicates: DuplicateRule,
}
