//! `GET /api/docs/` and `GET /api/openapi.json`: the API reference for people and for programs.

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::middleware::Compress;
use actix_web::{HttpResponse, get, web};
use askama::Template;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::{OpenApi, RefOr, Required, Server};

use crate::pages::page;
use crate::state::AppState;

/// Returns the OpenAPI document. Its server is `server.public_url`, if set.
#[get("/api/openapi.json", wrap = "Compress::default()")]
pub async fn openapi_json(state: web::Data<AppState>, document: web::Data<OpenApi>) -> HttpResponse {
    let Some(url) = &state.public_url else { return HttpResponse::Ok().json(&document) };
    let mut document = OpenApi::clone(&document);
    document.servers = Some(vec![Server::new(url)]);
    HttpResponse::Ok().json(document)
}

/// Lists the operations of the OpenAPI document as a page.
#[get("/api/docs/", wrap = "Compress::default()")]
pub async fn api_docs(document: web::Data<OpenApi>) -> HttpResponse {
    let operations = document.paths.paths.iter().flat_map(|(path, item)| operations(path, item)).collect();
    let (mut response, body) = page(StatusCode::OK, &ApiDocsPage { operations });
    response.insert_header((CACHE_CONTROL, "no-cache")).body(body)
}

#[derive(Template)]
#[template(path = "api_docs.html")]
struct ApiDocsPage<'a> {
    operations: Vec<OperationView<'a>>,
}

struct OperationView<'a> {
    method: &'static str,
    path: &'a str,
    summary: &'a str,
    description: &'a str,
    parameters: Vec<&'a Parameter>,
    /// Status codes and their descriptions.
    statuses: Vec<(&'a str, &'a str)>,
}

fn operations<'a>(path: &'a str, item: &'a PathItem) -> impl Iterator<Item = OperationView<'a>> {
    let methods =
        [("GET", &item.get), ("POST", &item.post), ("PATCH", &item.patch), ("DELETE", &item.delete)];
    methods.into_iter().filter_map(move |(method, operation)| {
        let operation = operation.as_ref()?;
        Some(OperationView {
            method,
            path,
            summary: operation.summary.as_deref().unwrap_or_default(),
            description: operation.description.as_deref().unwrap_or_default(),
            parameters: operation.parameters.iter().flatten().filter_map(inline).collect(),
            statuses: statuses(operation),
        })
    })
}

fn statuses(operation: &Operation) -> Vec<(&str, &str)> {
    let responses = operation.responses.responses.iter();
    responses
        .filter_map(|(status, response)| Some((status.as_str(), inline(response)?.description.as_str())))
        .collect()
}

fn inline<T>(value: &RefOr<T>) -> Option<&T> {
    match value {
        RefOr::T(value) => Some(value),
        RefOr::Ref(_) => None,
    }
}

impl ApiDocsPage<'_> {
    fn location(&self, parameter: &Parameter) -> &'static str {
        match parameter.parameter_in {
            ParameterIn::Path => "path",
            ParameterIn::Header => "header",
            ParameterIn::Cookie => "cookie",
            ParameterIn::Query | ParameterIn::QueryString => "query",
        }
    }
}
