//! `POST /api/statements/{import}/undo`

use actix_web::{HttpResponse, post, web};

use super::{parse_import_id, respond_with_import};
use crate::dto::{ReasonBody, StatementBody};
use crate::extract::{CommandContext, JsonBody, reason_from_json};
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Undoes an import: reverses its receipts, so that the file can be imported again.
///
/// The receipts are reversed in the background. A receipt whose money was refunded remains.
#[utoipa::path(
    tag = "statements",
    params(("import" = String, Path, description = "The ID of the import.", pattern = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
        example = "0198c0de-0000-7000-8000-000000000001")),
    request_body = ReasonBody,
    responses(
        (status = 202, description = "The import, whose receipts are being reversed", body = StatementBody),
        ProblemResponses,
    )
)]
#[post("/api/statements/{import}/undo")]
pub async fn undo_statement(
    state: web::Data<AppState>,
    context: CommandContext,
    path: web::Path<String>,
    body: JsonBody,
) -> Result<HttpResponse, Problem> {
    let reason = reason_from_json(context.admit(&body)?)?;
    let id = parse_import_id(&path)?;
    state.importer.begin_undo(id, &context.origin().actor, &reason).await?;
    respond_with_import(&state, id, HttpResponse::Accepted()).await
}
