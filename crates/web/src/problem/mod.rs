//! Errors as problem details (RFC 9457), with the `error` field of the original program.
//!
//! [`code`] is the table of codes; [`mapping`] maps the errors of use cases to codes.

mod code;
mod mapping;

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use hermes_domain::{FieldError, ValidationCode};
use serde::Serialize;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, Response, ResponseBuilder};
use utoipa::{IntoResponses, ToSchema};

pub use code::ProblemCode;

use crate::dto::FieldErrorCode;

/// The media type of problem details.
const MEDIA_TYPE: &str = "application/problem+json";

/// A failed request.
#[derive(Debug)]
pub struct Problem {
    /// The code.
    pub code: ProblemCode,
    detail: Option<String>,
    errors: Vec<FieldErrorBody>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// The cause for the log, which the caller does not see.
    cause: Option<String>,
}

/// The body of a problem response (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// The URI of the documentation of this problem: absolute if `server.public_url` is set.
    #[serde(rename = "type")]
    #[schema(example = "https://pay.example.org/problems/invalid-fields", format = "uri-reference")]
    type_: String,
    /// The title, the same for every problem of this code.
    #[schema(example = "Some fields are invalid")]
    title: &'static str,
    /// The HTTP status code.
    #[schema(example = 422, minimum = 400, maximum = 599)]
    status: u16,
    /// A description of this occurrence and how to correct it.
    #[schema(example = "Nothing was saved. Correct these fields: amount.")]
    detail: &'a str,
    /// The code for programs.
    #[schema(example = "invalid-fields")]
    code: ProblemCode,
    /// The ID of the request in the log.
    #[schema(example = "0198c0de-0000-4000-8000-000000000001")]
    request_id: &'a str,
    /// Every error of the request.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [FieldErrorBody],
    /// The detail again, under the name that the original program used.
    #[schema(example = "Nothing was saved. Correct these fields: amount.")]
    error: &'a str,
}

/// One error of a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = FieldError)]
pub struct FieldErrorBody {
    /// A JSON pointer to the field in the body (RFC 6901), or `/` and the name of the query parameter.
    #[schema(example = "/amount", pattern = "^/")]
    pub pointer: String,
    /// The code for programs.
    #[schema(value_type = FieldErrorCode, example = "too_many_decimals")]
    pub code: ValidationCode,
    /// A description of the error and how to correct it.
    #[schema(example = "Enter yen amounts without decimals, like 1850000")]
    pub detail: String,
}

/// The problem responses in the OpenAPI document, for every operation that can fail.
pub struct ProblemResponses;

impl IntoResponses for ProblemResponses {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        BTreeMap::from([
            ("4XX".to_owned(), documented_problem(REJECTED)),
            ("5XX".to_owned(), documented_problem("The request failed. The detail says whether to retry.")),
        ])
    }
}

/// The description of a rejection in the OpenAPI document.
pub(crate) const REJECTED: &str = "The request is rejected. The code gives the reason.";

/// Returns a problem response for the OpenAPI document.
pub(crate) fn documented_problem(description: &str) -> RefOr<Response> {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    ResponseBuilder::new().description(description).content(MEDIA_TYPE, content).build().into()
}

impl From<FieldError> for FieldErrorBody {
    fn from(error: FieldError) -> Self {
        let name = shortened(&error.field).replace('~', "~0").replace('/', "~1");
        Self { pointer: format!("/{name}"), code: error.code, detail: capitalized(&error.detail) }
    }
}

/// Returns the text with a capital first letter, as a sentence for people.
pub(crate) fn capitalized(text: &str) -> String {
    let mut rest = text.chars();
    let first = rest.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    first + rest.as_str()
}

impl Problem {
    /// Creates a problem with the general detail of its code.
    pub fn new(code: ProblemCode) -> Self {
        Self { code, detail: None, errors: Vec::new(), headers: Vec::new(), cause: None }
    }

    /// Sets the detail of this occurrence.
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// Creates the problem of a body with invalid fields.
    pub fn invalid_fields(errors: Vec<FieldError>) -> Self {
        Self::with_errors(ProblemCode::InvalidFields, "Nothing was saved. Correct these fields", errors)
    }

