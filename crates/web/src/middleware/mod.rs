//! What every request passes.
//!
//! [`request_id`] names the request; [`finish`] turns whatever went wrong into a problem of that name, counts
//! and logs the request, and adds the headers every answer has.

mod finish;
mod metrics;
mod request_id;
mod security;

pub use finish::finish;
pub use request_id::RequestId;
