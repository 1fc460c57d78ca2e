//! The dashboard for staff, and the metrics for Prometheus: port 8080.
//!
//! [`overview`] renders the whole page, so the page works without scripts. With scripts, `assets/dashboard.js` loads the
//! page again every few seconds and replaces the parts that changed.
//!
//! **Invariant:** the dashboard contains no page token. Only the payer can open a payment's own page.

mod filter;
pub(crate) mod overview;

use actix_web::dev::ResourceDef;
use actix_web::{HttpRequest, HttpResponse, web};

use crate::admin::metrics;
use crate::api::health;
use crate::problem::Problem;
use crate::{assets, pages};

/// The paths of the dashboard. All of them are read-only.
const PATHS: [&str; 6] = ["/", "/metrics", "/health/live", "/problems", "/problems/{code}", "/assets/{name}"];

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

/// Handles every request without a route: the path is unknown, or does not support the method.
async fn not_found(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let is_known = PATHS.iter().any(|pattern| ResourceDef::new(*pattern).is_match(request.path()));
    Err(Problem::unmatched(is_known.then(|| "GET, HEAD".to_owned())))
}
