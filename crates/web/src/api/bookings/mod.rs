//! `/api/bookings`: one endpoint a file.

mod audit;
mod cancel;
mod correct;
mod create;
mod get;
mod list;

pub use audit::audit_booking;
pub use cancel::cancel_booking;
pub use correct::correct_booking;
pub use create::create_booking;
pub use get::get_booking;
pub use list::list_bookings;

pub(crate) use create::content;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ETAG, LOCATION};
use hermes_domain::payment::PaymentKey;
use hermes_service::writer::Committed;

use crate::cached_response::HERMES_VERSION;
use crate::dto::{BookingBody, etag_of_version};
use crate::problem::{Problem, ProblemCode};

/// Who calls the API while callers have no names of their own.
const ACTOR: &str = "api";

/// Reads the part of the path that names a booking.
fn key_of(path: &str) -> Result<PaymentKey, Problem> {
    PaymentKey::parse(path).ok_or_else(|| {
        Problem::new(ProblemCode::NotFound)
            .with_detail("There is no such booking: name it by its id or its reference, such as REF001.")
    })
}

/// The answer to a command: the booking, where it is, and whether it was carried out before.
fn committed_response(status: StatusCode, committed: &Committed) -> HttpResponse {
    let payment = &committed.outcome.payment;
    let mut response = HttpResponse::build(status);
    response
        .insert_header((ETAG, etag_of_version(payment.version)))
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((HERMES_VERSION, committed.head_seq));
    if status == StatusCode::CREATED {
        response.insert_header((LOCATION, format!("/api/bookings/{}", payment.id)));
    }
    if committed.outcome.replayed {
        response.insert_header(("Idempotency-Replayed", "true"));
    }
    response.json(BookingBody::from(payment))
}
