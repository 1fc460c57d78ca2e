//! `GET /api/bookings/{key}/audit`

use actix_web::http::header::CACHE_CONTROL;
use actix_web::middleware::Compress;
use actix_web::{HttpResponse, get, web};
use hermes_domain::ledger::Refusal;

use super::key_of;
use crate::problem::{Problem, ProblemBody};
use crate::state::AppState;
use crate::wire::AuditBody;

/// Every change of one booking, oldest first.
#[utoipa::path(
    tag = "bookings",
    params(("key" = String, Path, description = "id, reference or creditor reference", example = "REF001")),
    responses(
        (status = 200, description = "The changes", body = Vec<AuditBody>),
        (status = "4XX", description = "There is no such booking", body = ProblemBody, content_type = "application/problem+json"),
        (status = "5XX", description = "See the detail", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
#[get("/api/bookings/{key}/audit", wrap = "Compress::default()")]
pub async fn audit_booking(
    state: web::Data<AppState>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let key = key_of(&path)?;
    let payment = state.reader.find(&key).await?.ok_or(Refusal::NotFound(key))?;
    let entries = state.reader.audit_of(payment.id).await?;
    let bodies: Vec<_> = entries.iter().map(AuditBody::from).collect();
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-cache")).json(bodies))
}
