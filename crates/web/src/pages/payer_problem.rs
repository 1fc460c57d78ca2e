//! The page of a problem for payers: in their language, with what they can do.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use super::frame::Frame;
use super::locale::Locale;
use super::payment::unknown_link;
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Template)]
#[template(path = "payment/problem.html")]
struct PayerProblemPage<'a> {
    frame: &'a Frame<'a>,
    text: String,
    request_id: &'a str,
}

/// Returns whether a path belongs to the pages of payers.
pub(crate) fn is_payer_page(path: &str) -> bool {
    matches!(path, "/payment" | "/privacy" | "/accessibility") || path.starts_with("/payment/")
}

/// Renders a problem, with its status and headers. An unknown address is a link that has lost its end.
pub(crate) fn payer_problem_page(
    state: &AppState,
    request: &HttpRequest,
    problem: &Problem,
    request_id: &str,
) -> HttpResponse {
    let locale = Locale::of_request(request).without_query();
    let status = problem.code.status();
    if status == StatusCode::NOT_FOUND {
        return unknown_link(state, &locale);
    }
    let frame = Frame::without_switch(state, &locale);
    let text = match status {
        StatusCode::TOO_MANY_REQUESTS => frame.t.problem_rate(),
        StatusCode::SERVICE_UNAVAILABLE => frame.t.problem_unavailable(),
        _ => frame.t.problem_other(),
    };
    let template = PayerProblemPage { frame: &frame, text: text.to_string(), request_id };
    let (mut response, body) = locale.page(status, &template);
    problem.add_headers(&mut response);
    response.body(body)
}
