//! Every route of both ports, and what it requires of its caller. A GET route also serves HEAD.

use std::sync::{Arc, LazyLock};

use actix_web::{App, HttpRequest, HttpResponse, web};
use hermes_domain::access::Scope;
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa_actix_web::AppExt;
use utoipa_actix_web::service_config::ServiceConfig;

use crate::access::{Requirement, RouteTable};
use crate::admin::{cache, dashboard, metrics};
use crate::api::{bookings, docs, events, health, keys, matches, receipts, refunds, statements, stats};
use crate::problem::{Problem, REJECTED, documented_problem};
use crate::{assets, pages};

/// A path pattern, and its methods with their requirements.
pub type Route = (&'static str, &'static [(&'static str, Requirement)]);

/// Declares a table of routes and the function that registers their handlers. Each method has a requirement in brackets:
/// `public`, or a [`Scope`]. After `key`, an open installation needs a key for the scope too.
macro_rules! routes {
    ($table:ident, $register:ident($config:ty);
     $($path:literal: $($method:ident $handler:path [$($required:ident)+]),+;)+) => {
        const $table: &[Route] = &[$(($path, &[$((stringify!($method), requirement!($($required)+))),+])),+];

        fn $register(config: &mut $config) {
            config$($(.service($handler))+)+;
        }
    };
}

macro_rules! requirement {
    (public) => {
        Requirement::Public
    };
    (key $scope:ident) => {
        Requirement::KeyWithScope(Scope::$scope)
    };
    ($scope:ident) => {
        Requirement::Scope(Scope::$scope)
    };
}

// The operations in the OpenAPI document, on the portal's port.
routes! { API, register_api(ServiceConfig<'_>);
    "/api/bookings":              GET bookings::list_bookings [BookingsRead], POST bookings::create_booking [BookingsWrite];
    "/api/bookings/{key}":        GET bookings::get_booking [BookingsRead], PATCH bookings::correct_booking [BookingsCorrect];
    "/api/bookings/{key}/cancel": POST bookings::cancel_booking [BookingsCancel];
    "/api/bookings/{key}/reopen": POST bookings::reopen_booking [BookingsCancel];
    "/api/bookings/{key}/receipts": GET bookings::list_booking_receipts [ReceiptsRead], POST bookings::record_booking_receipt [ReceiptsWrite];
    "/api/bookings/{key}/mail":   GET bookings::list_booking_mail [BookingsRead];
    "/api/bookings/{key}/audit":  GET bookings::audit_booking [AuditRead];
    "/api/bookings/{key}/page-link": POST bookings::renew_page_link [BookingsWrite];
    "/api/receipts":              GET receipts::list_receipts [ReceiptsRead], POST receipts::record_receipt [ReceiptsWrite];
    "/api/receipts/{number}":     GET receipts::get_receipt [ReceiptsRead];
    "/api/receipts/{number}/allocations": POST receipts::allocate_receipt [ReceiptsSettle];
    "/api/receipts/{number}/allocations/{id}": DELETE receipts::unallocate_receipt [ReceiptsSettle];
    "/api/receipts/{number}/reversal": POST receipts::reverse_receipt [ReceiptsSettle];
    "/api/receipts/{number}/write-off": POST receipts::write_off_difference [key ReceiptsSettle];
    "/api/refunds":               GET refunds::list_refunds [ReceiptsRead], POST refunds::request_refund [key RefundsRequest];
    "/api/refunds/{number}":      GET refunds::get_refund [ReceiptsRead];
    "/api/refunds/{number}/approve": POST refunds::approve_refund [key RefundsApprove];
    "/api/refunds/{number}/sent": POST refunds::send_refund [key RefundsApprove];
    "/api/refunds/{number}/failed": POST refunds::fail_refund [key RefundsApprove];
    "/api/statements":            POST statements::import_statement [StatementsWrite];
    "/api/statements/{import}":       GET statements::get_statement [ReceiptsRead];
    "/api/statements/{import}/lines/{line}/receipt": POST statements::book_batch_line [StatementsWrite];
    "/api/statements/{import}/lines/{line}/reversal": POST statements::resolve_return_line [ReceiptsSettle];
    "/api/statements/{import}/undo":  POST statements::undo_statement [StatementsWrite];
    "/api/matches":               GET matches::list_matches [ReceiptsRead];
    "/api/matches/{match}/accept":   POST matches::accept_match [MatchesWrite];
    "/api/matches/{match}/reject":   POST matches::reject_match [MatchesWrite];
    "/api/keys":                  GET keys::list_keys [AccessManage], POST keys::create_key [AccessManage];
    "/api/keys/{id}":             GET keys::get_key [AccessManage];
    "/api/keys/{id}/rotate":      POST keys::rotate_key [AccessManage];
    "/api/keys/{id}/revoke":      POST keys::revoke_key [AccessManage];
    "/api/events":                GET events::list_events [EventsRead];
    "/api/stats":                 GET stats::get_stats [BookingsRead];
    "/api/cache":                 GET cache::cache_status [OpsRead];
    "/api/cache/warm":            POST cache::warm_cache [OpsWrite];
    "/health":                    GET health::health [public];
    "/health/live":               GET health::live [public];
    "/health/ready":              GET health::ready [public];
}

// The pages, on the portal's port.
routes! { PAGES, register_pages(web::ServiceConfig);
    "/":                            GET pages::home [public];
    "/payment":                     GET pages::booking_form [public], POST pages::book_payment [public];
    "/payment/check":               GET pages::check_again [public], POST pages::check_payment [public];
    "/payment/quote":               POST pages::quote_payment [public];
    "/payment/lost":                GET pages::lost_link [public], POST pages::send_lost_link [public];
    "/payment/{reference}/{secret}": GET pages::payer_page [public];
    "/payment/{reference}/{secret}/code.svg": GET pages::payment_code_image [public];
    "/payment/{reference}/{secret}/change": GET pages::change_form [public], POST pages::change_payment [public];
    "/payment/{reference}/{secret}/withdraw": GET pages::withdraw_form [public], POST pages::withdraw_payment [public];
    "/payment/{reference}/{secret}/confirmation": GET pages::payment_confirmation [public];
    "/privacy":                     GET pages::privacy [public];
    "/accessibility":               GET pages::accessibility [public];
    "/institution/look.css":        GET pages::institution_look [public];
    "/institution/logo":            GET pages::institution_logo [public];
    "/robots.txt":                  GET pages::robots [public];
    "/favicon.ico":                 GET pages::favicon [public];
    "/problems":                    GET pages::problem_list [public];
    "/problems/{code}":             GET pages::problem_of_code [public];
    "/assets/{name}":               GET assets::asset [public];
    "/api/docs/":                   GET docs::api_docs [public];
    "/api/openapi.json":            GET docs::openapi_json [public];
}

// The dashboard's port.
routes! { DASHBOARD, register_dashboard(web::ServiceConfig);
    "/":                GET dashboard::overview::overview [BookingsRead];
    "/metrics":         GET metrics::get_metrics [OpsRead];
    "/health/live":     GET health::live [public];
    "/problems":        GET pages::problem_list [public];
    "/problems/{code}": GET pages::problem_of_code [public];
    "/assets/{name}":   GET assets::asset [public];
    "/favicon.ico":     GET pages::favicon [public];
}

/// The redirect to the API reference, which is public like its target.
const REDIRECTS: &[Route] = &[("/api/docs", &[("GET", Requirement::Public)])];

static PORTAL_TABLE: LazyLock<RouteTable> =
    LazyLock::new(|| RouteTable::new(false, &[API, PAGES, REDIRECTS]));
static DASHBOARD_TABLE: LazyLock<RouteTable> = LazyLock::new(|| RouteTable::new(true, &[DASHBOARD]));

/// Returns every route of the portal, except the redirect to `/api/docs/`.
pub fn portal_routes() -> impl Iterator<Item = &'static Route> {
    API.iter().chain(PAGES)
}

/// Returns every route of the dashboard.
pub fn dashboard_routes() -> impl Iterator<Item = &'static Route> {
    DASHBOARD.iter()
}

/// Adds every route of the portal.
pub fn configure_portal(config: &mut web::ServiceConfig) {
    register_api(&mut ServiceConfig::new(config));
    register_pages(config);
    config
        .app_data(web::Data::from(Arc::clone(&DOCUMENT)))
        .app_data::<&'static RouteTable>(&PORTAL_TABLE)
        .service(web::redirect("/api/docs", "/api/docs/"))
        .default_service(web::to(no_portal_route));
}

/// Adds every route of the dashboard.
pub fn configure_dashboard(config: &mut web::ServiceConfig) {
    register_dashboard(config);
    config.app_data::<&'static RouteTable>(&DASHBOARD_TABLE).default_service(web::to(no_dashboard_route));
}

/// Returns the OpenAPI 3.1 document.
pub fn openapi() -> &'static utoipa::openapi::OpenApi {
    &DOCUMENT
}

static DOCUMENT: LazyLock<Arc<utoipa::openapi::OpenApi>> = LazyLock::new(|| {
    let app = App::new().into_utoipa_app().openapi(Document::openapi()).configure(register_api);
    let mut document = app.split_for_parts().1;
    add_security(&mut document);
    for item in document.paths.paths.values_mut() {
        for operation in
            [&mut item.get, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten()
        {
            add_responses(operation, &EVERY_REQUEST);
        }
        for operation in [&mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten() {
            add_responses(operation, &CHANGES);
        }
    }
    Arc::new(document)
});

/// The name of the security scheme in the OpenAPI document.
const KEY_SCHEME: &str = "key";

/// The responses to operations that require a scope.
const WITH_SCOPE: [(&str, &str); 2] = [
    ("401", "The request has no valid API key."),
    ("403", "The key does not have the scope, or a page of another site sent the request."),
];

/// Adds the scope that each operation requires. For a scheme other than OAuth 2, OpenAPI 3.1 calls this a role.
fn add_security(document: &mut utoipa::openapi::OpenApi) {
    let description = "An API key, as printed by `hermes keys create`. A new installation that listens on loopback is \
                       open until its first key exists, except for refunds and write-offs.";
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("hk_<id>_<secret>")
        .description(Some(description));
    let components = document.components.get_or_insert_default();
    components.add_security_scheme(KEY_SCHEME, SecurityScheme::Http(scheme.build()));
    for (path, methods) in API {
        let Some(item) = document.paths.paths.get_mut(*path) else { continue };
        for (method, requirement) in *methods {
            if let (Some(operation), Some(scope)) = (operation_mut(item, method), requirement.scope()) {
                operation.security = Some(vec![SecurityRequirement::new(KEY_SCHEME, [scope.as_str()])]);
                add_responses(operation, &WITH_SCOPE);
            }
        }
    }
}

fn operation_mut<'a>(item: &'a mut PathItem, method: &str) -> Option<&'a mut Operation> {
    match method {
        "GET" => item.get.as_mut(),
        "POST" => item.post.as_mut(),
        "PATCH" => item.patch.as_mut(),
        "DELETE" => item.delete.as_mut(),
        _ => None,
    }
}

/// The responses of the request gate to every operation.
const EVERY_REQUEST: [(&str, &str); 2] = [
    ("4XX", REJECTED),
    ("421", "The server does not use the host name of the request. The detail gives the setting."),
];

/// The responses of the request gate to operations that change something.
const CHANGES: [(&str, &str); 2] = [
    ("403", "A page of another site sent the request."),
    ("415", "The body is compressed, or its media type is not supported."),
];

fn add_responses(operation: &mut Operation, responses: &[(&str, &str)]) {
    for (status, description) in responses {
        let known = &mut operation.responses.responses;
        known.entry((*status).to_owned()).or_insert_with(|| documented_problem(description));
    }
}

/// The general part of the OpenAPI document.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Hermes",
        description = "Book tuition and invoice payments, and follow them until they are paid.\n\nAmounts are decimal \
                       strings. Errors are problem details (RFC 9457), whose `type` leads to their documentation. \
                       Every response has an `X-Request-Id`.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    servers((url = "/", description = "This server")),
    tags(
        (name = "bookings", description = "Book, find, correct and cancel payments"),
        (name = "receipts", description = "Record money that arrived, and allocate it to payments"),
        (name = "refunds", description = "Send money back"),
        (name = "statements", description = "Import bank statements, and decide the matches of their lines"),
        (name = "keys", description = "Create, rotate and revoke API keys"),
        (name = "events", description = "The feed of all changes"),
        (name = "stats", description = "Totals and the state of the cache"),
        (name = "health", description = "The state of the server"),
    )
)]
struct Document;

