//! `GET /metrics`: the metrics of this process, for Prometheus.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::middleware::Compress;
use actix_web::{HttpResponse, get, web};
use hermes_domain::ports::PoolStatus;

use crate::state::AppState;

/// The media type of the Prometheus text format.
const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Returns the metrics. Those of the pools and of the cache are read now, all others are recorded as events happen.
#[get("/metrics", wrap = "Compress::default()")]
pub async fn get_metrics(state: web::Data<AppState>) -> HttpResponse {
    state.reads.stats().publish();
    for (pool, status) in state.pools.iter().flat_map(|pooled| pooled.pools()) {
        record(pool, status);
    }
    HttpResponse::Ok()
        .content_type(MEDIA_TYPE)
        .insert_header((CACHE_CONTROL, "no-store"))
        .body((state.metrics_text)())
}

fn record(pool: &'static str, status: PoolStatus) {
    let connections =
        [("max", status.max), ("size", status.size), ("idle", status.idle), ("in_use", status.in_use)];
    for (kind, count) in connections {
        metrics::gauge!("hermes_pool_connections", "pool" => pool, "state" => kind).set(gauge(count));
    }
    metrics::gauge!("hermes_pool_waiting", "pool" => pool).set(gauge(status.waiting));
}

/// Converts a count to the value of a gauge.
fn gauge(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}
