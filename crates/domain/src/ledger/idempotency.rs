//! Keys that make a retried request the same request
//! (draft-ietf-httpapi-idempotency-key-header).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Effect;
use crate::payment::{Payment, PaymentId};

/// A SHA-256 digest.
pub type Digest = [u8; 32];

/// What a caller says of a request that it may send again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct IdempotencyClaim {
    /// The digest of who asks, for what, under which key.
    pub scope_hash: Digest,
    /// The digest of what is asked; the same for the same parsed content.
    pub fingerprint: Digest,
}

/// What became of a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyRecord {
    /// The claim.
    pub claim: IdempotencyClaim,
    /// The payment it was about.
    pub payment_id: PaymentId,
    /// The answer, to be given again as it was.
    pub answer: RecordedOutcome,
    /// When the claim was carried out.
    pub created_at: DateTime<Utc>,
}

/// The part of an outcome that is kept for a replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedOutcome {
    /// What was done.
    pub effect: Effect,
    /// The payment as it was then.
    pub payment: Payment,
}
