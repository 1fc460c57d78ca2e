//! `/api/statements`: imports of bank statements. One endpoint per file.

mod batch;
mod get;
mod import;
mod return_line;
mod undo;

pub use batch::book_batch_line;
pub use get::get_statement;
pub use import::import_statement;
pub use return_line::resolve_return_line;
pub use undo::undo_statement;

use actix_web::HttpResponse;
use hermes_domain::statement::ImportId;
use uuid::Uuid;

use crate::dto::StatementBody;
use crate::problem::{Problem, ProblemCode};
use crate::state::AppState;

/// Parses the path parameter that identifies an import.
///
/// # Errors
/// 404 if the text is not the id of an import.
fn parse_import_id(path: &str) -> Result<ImportId, Problem> {
    Uuid::try_parse(path).map(ImportId).map_err(|_| not_found())
}

fn not_found() -> Problem {
    Problem::new(ProblemCode::NotFound).with_detail("There is no such import of a statement.")
}

/// Builds a response with the state of an import.
///
/// # Errors
/// 404 if the import does not exist; 503 if the database is unavailable.
async fn respond_with_import(
    state: &AppState,
    id: ImportId,
    mut response: actix_web::HttpResponseBuilder,
) -> Result<HttpResponse, Problem> {
    let import = state.importer.find(id).await?.ok_or_else(not_found)?;
    let batches = state.importer.open_batches(id).await?;
    let returns = state.importer.open_returns(id).await?;
    Ok(response.json(StatementBody::new(&import, &batches, &returns)))
}
