//! `POST /api/keys`

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, post, web};
use hermes_domain::access::ApiKey;
use hermes_domain::ledger::KeyCommand;

use super::secret_response;
use crate::dto::{CreatedKeyBody, NewKeyBody};
use crate::extract::{CommandContext, JsonBody, key_from_json};
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Creates an API key.
///
/// The response is the only one that contains the text of the key. If no response arrives, list the keys, revoke the one
/// with this name, and create another. The request takes no `Idempotency-Key`.
#[utoipa::path(
    tag = "keys",
    request_body = NewKeyBody,
    responses(
        (status = 201, description = "The new key with its text", body = CreatedKeyBody,
            headers(("Location"), ("Hermes-Version"))),
        ProblemResponses,
    )
)]
#[post("/api/keys")]
pub async fn create_key(
    state: web::Data<AppState>,
    context: CommandContext,
    body: JsonBody,
) -> Result<HttpResponse, Problem> {
    let fields = context.admit(&body)?;
    let key = ApiKey::generate(state.random_source.as_ref());
    let new = key_from_json(&key, fields)?;
    let committed = context.submit_key(KeyCommand::Create(new)).await?;
    Ok(secret_response(StatusCode::CREATED, &committed, &key))
}
