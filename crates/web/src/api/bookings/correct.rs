//! `PATCH /api/bookings/{key}`

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, patch, web};
use hermes_domain::ledger::Command;

use super::{IdempotencyParameter, committed_response, parse_payment_key};
use crate::dto::{AmountInput, BookingBody};
use crate::extract::{CommandContext, IfMatch, JsonBody, correction_from_json};
use crate::problem::{Problem, ProblemResponses};

/// Corrects a payment.
#[utoipa::path(
    tag = "bookings",
    params(
        ("key" = String, Path, description = "The ID, reference or creditor reference of the payment.",
            pattern = "^[0-9A-Za-z-]{6,36}$", example = "REF001"),
        ("If-Match" = String, Header, description = "The ETag of the payment that the caller has read, or `*`.",
            pattern = "^(\\*|\"v[0-9]+\")$", example = "\"v1\""),
        IdempotencyParameter,
    ),
    request_body = CorrectionBody,
    responses(
        (status = 200, description = "The payment after the correction", body = BookingBody,
            headers(("ETag"), ("Hermes-Version"), ("Idempotency-Replayed"))),
        ProblemResponses,
    )
)]
#[patch("/api/bookings/{key}")]
pub async fn correct_booking(
    context: CommandContext,
    request: HttpRequest,
    path: web::Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, Problem> {
    let fields = context.admit(&body)?;
    let key = parse_payment_key(&path)?;
    let correction = correction_from_json(key, IfMatch::from_headers(&request)?.required()?, fields)?;
    let committed = context.submit(Command::Correct(correction)).await?;
    Ok(committed_response(StatusCode::OK, &committed))
}

/// The fields to correct. A missing field is unchanged; null clears an optional field.
#[derive(utoipa::ToSchema)]
#[schema(as = Correction)]
#[expect(
    dead_code,
    reason = "documents the body, which is parsed field by field to report every error at once"
)]
pub struct CorrectionBody {
    /// The payer's name.
    #[schema(example = "Ana Ruiz", max_length = 200)]
    name: Option<String>,
    /// The payer's email address.
    #[schema(example = "ana@example.org", max_length = 254)]
    email: Option<String>,
    /// The school.
    #[schema(example = "Harvard", max_length = 200, nullable)]
    school: Option<String>,
    /// The student ID at the school.
    #[schema(example = "HRV002", max_length = 64, nullable)]
    student_id: Option<String>,
    /// The postal address of the sender.
    #[schema(example = "123 Test St", max_length = 500, nullable)]
    sender_address: Option<String>,
    /// The amount. It can change only while nothing has been received.
    #[schema(value_type = Option<AmountInput>)]
    amount: Option<String>,
    /// The reason, for the audit log.
    #[schema(example = "typing error", max_length = 500, nullable)]
    reason: Option<String>,
}
