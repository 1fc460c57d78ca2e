//! `POST /api/statements/{import}/lines/{line}/reversal`

use actix_web::{HttpResponse, post, web};

use super::{not_found, parse_import_id, respond_with_import};
use crate::dto::{ReturnBody, StatementBody};
use crate::extract::{CommandContext, JsonBody, return_from_json};
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Says which receipt a returned transfer reverses.
///
/// `open_returns` of the import lists the transfers that the bank returned and that fit no receipt, or several, or one that
/// cannot be reversed, for example because its money is being refunded. The receipt must be of a statement line with the same
/// account and amount; it is reversed. Without `receipt`, the line is closed and nothing else changes. If the receipt cannot be
/// reversed, the response is 409.
/// Repeating the request changes nothing.
#[utoipa::path(
    tag = "statements",
    params(
        ("import" = String, Path, description = "The ID of the import.", pattern = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
            example = "0198c0de-0000-7000-8000-000000000001"),
        ("line" = i64, Path, description = "The number of the line in the file.", minimum = 1, example = 12),
    ),
    request_body = ReturnBody,
    responses((status = 200, description = "The import", body = StatementBody), ProblemResponses)
)]
#[post("/api/statements/{import}/lines/{line}/reversal")]
pub async fn resolve_return_line(
    state: web::Data<AppState>,
    context: CommandContext,
    path: web::Path<(String, String)>,
    body: JsonBody,
) -> Result<HttpResponse, Problem> {
    let (receipt, reason) = return_from_json(context.admit(&body)?)?;
    let (import, line) = path.into_inner();
    let line: i64 = line.parse().map_err(|_| not_found())?;
    let import = parse_import_id(&import)?;
    state.importer.resolve_return(import, line, receipt, context.origin().clone(), &reason).await?;
    respond_with_import(&state, import, HttpResponse::Ok()).await
}
