//! `POST /api/matches/{id}/reject`

use actix_web::{HttpResponse, post, web};

use super::parse_match_id;
use crate::dto::MatchBody;
use crate::extract::CommandContext;
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Rejects a match. The receipt of its line does not change.
#[utoipa::path(
    tag = "statements",
    params(("id" = uuid::Uuid, Path, description = "The ID of the match.")),
    responses(
        (status = 200, description = "The rejected match", body = MatchBody),
        ProblemResponses,
    )
)]
#[post("/api/matches/{id}/reject")]
pub async fn reject_match(
    state: web::Data<AppState>,
    context: CommandContext,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    context.check_admission()?;
    let id = parse_match_id(&path)?;
    let decided = state.matches.reject(id, &context.origin().actor).await?;
    Ok(HttpResponse::Ok().json(MatchBody::from(&decided)))
}
