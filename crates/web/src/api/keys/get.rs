//! `GET /api/keys/{id}`

use actix_web::{HttpResponse, get, web};
use hermes_domain::ledger::Rejection;

use super::parse_key_id;
use crate::dto::KeyBody;
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Returns one API key, without its secrets.
#[utoipa::path(
    tag = "keys",
    params(("id" = String, Path, description = "The ID of the key.", pattern = "^[0-9A-HJKMNP-TV-Z]{10}$",
        example = "7S3C4M0Q2D")),
    responses((status = 200, description = "The key", body = KeyBody), ProblemResponses)
)]
#[get("/api/keys/{id}")]
pub async fn get_key(state: web::Data<AppState>, path: web::Path<String>) -> Result<HttpResponse, Problem> {
    let id = parse_key_id(&path)?;
    let table = state.keys.key_table().await?;
    let record = table.find(id).ok_or(Rejection::KeyNotFound(id))?;
    let last_use = state.keys.last_uses().await?.get(&id).copied();
    Ok(HttpResponse::Ok().json(KeyBody::new(record, last_use)))
}