async fn no_portal_route(request: HttpRequest) -> Result<HttpResponse, Problem> {
    Err(Problem::unmatched(allowed_methods(&PORTAL_TABLE, request.path())))
}

async fn no_dashboard_route(request: HttpRequest) -> Result<HttpResponse, Problem> {
    Err(Problem::unmatched(allowed_methods(&DASHBOARD_TABLE, request.path())))
}

/// Returns the methods of a path, as in the `Allow` header; `None` if no route has this path.
fn allowed_methods(table: &RouteTable, path: &str) -> Option<String> {
    let methods: Vec<_> = table.methods(path)?.iter().map(|(method, _)| *method).collect();
    Some(methods.join(", ").replace("GET", "GET, HEAD"))
}

#[cfg(test)]
mod tests {
    use actix_web::http::Method;
    use actix_web::test::{TestRequest, call_service, init_service};

    use super::*;

    async fn assert_handled(configure: fn(&mut web::ServiceConfig), tables: &[&[Route]]) {
        let service = init_service(App::new().configure(configure)).await;
        for (path, methods) in tables.iter().copied().flatten() {
            for (method, _) in *methods {
                let request = TestRequest::default().method(method.parse::<Method>().unwrap()).uri(path);
                let response = call_service(&service, request.to_request()).await;
                assert_eq!(response.request().match_pattern().as_deref(), Some(*path), "{method}");
            }
        }
    }

    #[actix_web::test]
    async fn every_route_in_the_tables_has_a_handler() {
        assert_handled(configure_portal, &[API, PAGES]).await;
        assert_handled(configure_dashboard, &[DASHBOARD]).await;
    }

    #[test]
    fn the_document_describes_exactly_the_api_table() {
        let document = serde_json::to_value(openapi()).unwrap();
        let mut documented: Vec<_> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, item)| {
                let operations = item.as_object().unwrap().keys();
                operations.map(move |method| format!("{} {path}", method.to_uppercase()))
            })
            .collect();
        let mut listed: Vec<_> = API
            .iter()
            .flat_map(|(path, methods)| methods.iter().map(move |(method, _)| format!("{method} {path}")))
            .collect();
        documented.sort_unstable();
        listed.sort_unstable();
        assert_eq!(documented, listed);
    }
}
