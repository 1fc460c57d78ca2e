//! `/api/bookings`: one endpoint per file.

mod audit;
mod cancel;
mod correct;
mod create;
mod get;
mod list;
mod mail;
mod page_link;
mod receipts;
mod reopen;

pub use audit::audit_booking;
pub use cancel::cancel_booking;
pub use correct::correct_booking;
pub use create::create_booking;
pub use get::get_booking;
pub use list::list_bookings;
pub use mail::list_booking_mail;
pub use page_link::renew_page_link;
pub use receipts::{list_booking_receipts, record_booking_receipt};
pub use reopen::reopen_booking;

use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, LOCATION};
use actix_web::{HttpResponse, HttpResponseBuilder};
use hermes_domain::payment::{PaymentKey, Reference, ReferenceError};
use hermes_service::writer::Committed;

use crate::cached_response::HERMES_VERSION;
use crate::dto::{BookingBody, LinkedBookingBody, etag_from_version};
use crate::pages;
use crate::problem::{Problem, ProblemCode};
use crate::state::AppState;

/// Parses the path parameter that identifies a payment.
///
/// # Errors
/// 404 if the text is not a payment ID, reference or creditor reference.
fn parse_payment_key(path: &str) -> Result<PaymentKey, Problem> {
    PaymentKey::parse(path).ok_or_else(|| {
        let detail = match Reference::parse_creditor(path) {
            Err(ReferenceError::CheckDigits) => {
                "The check digits of this creditor reference are wrong. Check it for a typing error."
            }
            Ok(_) | Err(ReferenceError::Malformed) => {
                "There is no such payment. Use its ID or its reference, like REF001."
            }
        };
        Problem::new(ProblemCode::NotFound).with_detail(detail)
    })
}

/// Builds the response to a command: the payment after the change.
fn committed_response(status: StatusCode, committed: &Committed) -> HttpResponse {
    let body = BookingBody::from(&committed.outcome.payment);
    committed_headers(status, committed).json(body)
}

/// Builds the response to a command that creates a link of the payer's page: also the link.
fn linked_response(status: StatusCode, committed: &Committed, state: &AppState) -> HttpResponse {
    let payment = &committed.outcome.payment;
    let path = pages::payer_page_path(&state.server_key, payment);
    let payer_page = state.public_url.clone().unwrap_or_default() + &path;
    let body = LinkedBookingBody { booking: payment.into(), payer_page };
    committed_headers(status, committed).json(body)
}

fn committed_headers(status: StatusCode, committed: &Committed) -> HttpResponseBuilder {
    let payment = &committed.outcome.payment;
    let mut response = HttpResponse::build(status);
    response
        .insert_header((ETAG, etag_from_version(payment.version)))
        .insert_header((HERMES_VERSION, committed.head_seq));
    if status == StatusCode::CREATED {
        response.insert_header((LOCATION, format!("/api/bookings/{}", payment.id)));
    }
    if committed.outcome.replayed {
        response.insert_header(("Idempotency-Replayed", "true"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_check_digits_of_a_creditor_reference_are_the_reason_of_the_404() {
        assert!(parse_payment_key("RF59REF001").is_ok());
        for (key, reason) in [("RF58REF001", "check digits"), ("REF1", "no such payment")] {
            let problem = parse_payment_key(key).unwrap_err();
            assert_eq!(problem.code, ProblemCode::NotFound);
            assert!(problem.detail().contains(reason), "{}", problem.detail());
        }
    }
}
