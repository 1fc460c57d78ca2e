//! `POST /api/statements`

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, post, web};
use hermes_domain::{FieldError, ValidationCode};
use hermes_service::statements::{FileOptions, StatementFile};

use super::respond_with_import;
use crate::dto::{DryRunBody, StatementBody, StatementForm};
use crate::extract::{CommandContext, SpooledBody, parse_parameters};
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// The name of a file whose request gives none.
const DEFAULT_NAME: &str = "statement";
/// The longest name of a file, in characters.
const MAX_NAME_CHARS: usize = 255;
/// The longest name of a profile and number of an account, in characters.
const MAX_ACCOUNT_CHARS: usize = 64;

/// The query of the request.
#[derive(Debug, Default)]
struct ImportQuery {
    dry_run: bool,
    name: Option<String>,
    options: FileOptions,
}

/// Imports a bank statement: camt.053, camt.054, MT940, CSV with a profile, or a ZIP of camt files.
///
/// The body is the file, or a form (`multipart/form-data`) whose only part is the file, with the name `file`. The whole file
/// is checked before the response. Its lines are then booked in the background; the address in `Location` shows the progress.
/// Every line is booked once, so a file can be sent again.
///
/// The body must arrive at 64 KiB a second, apart from 10 s.
#[utoipa::path(
    tag = "statements",
    params(
        ("dry_run" = Option<String>, Query, description = "Whether to store nothing and return what the import would do.",
            pattern = "^(true|false)$", example = "true"),
        ("name" = Option<String>, Query, description = "The name of the file, for people. The default is its name in the form.", max_length = 255, example = "november.xml"),
        ("profile" = Option<String>, Query, description = "The profile of a CSV file.", max_length = 64, example = "example-semicolon"),
        ("account" = Option<String>, Query, description = "The account of a CSV file that does not name it.", max_length = 64,
            example = "DE02120300000000202051"),
    ),
    request_body(
        content((Vec<u8> = "application/octet-stream"), (StatementForm = "multipart/form-data")),
        description = "The file, alone or in a form.",
    ),
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
    let mut body =
        SpooledBody::receive(importer.upload_path(), &request, payload, importer.max_bytes()).await?;
    if query.dry_run {
        let report = importer.dry_run(body.path(), &query.options).await?;
        return Ok(HttpResponse::Ok().json(DryRunBody::from(&report)));
    }
    let file = StatementFile {
        path: body.path().to_owned(),
        name: query.name.or(body.file_name.take()).unwrap_or_else(|| DEFAULT_NAME.to_owned()),
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
            "name" => parsed.name = Some(parse_text(name, value, MAX_NAME_CHARS)?),
            "profile" => parsed.options.csv_profile = Some(parse_text(name, value, MAX_ACCOUNT_CHARS)?),
            "account" => parsed.options.csv_account = Some(parse_text(name, value, MAX_ACCOUNT_CHARS)?),
            _ => return Err(crate::extract::unknown_parameter(name)),
        }
        Ok(())
    })?;
    Ok(parsed)
}

fn parse_bool(name: &str, value: &str) -> Result<bool, FieldError> {
    value.parse().map_err(|_| FieldError::new(name, ValidationCode::NotAChoice, "Choose true or false"))
}

fn parse_text(name: &str, value: &str, max_chars: usize) -> Result<String, FieldError> {
    if value.is_empty() || value.chars().count() > max_chars || value.chars().any(char::is_control) {
        let detail = format!("Send 1 to {max_chars} visible characters");
        return Err(FieldError::new(name, ValidationCode::NotAChoice, detail));
    }
    Ok(value.to_owned())
}
