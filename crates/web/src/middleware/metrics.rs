//! Request counts and durations by method, route and status class.
//!
//! Each thread looks up a counter or histogram in the registry once, and then reuses its handle. Without the cached
//! handles, every request would allocate the labels and hash them twice. Labels come from fixed sets, so callers
//! cannot create new time series.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use metrics::{Counter, Histogram};

thread_local! {
    static ROUTES: RefCell<HashMap<String, Vec<RouteMetrics>>> = RefCell::default();
}

/// The handles for one method on one route.
struct RouteMetrics {
    method: &'static str,
    seconds: Histogram,
    by_status_class: Vec<(&'static str, Counter)>,
}

/// Records one response.
pub(super) fn record(method: &Method, route: &str, status: StatusCode, elapsed: Duration) {
    let (method, class) = (known_method(method), status_class(status));
    ROUTES.with_borrow_mut(|routes| {
        let methods = match routes.get_mut(route) {
            Some(methods) => methods,
            None => routes.entry(route.to_owned()).or_default(),
        };
        let metrics =
            find_or_push(methods, |known| known.method == method, || RouteMetrics::new(method, route));
        metrics.seconds.record(elapsed);
        let (_, count) = find_or_push(
            &mut metrics.by_status_class,
            |(known, _)| *known == class,
            || (class, counter(method, route, class)),
        );
        count.increment(1);
    });
}

impl RouteMetrics {
    fn new(method: &'static str, route: &str) -> Self {
        let labels = [("method", method.to_owned()), ("route", route.to_owned())];
        Self {
            method,
            seconds: metrics::histogram!("hermes_http_request_seconds", &labels),
            by_status_class: Vec::new(),
        }
    }
}

fn counter(method: &'static str, route: &str, class: &'static str) -> Counter {
    metrics::counter!("hermes_http_requests_total", "method" => method, "route" => route.to_owned(), "status" => class)
}

/// Returns the first item that matches. If there is none, appends a new one.
fn find_or_push<T>(items: &mut Vec<T>, matches: impl Fn(&T) -> bool, new: impl FnOnce() -> T) -> &mut T {
    let index = items.iter().position(matches).unwrap_or_else(|| {
        items.push(new());
        items.len() - 1
    });
    #[expect(clippy::indexing_slicing, reason = "the index was found or just created")]
    &mut items[index]
}

/// Returns the method as a label. Methods that no route accepts share one label.
fn known_method(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PATCH" => "PATCH",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
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
