//! `GET /api/statements/{import}`

use actix_web::{HttpResponse, get, web};

use super::{parse_import_id, respond_with_import};
use crate::dto::StatementBody;
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Returns the state of an import, with the counts of its lines.
#[utoipa::path(
    tag = "statements",
    params(("import" = String, Path, description = "The ID of the import.", pattern = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        example = "0198c0de-0000-7000-8000-000000000001")),
    responses(
        (status = 200, description = "The import", body = StatementBody),
        ProblemResponses,
    )
)]
#[get("/api/statements/{import}")]
pub async fn get_statement(
    state: web::Data<AppState>,
    path: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    respond_with_import(&state, parse_import_id(&path)?, HttpResponse::Ok()).await
}