    /// Creates the problem of a query with invalid parameters.
    pub fn invalid_query(errors: Vec<FieldError>) -> Self {
        Self::with_errors(ProblemCode::InvalidQuery, "Correct these parameters", errors)
    }

    fn with_errors(code: ProblemCode, advice: &str, errors: Vec<FieldError>) -> Self {
        let detail = format!("{advice}: {}.", names(&errors));
        let errors = errors.into_iter().take(ERRORS_MAX).map(FieldErrorBody::from).collect();
        Self { errors, ..Self::new(code).with_detail(detail) }
    }

    /// Creates the problem of a request that no route matches: 405 with the allowed methods of its path, or 404.
    pub fn unmatched(allowed_methods: Option<String>) -> Self {
        match allowed_methods.and_then(|methods| HeaderValue::from_str(&methods).ok()) {
            Some(allow) => Self::new(ProblemCode::MethodNotAllowed).with_header(header::ALLOW, allow),
            None => Self::new(ProblemCode::NotFound),
        }
    }

    /// Adds a header to the response.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Sets the cause for the log, which the caller does not see.
    pub fn caused_by(self, cause: impl std::fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..self }
    }

    /// Returns the cause for the log.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// Returns the detail for people.
    pub fn detail(&self) -> &str {
        self.detail.as_deref().unwrap_or_else(|| self.code.detail())
    }

    /// Returns every error of the request.
    pub fn errors(&self) -> &[FieldErrorBody] {
        &self.errors
    }

    /// Returns the response as problem details. Without `public_url`, the type is a relative URI.
    pub fn response(&self, public_url: Option<&str>, request_id: &str) -> HttpResponse {
        let body = ProblemBody {
            type_: format!("{}/problems/{}", public_url.unwrap_or_default(), self.code.as_str()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            detail: self.detail(),
            code: self.code,
            request_id,
            errors: &self.errors,
            error: self.detail(),
        };
        let mut response = HttpResponse::build(self.code.status());
        self.add_headers(&mut response);
        response.content_type(MEDIA_TYPE);
        // Serializing strings and numbers cannot fail.
        response.body(serde_json::to_string(&body).unwrap_or_default())
    }

    /// Adds the headers of the problem to a response.
    pub fn add_headers(&self, response: &mut actix_web::HttpResponseBuilder) {
        for (name, value) in &self.headers {
            response.append_header((name.clone(), value.clone()));
        }
        if let Some(seconds) = self.code.retry_after_s() {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        response.insert_header((header::CACHE_CONTROL, "no-store"));
    }
}

/// The most errors in one response, so that a small request cannot cause a large response.
const ERRORS_MAX: usize = 50;
/// The longest field name in a response, in characters.
const NAME_MAX: usize = 64;

fn names(errors: &[FieldError]) -> String {
    let names: Vec<_> = errors.iter().take(ERRORS_MAX).map(|error| shortened(&error.field)).collect();
    let more = errors.len().saturating_sub(ERRORS_MAX);
    let rest = if more == 0 { String::new() } else { format!(" and {more} more") };
    names.join(", ") + &rest
}

fn shortened(name: &str) -> String {
    name.chars().take(NAME_MAX).collect()
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.code.as_str(), self.detail())
    }
}

/// The middleware replaces this response with one that has the request ID.
impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.response(None, "")
    }
}

#[cfg(test)]
mod tests {
    use actix_web::body::to_bytes;
    use serde_json::Value;

    use super::*;

    async fn type_of(public_url: Option<&str>) -> String {
        let response = Problem::new(ProblemCode::NotFound).response(public_url, "r1");
        let body = to_bytes(response.into_body()).await.unwrap();
        serde_json::from_slice::<Value>(&body).unwrap()["type"].as_str().unwrap().to_owned()
    }

    #[actix_web::test]
    async fn the_type_is_absolute_if_the_public_url_is_known() {
        assert_eq!(type_of(None).await, "/problems/not-found");
        let absolute = type_of(Some("https://pay.example.org")).await;
        assert_eq!(absolute, "https://pay.example.org/problems/not-found");
    }
}
