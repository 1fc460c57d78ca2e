//! `POST /api/statements`

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, post, web};
use hermes_domain::{FieldError, ValidationCode};
use hermes_service::statements::{FileOptions, StatementFile};

use super::respond_with_import;
use crate::dto::{DryRunBody, StatementBody};
use crate::extract::{CommandContext, SpooledBody, parse_parameters};
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// The name of a file whose request gives none.
const DEFAULT_NAME: &str = "statement";
/// The longest name of a file, profile or account, in characters.
const MAX_NAME_CHARS: usize = 255;

/// The query of the request.
#[derive(Debug, Default)]
struct ImportQuery {
    dry_run: bool,
    name: Option<String>,
    options: FileOptions,
}

/// Imports a bank statement: camt.053, camt.054, MT940, CSV with a profile, or a ZIP of camt files.
///
/// The body is the file. The whole file is checked before the response. Its lines are then booked in the background; the
/// address in `Location` shows the progress. Every line is booked once, so a file can be sent again.
#[utoipa::path(
    tag = "statements",
    params(
        ("dry_run" = Option<String>, Query, description = "Whether to store nothing and return what the import would do.",
            pattern = "^(true|false)$", example = "true"),
        ("name" = Option<String>, Query, description = "The name of the file, for people.", max_length = 255, example = "november.xml"),
        ("profile" = Option<String>, Query, description = "The profile of a CSV file.", max_length = 255, example = "example-semicolon"),
        ("account" = Option<String>, Query, description = "The account of a CSV file that does not name it.", max_length = 255,
            example = "DE02120300000000202051"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The file."),
    responses(
        (status = 200, description = "What the import would do", body = DryRunBody),
        (status = 202, description = "The import, which continues in the background", body = StatementBody, headers(("Location"))),
        ProblemResponses,
    )
)]
#[post("/api/statements")]
pub async fn import_statement(
    state: web::Data<AppState>,
    context: CommandContext,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let query = parse_query(request.query_string())?;
    context.check_admission()?;
    let importer = &state.importer;
    let body = SpooledBody::receive(importer.upload_path(), payload, importer.max_bytes()).await?;
    if query.dry_run {
        let report = importer.dry_run(body.path(), &query.options).await?;
        return Ok(HttpResponse::Ok().json(DryRunBody::from(&report)));
    }
    let file = StatementFile {
        path: body.path().to_owned(),
        name: query.name.unwrap_or_else(|| DEFAULT_NAME.to_owned()),
        options: query.options,
        actor: context.origin().actor.clone(),
    };
    let id = importer.accept(file).await?;
    let mut response = HttpResponse::Accepted();
    response.insert_header((LOCATION, format!("/api/statements/{id}")));
    respond_with_import(&state, id, response).await
}

fn parse_query(query: &str) -> Result<ImportQuery, Problem> {
    let mut parsed = ImportQuery::default();
    parse_parameters(query, |name, value| {
        match name {
            "dry_run" => parsed.dry_run = parse_bool(name, value)?,
            "name" => parsed.name = Some(parse_name(name, value)?),
            "profile" => parsed.options.csv_profile = Some(parse_name(name, value)?),
            "account" => parsed.options.csv_account = Some(parse_name(name, value)?),
            _ => return Err(crate::extract::unknown_parameter(name)),
        }
        Ok(())
    })?;
    Ok(parsed)
}

fn parse_bool(name: &str, value: &str) -> Result<bool, FieldError> {
    value.parse().map_err(|_| FieldError::new(name, ValidationCode::NotAChoice, "Choose true or false"))
}

fn parse_name(name: &str, value: &str) -> Result<String, FieldError> {
    if value.is_empty() || value.chars().count() > MAX_NAME_CHARS || value.chars().any(char::is_control) {
        let detail = format!("Send 1 to {MAX_NAME_CHARS} visible characters");
        return Err(FieldError::new(name, ValidationCode::NotAChoice, detail));
    }
    Ok(value.to_owned())
}
