//! `GET /api/statements/{id}`

use actix_web::{HttpResponse, get, web};

use super::{parse_import_id, respond_with_import};
use crate::dto::StatementBody;
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Returns the state of an import, with the counts of its lines.
#[utoipa::path(
    tag = "statements",
    params(("id" = uuid::Uuid, Path, description = "The ID of the import.")),
    responses(
        (status = 200, description = "The import", body = StatementBody),
        ProblemResponses,
    )
)]
#[get("/api/statements/{id}")]
pub async fn get_statement(
    state: web::Data<AppState>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    respond_with_import(&state, parse_import_id(&path)?, HttpResponse::Ok()).await
}
