//! Renders errors: as a page for browsers, as problem details for programs.

use actix_web::dev::ServiceResponse;
use actix_web::http::header::{ACCEPT, CONTENT_TYPE};
use actix_web::{Error, HttpRequest, HttpResponse, web};

use super::known_method;
use crate::extract::{RequestId, trace_id};
use crate::pages::{is_payer_page, payer_problem_page, problem_page};
use crate::problem::{Problem, ProblemCode};
use crate::state::AppState;

/// Renders an error with the request id. Returns any other response unchanged.
pub(super) fn render_error(response: ServiceResponse, id: &RequestId) -> ServiceResponse {
    if !is_error(response.response()) {
        return response;
    }
    let (request, response) = response.into_parts();
    let response = match response.error().and_then(Error::as_error::<Problem>) {
        Some(problem) => render(&request, problem, id),
        None if lacks_explanation(&response) => render(&request, &problem_of(&response), id),
        None => response,
    };
    ServiceResponse::new(request, response)
}

fn is_error(response: &HttpResponse) -> bool {
    let status = response.status();
    response.error().is_some() || status.is_client_error() || status.is_server_error()
}

/// Returns whether a library produced the error response, which then has a status but no body that explains it.
fn lacks_explanation(response: &HttpResponse) -> bool {
    response.error().is_some() || !response.headers().contains_key(CONTENT_TYPE)
}

fn problem_of(response: &HttpResponse) -> Problem {
    let status = response.status();
    let problem = Problem::new(ProblemCode::from_status(status));
    match response.error() {
        Some(error) if status.is_server_error() => problem.caused_by(error),
        _ => problem,
    }
}

fn render(request: &HttpRequest, problem: &Problem, id: &RequestId) -> HttpResponse {
    if let Some(cause) = problem.cause() {
        log::error!(
            request_id = id.as_str(), trace_id = trace_id(request.headers()), code = problem.code.as_str(), cause = cause;
            "{} {} failed: {cause}", known_method(request.method()), request.match_pattern().unwrap_or_default()
        );
    }
    let state = request.app_data::<web::Data<AppState>>();
    if prefers_html(request) {
        return match state.filter(|_| is_payer_page(request.path())) {
            Some(state) => payer_problem_page(state, request, problem, id.as_str()),
            None => problem_page(problem, id.as_str()),
        };
    }
    problem.response(state.and_then(|state| state.public_url.as_deref()), id.as_str())
}

/// Returns whether the request is for a page and comes from a browser.
fn prefers_html(request: &HttpRequest) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let path = request.path();
    !path.starts_with("/api/") && !path.starts_with("/health") && accept.contains("text/html")
}
