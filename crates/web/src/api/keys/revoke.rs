//! `POST /api/keys/{id}/revoke`

use actix_web::{HttpResponse, post, web};
use hermes_domain::ledger::KeyCommand;

use super::parse_key_id;
use crate::cached_response::HERMES_VERSION;
use crate::dto::KeyBody;
use crate::extract::CommandContext;
use crate::problem::{Problem, ProblemResponses};

/// Revokes an API key for ever.
///
/// When the response arrives, no instance that reaches the database accepts the key. An instance without its database accepts
/// the key for at most `access.grace_s`.
#[utoipa::path(
    tag = "keys",
    params(("id" = String, Path, description = "The ID of the key.", pattern = "^[0-9A-HJKMNP-TV-Z]{10}$",
        example = "7S3C4M0Q2D")),
    responses(
        (status = 200, description = "The revoked key", body = KeyBody, headers(("Hermes-Version"))),
        ProblemResponses,
    )
)]
#[post("/api/keys/{id}/revoke")]
pub async fn revoke_key(context: CommandContext, path: web::Path<String>) -> Result<HttpResponse, Problem> {
    // A nearly full disk does not prevent a revocation. The ledger itself checks its admission.
    let committed = context.submit_key(KeyCommand::Revoke(parse_key_id(&path)?)).await?;
    let body = KeyBody::new(&committed.outcome.key, None);
    Ok(HttpResponse::Ok().insert_header((HERMES_VERSION, committed.head_seq)).json(body))
}
