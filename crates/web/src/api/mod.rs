//! The HTTP API: one endpoint per file, handler first.

pub mod bookings;
pub mod events;
pub mod health;
pub mod keys;
pub mod matches;
pub mod receipts;
pub mod refunds;
pub mod statements;
pub mod stats;

pub(crate) mod docs;

use utoipa::IntoParams;

/// The header that makes a retry safe.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "documents the header; CommandContext reads it")]
struct IdempotencyParameter {
    /// A key that makes a retry safe: within 72 hours, the same key and body get the first response again.
    #[param(
        rename = "Idempotency-Key",
        required = false,
        example = "invoice-4711",
        pattern = "^\"?[!#-~]{1,255}\"?$"
    )]
    idempotency_key: String,
}

/// The header that a request needs if it moves money.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "documents the header; CommandContext reads it")]
struct RequiredIdempotencyParameter {
    /// A key that makes a retry safe: within 72 hours, the same key and body get the first response again.
    #[param(rename = "Idempotency-Key", example = "receipt-4711", pattern = "^\"?[!#-~]{1,255}\"?$")]
    idempotency_key: String,
}
