//! `POST /api/keys/{id}/rotate`

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post, web};
use hermes_domain::access::ApiKey;
use hermes_domain::ledger::{KeyCommand, KeyRotation};

use super::{parse_key_id, secret_response};
use crate::dto::CreatedKeyBody;
use crate::extract::CommandContext;
use crate::problem::{Problem, ProblemCode, ProblemResponses};
use crate::state::AppState;

/// Gives an API key a new secret.
///
/// The response is the only one that contains the new text. The earlier texts of the key remain valid for the days that
/// `access.rotation_days` sets, at most seven.
#[utoipa::path(
    tag = "keys",
    params(("id" = String, Path, description = "The ID of the key.", pattern = "^[0-9A-HJKMNP-TV-Z]{10}$",
        example = "7S3C4M0Q2D")),
    responses(
        (status = 200, description = "The key with its new text", body = CreatedKeyBody, headers(("Hermes-Version"))),
        ProblemResponses,
    )
)]
#[post("/api/keys/{id}/rotate")]
pub async fn rotate_key(
    state: web::Data<AppState>,
    context: CommandContext,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    context.check_admission()?;
    let key = ApiKey::with_new_secret(parse_key_id(&path)?, state.random_source.as_ref());
    // The configuration has checked the overlap.
    let rotation = KeyRotation::new(&key, state.key_overlap)
        .map_err(|error| Problem::new(ProblemCode::Internal).caused_by(error))?;
    let committed = context.submit_key(KeyCommand::Rotate(rotation)).await?;
    Ok(secret_response(StatusCode::OK, &committed, &key))
}
