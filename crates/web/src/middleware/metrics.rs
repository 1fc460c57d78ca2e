//! Request counts and durations by method, route and status class.
//!
//! Each thread looks up its counters and histograms in the registry once, and then reuses the handles. Without the
//! cached handles, every request would allocate the labels and hash them twice. Labels come from fixed sets, so callers
//! cannot create new time series.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use metrics::{Counter, Histogram};

thread_local! {
    static ROUTES: RefCell<HashMap<String, Vec<Handles>>> = RefCell::default();
}

/// The handles for one method and status class of a route.
struct Handles {
    method: &'static str,
    class: &'static str,
    seconds: Histogram,
    count: Counter,
}

/// Records one response.
pub(super) fn record(method: &Method, route: &str, status: StatusCode, elapsed: Duration) {
    let (method, class) = (known_method(method), status_class(status));
    ROUTES.with_borrow_mut(|routes| {
        let is_wanted = |handles: &&Handles| handles.method == method && handles.class == class;
        if let Some(handles) = routes.get(route).and_then(|all| all.iter().find(is_wanted)) {
            handles.record(elapsed);
        } else {
            let handles = Handles::new(method, route, class);
            handles.record(elapsed);
            routes.entry(route.to_owned()).or_default().push(handles);
        }
    });
}

impl Handles {
    fn new(method: &'static str, route: &str, class: &'static str) -> Self {
        let route = route.to_owned();
        Self {
            method,
            class,
            seconds: metrics::histogram!("hermes_http_request_seconds", "method" => method, "route" => route.clone()),
            count: metrics::counter!("hermes_http_requests_total", "method" => method, "route" => route, "status" => class),
        }
    }

    fn record(&self, elapsed: Duration) {
        self.seconds.record(elapsed);
        self.count.increment(1);
    }
}

/// Returns the method as a label. Methods that no route accepts share one label.
fn known_method(method: &Method) -> &'static str {
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
