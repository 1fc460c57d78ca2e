//! `/api/receipts`: money that arrived. One endpoint per file.
//!
//! A step that moves the money of an existing receipt needs its ETag in `If-Match`, and every POST needs an
//! `Idempotency-Key`.

mod allocate;
mod get;
mod list;
mod record;
mod reverse;
mod unallocate;
mod write_off;

pub use allocate::allocate_receipt;
pub use get::get_receipt;
pub use list::list_receipts;
pub use record::record_receipt;
pub use reverse::reverse_receipt;
pub use unallocate::unallocate_receipt;
pub use write_off::write_off_difference;

use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, LINK, LOCATION};
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use hermes_domain::ledger::{ReceiptOutcome, ReceiptTarget, Rejection};
use hermes_domain::receipt::{Receipt, ReceiptNumber};
use hermes_service::writer::Committed;

use crate::cached_response::HERMES_VERSION;
use crate::dto::{ReceiptBody, etag_from_version};
use crate::extract::{IfMatch, SequenceQuery};
use crate::problem::{Problem, ProblemCode};
use crate::state::AppState;

/// Parses the path parameter that identifies a receipt.
///
/// # Errors
/// 404 if the text is not the number of a receipt.
fn parse_receipt_number(path: &str) -> Result<ReceiptNumber, Problem> {
    ReceiptNumber::parse(path).map_err(|_| {
        let detail = "There is no such receipt. Use its number, like RCT-2026-000001.";
        Problem::new(ProblemCode::NotFound).with_detail(detail)
    })
}

/// Returns the receipt in the path at the version in `If-Match`.
///
/// # Errors
/// 404 without such a receipt, 428 without `If-Match`, 412 if it is not the ETag of any version.
fn parse_receipt_target(path: &str, request: &HttpRequest) -> Result<ReceiptTarget, Problem> {
    let number = parse_receipt_number(path)?;
    let expected_version = IfMatch::from_headers(request)?.required()?;
    Ok(ReceiptTarget { number, expected_version })
}

/// Reads a receipt.
///
/// # Errors
/// 404 if it does not exist; 503 if the database is unavailable.
pub(super) async fn find_receipt(state: &AppState, number: ReceiptNumber) -> Result<Receipt, Problem> {
    let found = state.receipts.find_receipt(number).await?;
    Ok(found.ok_or(Rejection::ReceiptNotFound(number))?)
}

/// Builds the response to a command: the receipt after the change.
pub(super) fn committed_receipt(status: StatusCode, committed: &Committed<ReceiptOutcome>) -> HttpResponse {
    let receipt = &committed.outcome.receipt;
    let location = format!("/api/receipts/{}", receipt.number);
    committed_headers(status, committed, receipt.version, &location).json(ReceiptBody::from(receipt))
}

/// Begins the response to a command with the ETag of the changed resource, and its location if it is new.
pub(super) fn committed_headers(
    status: StatusCode,
    committed: &Committed<ReceiptOutcome>,
    version: i64,
    location: &str,
) -> HttpResponseBuilder {
    let mut response = HttpResponse::build(status);
    response.insert_header((ETAG, etag_from_version(version)));
    response.insert_header((HERMES_VERSION, committed.head_seq));
    if status == StatusCode::CREATED {
        response.insert_header((LOCATION, location));
    }
    if committed.outcome.replayed {
        response.insert_header(("Idempotency-Replayed", "true"));
    }
    response
}

/// Adds the link to the next page, which starts before a sequence.
pub(super) fn link_next<F: Default>(response: &mut HttpResponseBuilder, request: &HttpRequest, before: i64) {
    let next = SequenceQuery::<F>::next(request.query_string(), before);
    response.insert_header((LINK, format!("<{}?{next}>; rel=\"next\"", request.path())));
}
