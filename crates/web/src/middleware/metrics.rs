//! How many requests there were and how long they took, by method, route and class of status.
//!
//! A figure is found by its name and labels once in each thread; afterwards counting is an addition. There are as
//! many figures as routes, methods and classes, whatever callers send.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use metrics::{Counter, Histogram};

thread_local! {
    static ROUTES: RefCell<HashMap<String, Vec<RouteMetrics>>> = RefCell::default();
}

/// The figures of one method on one route.
struct RouteMetrics {
    method: &'static str,
    seconds: Histogram,
    answers: Vec<(&'static str, Counter)>,
}

/// CacheStats an answer.
pub(super) fn record(method: &Method, route: &str, status: StatusCode, elapsed: Duration) {
    let (method, class) = (known_method(method), status_class(status));
    ROUTES.with_borrow_mut(|routes| {
        let figures = match routes.get_mut(route) {
            Some(figures) => figures,
            None => routes.entry(route.to_owned()).or_default(),
        };
        let figures =
            find_or_push(figures, |known| known.method == method, || RouteMetrics::new(method, route));
        figures.seconds.record(elapsed);
        let (_, answers) = find_or_push(
            &mut figures.answers,
            |(known, _)| *known == class,
            || (class, counter(method, route, class)),
        );
        answers.increment(1);
    });
}

impl RouteMetrics {
    fn new(method: &'static str, route: &str) -> Self {
        let labels = [("method", method.to_owned()), ("route", route.to_owned())];
        Self {
            method,
            seconds: metrics::histogram!("hermes_http_request_seconds", &labels),
            answers: Vec::new(),
        }
    }
}

fn counter(method: &'static str, route: &str, class: &'static str) -> Counter {
    metrics::counter!("hermes_http_requests_total", "method" => method, "route" => route.to_owned(), "status" => class)
}

/// The first that is meant; a new one at the end when there is none.
fn find_or_push<T>(all: &mut Vec<T>, is_meant: impl Fn(&T) -> bool, new: impl FnOnce() -> T) -> &mut T {
    let index = all.iter().position(is_meant).unwrap_or_else(|| {
        all.push(new());
        all.len() - 1
    });
    #[expect(clippy::indexing_slicing, reason = "the position was found, or just made")]
    &mut all[index]
}

/// The method as a label: a caller cannot make up new ones.
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
