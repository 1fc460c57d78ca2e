//! `GET /api/keys`

use actix_web::{HttpResponse, get, web};

use crate::dto::KeyBody;
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Lists all API keys without their secrets, oldest first, including revoked and expired ones.
#[utoipa::path(
    tag = "keys",
    responses((status = 200, description = "The keys", body = Vec<KeyBody>), ProblemResponses)
)]
#[get("/api/keys")]
pub async fn list_keys(state: web::Data<AppState>) -> Result<HttpResponse, Problem> {
    let records = state.keys.key_table().await?.records();
    let last_uses = state.keys.last_uses().await?;
    let bodies: Vec<KeyBody> =
        records.iter().map(|record| KeyBody::new(record, last_uses.get(&record.id).copied())).collect();
    Ok(HttpResponse::Ok().json(bodies))
}
