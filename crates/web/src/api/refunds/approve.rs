//! `POST /api/refunds/{number}/approve`

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, post};
use hermes_domain::ledger::{Command, RefundCommand};

use super::{committed_refund, parse_refund_target};
use crate::api::{PathText, RefundParameter, RequiredIdempotencyParameter, RequiredVersionParameter};
use crate::dto::RefundBody;
use crate::extract::CommandContext;
use crate::problem::{Problem, ProblemResponses};

/// Approves a requested refund, which can then be sent.
///
/// Above `refunds.second_person_above`, another key than the one that requested the refund must approve it.
#[utoipa::path(
    tag = "refunds",
    params(RefundParameter, RequiredVersionParameter, RequiredIdempotencyParameter),
    responses(
        (status = 200, description = "The approved refund", body = RefundBody,
            headers(("ETag"), ("Hermes-Version"), ("Idempotency-Replayed"))),
        ProblemResponses,
    )
)]
#[post("/api/refunds/{number}/approve")]
pub async fn approve_refund(
    context: CommandContext,
    request: HttpRequest,
    path: PathText,
) -> Result<HttpResponse, Problem> {
    context.require_idempotency_key()?;
    context.check_admission()?;
    let command = RefundCommand::Approve(parse_refund_target(&path, &request)?);
    let committed = context.submit_receipt(Command::Refund(command)).await?;
    committed_refund(StatusCode::OK, &committed)
}
