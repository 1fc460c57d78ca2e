//! `GET /api/matches`

use actix_web::http::header::LINK;
use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::DateTime;
use hermes_domain::ports::{MatchFilter, MatchPosition, reader_limits};
use hermes_domain::statement::{ImportId, MatchId, MatchState};
use hermes_domain::{FieldError, ValidationCode};
use uuid::Uuid;

use crate::dto::{MatchBody, MatchStateName};
use crate::extract::{parse_parameters, parse_whole_number, unknown_parameter};
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Lists matches, oldest first.
///
/// The `Link` header leads to the next page. The last page has no `Link` header.
#[utoipa::path(
    tag = "statements",
    params(
        ("state" = Option<MatchStateName>, Query, description = "Only matches of this state.", example = "proposed"),
        ("statement" = Option<String>, Query, description = "Only matches of this import.", pattern = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$",
            example = "0198c0de-0000-7000-8000-000000000001"),
        ("limit" = Option<u64>, Query, description = "The most matches in the response. The default is 100.",
            minimum = 1, maximum = 1000, example = 100),
        ("cursor" = Option<String>, Query, description = "The cursor of a Link header of this list.",
            pattern = "^m[0-9]{1,18}-[0-9a-f-]{36}$", example = "m1796000000000000-0198c0de-0000-8000-8000-000000000000"),
    ),
    responses(
        (status = 200, description = "The matches", body = Vec<MatchBody>, headers(("Link"))),
        ProblemResponses,
    )
)]
#[get("/api/matches", wrap = "Compress::default()")]
pub async fn list_matches(state: web::Data<AppState>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let (filter, limit) = parse_query(request.query_string())?;
    // One more than asked for, to see whether a page follows.
    let mut matches = state.matches.list(&filter, limit.saturating_add(1)).await?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let has_next = matches.len() > limit;
    matches.truncate(limit);
    let mut response = HttpResponse::Ok();
    if let Some(last) = matches.last().filter(|_| has_next) {
        let position = MatchPosition { created_at: last.proposal.created_at, id: last.proposal.id };
        let next = next_query(request.query_string(), &position);
        response.insert_header((LINK, format!("<{}?{next}>; rel=\"next\"", request.path())));
    }
    let bodies: Vec<_> = matches.iter().map(MatchBody::from).collect();
    Ok(response.json(bodies))
}

fn parse_query(query: &str) -> Result<(MatchFilter, u64), Problem> {
    let (mut filter, mut limit) = (MatchFilter::default(), reader_limits::PAGE_DEFAULT);
    parse_parameters(query, |name, value| {
        match name {
            "limit" => limit = parse_whole_number(name, value, 1..=reader_limits::PAGE_MAX)?,
            "cursor" => filter.after = Some(parse_cursor(value)?),
            "state" => filter.state = Some(parse_state(value)?),
            "statement" => filter.import = Some(parse_import(value)?),
            _ => return Err(unknown_parameter(name)),
        }
        Ok(())
    })?;
    Ok((filter, limit))
}

fn parse_state(value: &str) -> Result<MatchState, FieldError> {
    let states = MatchState::ALL.map(MatchState::as_str).join(", ");
    let error = |_| FieldError::new("state", ValidationCode::NotAChoice, format!("Choose one of {states}"));
    value.parse().map_err(error)
}

fn parse_import(value: &str) -> Result<ImportId, FieldError> {
    let error = |_| FieldError::new("statement", ValidationCode::NotAChoice, "Send the ID of an import");
    Uuid::try_parse(value).map(ImportId).map_err(error)
}

fn parse_cursor(value: &str) -> Result<MatchPosition, FieldError> {
    let parts = value.strip_prefix('m').and_then(|value| value.split_once('-'));
    let position = parts.and_then(|(micros, id)| {
        let created_at = DateTime::from_timestamp_micros(micros.parse().ok()?)?;
        Some(MatchPosition { created_at, id: MatchId(Uuid::try_parse(id).ok()?) })
    });
    position.ok_or_else(|| {
        FieldError::new("cursor", ValidationCode::NotAChoice, "Use the cursor of a Link header of this list")
    })
}

/// Returns the query of the page after a position: the parameters of this page with another cursor.
fn next_query(query: &str, position: &MatchPosition) -> String {
    let parameters = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
    let cursor = format!("cursor=m{}-{}", position.created_at.timestamp_micros(), position.id);
    parameters.map(str::to_owned).chain([cursor]).collect::<Vec<_>>().join("&")
}
