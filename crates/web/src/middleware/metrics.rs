//! Request counts and durations by method, route and status class.
//!
//! Labels come from fixed sets, so callers cannot create new time series.

use std::time::Duration;

use actix_web::http::{Method, StatusCode};

/// Records one response.
pub(super) fn record(method: &Method, route: &str, status: StatusCode, elapsed: Duration) {
    let (method, route) = (known_method(method), route.to_owned());
    metrics::histogram!("hermes_http_request_seconds", "method" => method, "route" => route.clone())
        .record(elapsed);
    metrics::counter!(
        "hermes_http_requests_total", "method" => method, "route" => route, "status" => status_class(status)
    )
    .increment(1);
}

/// Returns the method as a label, for metrics and logs. Methods that no route accepts share one label.
pub(crate) fn known_method(method: &Method) -> &'static str {
    let known = ["GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"];
    known.into_iter().find(|known| method == known).unwrap_or("other")
}

fn status_class(status: StatusCode) -> &'static str {
    match status.as_u16() {
        200..=299 => "2xx",
        300..=399 => "3xx",
        400..=499 => "4xx",
        500..=599 => "5xx",
        _ => "1xx",
    }
}
