//! `/api/refunds`: money that is sent back. One endpoint per file.

mod approve;
mod fail;
mod get;
mod list;
mod request;
mod send;

pub use approve::approve_refund;
pub use fail::fail_refund;
pub use get::get_refund;
pub use list::list_refunds;
pub use request::request_refund;
pub use send::send_refund;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use hermes_domain::ledger::{ReceiptOutcome, RefundTarget};
use hermes_domain::receipt::RefundNumber;
use hermes_service::writer::Committed;

use super::receipts::committed_headers;
use crate::dto::RefundBody;
use crate::extract::IfMatch;
use crate::problem::{Problem, ProblemCode};

/// Parses the path parameter that identifies a refund.
///
/// # Errors
/// 404 if the text is not the number of a refund.
fn parse_refund_number(path: &str) -> Result<RefundNumber, Problem> {
    RefundNumber::parse(path).map_err(|_| {
        let detail = "There is no such refund. Use its number, like RFD-2026-000001.";
        Problem::new(ProblemCode::NotFound).with_detail(detail)
    })
}

/// Returns the refund in the path at the version in `If-Match`.
///
/// # Errors
/// 404 without such a refund, 428 without `If-Match`, 412 if it is not the ETag of any version.
fn parse_refund_target(path: &str, request: &HttpRequest) -> Result<RefundTarget, Problem> {
    let number = parse_refund_number(path)?;
    let expected_version = IfMatch::from_headers(request)?.required()?;
    Ok(RefundTarget { number, expected_version })
}

/// Builds the response to a command: the refund after the change.
///
/// # Errors
/// 500 if the outcome has no refund.
fn committed_refund(
    status: StatusCode,
    committed: &Committed<ReceiptOutcome>,
) -> Result<HttpResponse, Problem> {
    let ReceiptOutcome { receipt, refund: number, .. } = &committed.outcome;
    let refund = receipt.refunds.iter().find(|refund| Some(refund.number) == *number);
    let missing = || Problem::new(ProblemCode::Internal).caused_by("the outcome has no refund");
    let refund = refund.ok_or_else(missing)?;
    let location = format!("/api/refunds/{}", refund.number);
    let mut response = committed_headers(status, committed, refund.version, &location);
    Ok(response.json(RefundBody::new(receipt.number.to_string(), refund)))
}
