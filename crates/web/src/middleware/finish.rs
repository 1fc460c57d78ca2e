//! The frame around every request.

use std::time::Instant;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT, CONTENT_TYPE};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpRequest, HttpResponse, web};

use super::request_id::{HEADER, RequestId};
use super::security::Place;
use super::{metrics, security};
use crate::pages::problem_page;
use crate::problem::{Problem, ProblemCode};
use crate::state::AppState;

/// Names the request, answers problems in the caller's language, counts, logs, and adds the common headers.
///
/// # Errors
/// None of the endpoints': theirs become answers.
pub async fn finish(
    mut request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let started = Instant::now();
    let method = request.method().clone();
    if method == Method::HEAD {
        // Whoever can be got can be asked for its head: the server leaves the body out by itself.
        request.head_mut().method = Method::GET;
    }
    // Endpoints and extractors turn their errors into answers, so what is left here is a fault of actix itself.
    let mut response = next.call(request).await?;
    let id = RequestId::of(response.request());
    if went_wrong(response.response()) {
        response = with_problem(response, &id);
    }
    if response.status() != StatusCode::NOT_MODIFIED {
        // Whoever keeps the answer that has not changed keeps these with it.
        let place = Place::of(response.request().path());
        security::add_headers(place, response.headers_mut());
    }
    record(&method, &response, &id, started);
    response.headers_mut().insert(HEADER, id.into_header());
    Ok(response)
}

/// Whether an answer may have to be replaced.
fn went_wrong(response: &HttpResponse) -> bool {
    let status = response.status();
    response.error().is_some() || status.is_client_error() || status.is_server_error()
}

/// Replaces an error that is not a problem yet, and gives a problem its request id.
fn with_problem(response: ServiceResponse, id: &RequestId) -> ServiceResponse {
    let (request, response) = response.into_parts();
    let status = response.status();
    let answer = match response.error().and_then(Error::as_error::<Problem>) {
        Some(problem) => Some(answer(&request, problem, id)),
        None if needs_problem(&response) => {
            let problem = Problem::new(ProblemCode::from_status(status));
            let problem = match response.error() {
                Some(error) if status.is_server_error() => problem.caused_by(error),
                _ => problem,
            };
            Some(answer(&request, &problem, id))
        }
        None => None,
    };
    ServiceResponse::new(request, answer.unwrap_or(response))
}

/// Whether an answer says that something went wrong without saying what.
fn needs_problem(response: &HttpResponse) -> bool {
    let status = response.status();
    let has_type = response.headers().contains_key(CONTENT_TYPE);
    (status.is_client_error() || status.is_server_error()) && (response.error().is_some() || !has_type)
}

fn answer(request: &HttpRequest, problem: &Problem, id: &RequestId) -> HttpResponse {
    if let Some(cause) = problem.cause() {
        log::error!(
            request_id = id.as_str(), code = problem.code.as_str(), cause = cause;
            "{} {} failed: {cause}", request.method(), request.match_pattern().unwrap_or_default()
        );
    }
    if prefers_html(request) {
        return problem_page(problem, id.as_str());
    }
    let state = request.app_data::<web::Data<AppState>>();
    problem.response(state.and_then(|state| state.public_url.as_deref()), id.as_str())
}

/// Browsers that open a page get a page.
fn prefers_html(request: &HttpRequest) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let path = request.path();
    !path.starts_with("/api/") && !path.starts_with("/health") && accept.contains("text/html")
}

fn record(method: &Method, response: &ServiceResponse, id: &RequestId, started: Instant) {
    let elapsed = started.elapsed();
    // The pattern, never the path: paths have references and secrets in them.
    let pattern = response.request().match_pattern();
    let pattern = pattern.as_deref().unwrap_or("unmatched");
    let status = response.status();
    metrics::record(method, pattern, status, elapsed);
    log::debug!(
        target: "hermes::access",
        request_id = id.as_str(), status = status.as_u16(), micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
        "{method} {pattern} {}", status.as_u16()
    );
}
