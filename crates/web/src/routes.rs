//! The portal: the route table of port 9292.

use std::sync::LazyLock;

use actix_web::middleware::Compress;
use actix_web::{App, HttpRequest, HttpResponse, get, web};
use utoipa::OpenApi;
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::admin::cache;
use crate::api::{bookings, events, health, stats};
use crate::problem::Problem;
use crate::{assets, pages};

/// The document's own words.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hermes",
        description = "Book tuition and invoice payments, and follow what becomes of them.\n\nAmounts are decimal \
                       strings; errors are RFC 9457 problem details whose `type` leads to their documentation; every \
                       answer has an `X-Request-Id`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    tags(
        (name = "bookings", description = "Booking payments and following them"),
        (name = "events", description = "What happened, in order"),
        (name = "figures", description = "Sums and the cache"),
        (name = "health", description = "Whether Hermes is well"),
    )
)]
struct Document;

/// The endpoints that the OpenAPI document describes.
fn api(config: &mut ServiceConfig<'_>) {
    config
        .service(bookings::list_bookings)
        .service(bookings::create_booking)
        .service(bookings::get_booking)
        .service(bookings::correct_booking)
        .service(bookings::cancel_booking)
        .service(bookings::audit_booking)
        .service(events::list_events)
        .service(stats::get_stats)
        .service(cache::cache_status)
        .service(cache::warm_cache)
        .service(health::live)
        .service(health::ready)
        .service(health::health);
}

/// The OpenAPI 3.1 document.
pub fn openapi() -> &'static utoipa::openapi::OpenApi {
    static DOCUMENT: LazyLock<utoipa::openapi::OpenApi> = LazyLock::new(|| {
        App::new().into_utoipa_app().openapi(Document::openapi()).configure(api).split_for_parts().1
    });
    &DOCUMENT
}

/// Adds every route of the portal.
pub fn configure(config: &mut web::ServiceConfig) {
    let mut document = ServiceConfig::new(config);
    api(&mut document);
    let swagger = Config::new(["/api/openapi.json"]).validator_url("none");
    config
        .service(openapi_json)
        .service(web::redirect("/api/docs", "/api/docs/"))
        .service(SwaggerUi::new("/api/docs/{_:.*}").config(swagger))
        .configure(pages::configure)
        .service(assets::asset)
        .default_service(web::to(not_found));
}

#[get("/api/openapi.json", wrap = "Compress::default()")]
async fn openapi_json() -> HttpResponse {
    HttpResponse::Ok().json(openapi())
}

/// No route took the request: the address is unknown, or it takes other methods.
async fn not_found(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let path = request.path();
    Err(Problem::unmatched(pages::methods_of(path).or_else(|| api_methods_of(path))))
}

fn api_methods_of(path: &str) -> Option<String> {
    let (_, item) = openapi()
        .paths
        .paths
        .iter()
        .find(|(pattern, _)| actix_web::dev::ResourceDef::new(pattern.as_str()).is_match(path))?;
    let methods = [("GET, HEAD", &item.get), ("POST", &item.post), ("PATCH", &item.patch)];
    let known: Vec<_> =
        methods.into_iter().filter(|(_, operation)| operation.is_some()).map(|(name, _)| name).collect();
    Some(known.join(", "))
}
