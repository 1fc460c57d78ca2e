//! `POST /api/refunds`

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post, web};
use hermes_domain::ledger::Command;

use super::committed_refund;
use crate::api::RequiredIdempotencyParameter;
use crate::api::receipts::find_receipt;
use crate::dto::{NewRefundBody, RefundBody};
use crate::extract::{CommandContext, JsonBody, RefundSubject, refund_from_json};
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Requests the refund of credit, or makes the excess of a payment due for a refund.
///
/// With `receipt`, the amount is reserved, and the refund waits for its approval. Money that is due for a refund is taken
/// first, and the refund then names its payment. An amount above the other credit must fit into one refund that is due;
/// request each of them by itself. With `booking`, the excess of the payment becomes credit that is due for a refund; a
/// second request then names the receipt.
#[utoipa::path(
    tag = "refunds",
    params(RequiredIdempotencyParameter),
    request_body = NewRefundBody,
    responses(
        (status = 201, description = "The refund", body = RefundBody,
            headers(("Location"), ("ETag"), ("Hermes-Version"), ("Idempotency-Replayed"))),
        ProblemResponses,
    )
)]
#[post("/api/refunds")]
pub async fn request_refund(
    state: web::Data<AppState>,
    context: CommandContext,
    body: JsonBody,
) -> Result<HttpResponse, Problem> {
    context.require_idempotency_key()?;
    let fields = context.admit(&body)?;
    let request = refund_from_json(fields)?;
    let currency = match &request.subject {
        RefundSubject::Receipt(number) => Some(find_receipt(&state, *number).await?.amount.currency()),
        RefundSubject::Booking(_) => None,
    };
    let command = request.into_command(currency)?;
    let committed = context.submit_receipt(Command::Refund(command)).await?;
    committed_refund(StatusCode::CREATED, &committed)
}
