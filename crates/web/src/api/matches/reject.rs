//! `POST /api/matches/{match}/reject`

use actix_web::{HttpResponse, post, web};

use super::parse_match_id;
use crate::dto::MatchBody;
use crate::extract::CommandContext;
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Rejects a match. The receipt of its line does not change.
#[utoipa::path(
    tag = "statements",
    params(("match" = String, Path, description = "The ID of the match.", pattern = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        example = "0198c0de-0000-7000-8000-000000000001")),
    responses(
        (status = 200, description = "The rejected match", body = MatchBody),
        ProblemResponses,
    )
)]
#[post("/api/matches/{match}/reject")]
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
