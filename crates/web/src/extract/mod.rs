//! Extractors: a request parsed into typed values, with every error reported at once.
//!
//! [`CommandContext`] serves every request that changes something. [`JsonBody`] and [`FormFields`] read bodies,
//! [`Query`](page_query) parameters are parsed by one function per endpoint.

mod body;
mod booking;
mod command_context;
mod conditional;
mod form;
mod idempotency;
mod json;
mod key;
mod query;
mod receipt;
mod receipt_fingerprint;
mod receipt_query;
mod refund;
mod request_id;
mod spooled_body;
mod trace_id;
mod urlencoded;

pub use crate::gate::client_address;
pub use body::BODY_TIMEOUT;
pub use booking::{booking_from_json, cancellation_from_json, correction_from_json, reopening_from_json};
pub use command_context::{CommandContext, FORM_ACTOR, find_booked};
pub use conditional::{IfMatch, matched_etag};
pub use form::FormFields;
pub use idempotency::{fingerprint, parse_idempotency_key};
pub use json::{JsonBody, JsonFields};
pub use key::key_from_json;
pub use query::{page_query, page_query_from_form};
pub(crate) use query::{parse_parameters, parse_whole_number, unknown_parameter};
pub use receipt::{
    allocations_from_json, reason_from_json, receipt_from_json, return_from_json, reversal_from_json,
    unallocation_from_json, write_off_from_json,
};
pub use receipt_query::{SequenceQuery, receipt_query, refund_query};
pub use refund::{RefundSubject, failed_refund_from_json, refund_from_json, sent_refund_from_json};
pub use request_id::RequestId;
pub use spooled_body::{SpooledBody, upload_timeout};
pub(crate) use trace_id::trace_id;
pub(crate) use urlencoded::query_pairs;

/// The largest request body, in bytes.
pub const BODY_MAX: usize = 64 * 1024;
