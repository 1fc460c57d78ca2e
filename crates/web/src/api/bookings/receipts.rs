//! `GET` and `POST /api/bookings/{key}/receipts`

use actix_web::http::StatusCode;
use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use hermes_domain::ledger::{Command, NewAllocation, Rejection};
use hermes_domain::ports::{ReceiptFilter, reader_limits};

use super::parse_payment_key;
use crate::api::receipts::committed_receipt;
use crate::api::{BookingParameter, PathText, RequiredIdempotencyParameter};
use crate::dto::{BookingReceiptBody, ReceiptBody};
use crate::extract::{CommandContext, IfMatch, JsonBody, receipt_from_json};
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Lists the newest 1,000 receipts that are allocated to a payment or hold a refund of it, newest first.
#[utoipa::path(
    tag = "receipts",
    params(BookingParameter),
    responses((status = 200, description = "The receipts", body = Vec<ReceiptBody>), ProblemResponses)
)]
#[get("/api/bookings/{key}/receipts", wrap = "Compress::default()")]
pub async fn list_booking_receipts(
    state: web::Data<AppState>,
    path: PathText,
) -> Result<HttpResponse, Problem> {
    let key = parse_payment_key(&path)?;
    let payment = state.reader.find(&key).await?.ok_or(Rejection::NotFound(key))?;
    let filter = ReceiptFilter { payment: Some(payment.id), ..ReceiptFilter::default() };
    let receipts = state.receipts.list_receipts(&filter, None, reader_limits::PAGE_MAX).await?;
    let bodies: Vec<_> = receipts.iter().map(ReceiptBody::from).collect();
    Ok(HttpResponse::Ok().json(bodies))
}

/// Records money that arrived for a payment, and allocates it to the payment in the same step.
///
/// At most the outstanding amount is allocated. The rest is credit of the receipt.
#[utoipa::path(
    tag = "receipts",
    params(
        BookingParameter,
        ("If-Match" = Option<String>, Header, description = "The ETag of the payment, to record the money only if the payment has not changed.",
            pattern = "^(\\*|\"v[0-9]+\")$", example = "\"v1\""),
        RequiredIdempotencyParameter,
    ),
    request_body = BookingReceiptBody,
    responses(
        (status = 201, description = "The receipt", body = ReceiptBody,
            headers(("Location"), ("ETag"), ("Hermes-Version"), ("Idempotency-Replayed"))),
        ProblemResponses,
    )
)]
#[post("/api/bookings/{key}/receipts")]
pub async fn record_booking_receipt(
    context: CommandContext,
    request: HttpRequest,
    path: PathText,
    body: JsonBody,
) -> Result<HttpResponse, Problem> {
    context.require_idempotency_key()?;
    let fields = context.admit_receipt(&body)?;
    let payment = parse_payment_key(&path)?;
    let expected_version = IfMatch::from_headers(&request)?.optional();
    let allocation = NewAllocation { expected_version, ..NewAllocation::new(payment, None) };
    let command = receipt_from_json(fields, Some(allocation))?;
    let committed = context.submit_receipt(Command::Receipt(command)).await?;
    Ok(committed_receipt(StatusCode::CREATED, &committed))
}
