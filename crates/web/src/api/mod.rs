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

use actix_web::web;
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

/// The text of the parameter in a path. Under another name, because `utoipa` would add an undescribed parameter for
/// `web::Path<String>` beside the described one.
type PathText<T = String> = web::Path<T>;

/// The payment in a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "documents the parameter; each handler reads it")]
struct BookingParameter {
    /// The ID, reference or creditor reference of the payment.
    #[param(example = "REF001", pattern = "^[0-9A-Za-z-]{6,36}$")]
    key: String,
}

/// The receipt in a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "documents the parameter; each handler reads it")]
struct ReceiptParameter {
    /// The number of the receipt.
    #[param(example = "RCT-2026-000001", pattern = "^[Rr][Cc][Tt]-[0-9]{4}-[0-9]{6,18}$")]
    number: String,
}

/// The refund in a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "documents the parameter; each handler reads it")]
struct RefundParameter {
    /// The number of the refund.
    #[param(example = "RFD-2026-000001", pattern = "^[Rr][Ff][Dd]-[0-9]{4}-[0-9]{6,18}$")]
    number: String,
}

/// The header that a request needs if it moves the money of an existing receipt or refund.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "documents the header; IfMatch reads it")]
struct RequiredVersionParameter {
    /// The ETag of the receipt or the refund in the path.
    #[param(rename = "If-Match", example = "\"v1\"", pattern = "^(\\*|\"v[0-9]+\")$")]
    if_match: String,
}
