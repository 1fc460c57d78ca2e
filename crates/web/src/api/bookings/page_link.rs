//! `POST /api/bookings/{key}/page-link`

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post, web};
use hermes_domain::ledger::Command;

use super::{linked_response, parse_payment_key};
use crate::api::{BookingParameter, IdempotencyParameter, PathText};
use crate::dto::LinkedBookingBody;
use crate::extract::CommandContext;
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Renews the link of the payer's page.
///
/// All earlier links of the payment stop working.
#[utoipa::path(
    tag = "bookings",
    params(BookingParameter, IdempotencyParameter),
    responses(
        (status = 200, description = "The payment with its new link", body = LinkedBookingBody,
            headers(("ETag"), ("Hermes-Version"), ("Idempotency-Replayed"))),
        ProblemResponses,
    )
)]
#[post("/api/bookings/{key}/page-link")]
pub async fn renew_page_link(
    state: web::Data<AppState>,
    context: CommandContext,
    path: PathText,
) -> Result<HttpResponse, Problem> {
    context.check_admission()?;
    let key = parse_payment_key(&path)?;
    let committed = context.submit(Command::RenewPageLink(key)).await?;
    Ok(linked_response(StatusCode::OK, &committed, &state))
}
