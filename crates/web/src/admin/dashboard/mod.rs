//! The dashboard: port 8080, for finance staff and for whoever watches the machine.
//!
//! [`overview`] is the page: [`tiles`] over all payments, [`filter`] and [`row`]s of some. It renders whole; the
//! script in `assets/dashboard.js` only fetches it again and swaps what has changed, so that without a script
//! the same page works. [`metrics`] is for Prometheus.
//!
//! **Invariant:** the dashboard shows no page token: staff see a payment here, its payer's page is the payer's.

mod filter;
mod overview;
mod row;
mod tiles;

use actix_web::dev::ResourceDef;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::admin::metrics;
use crate::api::health;
use crate::problem::Problem;
use crate::{assets, pages};

/// The addresses of the dashboard; every one is only read.
const ADDRESSES: [&str; 6] =
    ["/", "/metrics", "/health/live", "/problems", "/problems/{code}", "/assets/{name}"];

/// Adds every route of the dashboard.
pub fn configure(config: &mut web::ServiceConfig) {
    config
        .service(overview::overview)
        .service(metrics::get_metrics)
        .service(health::live)
        .service(pages::problem_list)
        .service(pages::problem_of_code)
        .service(assets::asset)
        .default_service(web::to(not_found));
}

/// No route took the request: the address is unknown, or it is only read.
async fn not_found(request: HttpRequest) -> Result<HttpResponse, Problem> {
    Err(Problem::unmatched(methods_of(request.path())))
}

fn methods_of(path: &str) -> Option<String> {
    let known = ADDRESSES.iter().any(|pattern| ResourceDef::new(*pattern).is_match(path));
    known.then(|| "GET, HEAD".to_owned())
}
