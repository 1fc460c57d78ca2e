//! Reading requests: every fault named at once, nothing guessed.

mod booking;
mod conditional;
mod correction;
mod form;
mod idempotency;
mod json;
mod object;
mod origin;
mod pairs;
mod query;
mod request_id;

pub use booking::{booking_from_form, booking_from_json};
pub use conditional::{IfMatch, known_tag};
pub use correction::{cancellation_from_json, correction_from_json};
pub use form::FormFields;
pub use idempotency::{IdempotencyKey, claim, fingerprint};
pub use json::JsonObject;
pub use origin::Caller;
pub(crate) use pairs::pairs_of;
pub use query::{page_query, page_query_of_form};
pub use request_id::RequestId;

/// The largest body that is read, in bytes.
pub const BODY_MAX: usize = 64 * 1024;
