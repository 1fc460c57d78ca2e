//! Errors as people and programs get them: RFC 9457, with the original's `error` beside it.
//!
//! [`code`] is the one table of codes; [`mapping`] says which error of a use case is which code.

mod code;
mod mapping;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, ResponseError};
use hermes_domain::{FieldError, ValidationCode};
use serde::Serialize;
use utoipa::ToSchema;

pub use code::ProblemCode;

/// An answer that something went wrong.
#[derive(Debug)]
pub struct Problem {
    /// Which problem.
    pub code: ProblemCode,
    detail: Option<String>,
    errors: Vec<FaultBody>,
    headers: Vec<(HeaderName, HeaderValue)>,
    /// What the log is told and the caller is not.
    cause: Option<String>,
}

/// The body of a problem.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// Where the problem is documented.
    #[serde(rename = "type")]
    #[schema(example = "/problems/invalid-fields")]
    type_: String,
    /// The problem in a few words, the same every time.
    #[schema(example = "Some fields cannot be taken")]
    title: &'static str,
    /// The HTTP status code.
    #[schema(example = 422)]
    status: u16,
    /// What happened this time, and what to do.
    detail: String,
    /// The problem's code, for programs.
    #[schema(example = "invalid-fields")]
    code: &'static str,
    /// Names this request in the log.
    request_id: String,
    /// Every fault of the request.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FaultBody>,
    /// The detail again, under the name that the original program used.
    error: String,
}

/// One fault of a request.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = Fault)]
pub struct FaultBody {
    /// The place in the body, as a JSON pointer (RFC 6901); the name of a query parameter stands as a path too.
    #[schema(example = "/amount")]
    pub pointer: String,
    /// What kind of fault, for programs.
    #[schema(value_type = String, example = "too_many_decimals")]
    pub code: ValidationCode,
    /// What is wrong, for people.
    pub detail: String,
}

impl From<FieldError> for FaultBody {
    fn from(fault: FieldError) -> Self {
        let name = shortened(&fault.field).replace('~', "~0").replace('/', "~1");
        Self { pointer: format!("/{name}"), code: fault.code, detail: fault.detail }
    }
}

impl Problem {
    /// A problem with the detail that its code always has.
    pub fn new(code: ProblemCode) -> Self {
        Self { code, detail: None, errors: Vec::new(), headers: Vec::new(), cause: None }
    }

    /// Says what happened this time.
    pub fn with_detail(self, detail: impl Into<String>) -> Self {
        Self { detail: Some(detail.into()), ..self }
    }

    /// Names every fault.
    pub fn invalid_fields(faults: Vec<FieldError>) -> Self {
        let detail = format!("Nothing was saved. Please correct: {}.", names(&faults));
        Self { errors: bodies(faults), ..Self::new(ProblemCode::InvalidFields).with_detail(detail) }
    }

    /// Names every parameter of a query that cannot be taken.
    pub fn invalid_query(faults: Vec<FieldError>) -> Self {
        let detail = format!("Please correct the parameters: {}.", names(&faults));
        Self { errors: bodies(faults), ..Self::new(ProblemCode::InvalidQuery).with_detail(detail) }
    }

    /// No route took a request: its address is unknown, or takes only these methods.
    pub fn unmatched(methods: Option<String>) -> Self {
        match methods.and_then(|methods| HeaderValue::from_str(&methods).ok()) {
            Some(allow) => Self::new(ProblemCode::MethodNotAllowed).with_header(header::ALLOW, allow),
            None => Self::new(ProblemCode::NotFound),
        }
    }

    /// Adds a header to the answer.
    pub fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// Keeps what the log should say and the caller should not see.
    pub fn caused_by(self, cause: impl std::fmt::Display) -> Self {
        Self { cause: Some(cause.to_string()), ..self }
    }

    /// What the log should say.
    pub fn cause(&self) -> Option<&str> {
        self.cause.as_deref()
    }

    /// What happened, for people.
    pub fn detail(&self) -> &str {
        self.detail.as_deref().unwrap_or_else(|| self.code.detail())
    }

    /// Every fault of the request.
    pub fn errors(&self) -> &[FaultBody] {
        &self.errors
    }

    /// The answer, for a request with an id.
    pub fn response(&self, request_id: &str) -> HttpResponse {
        let body = ProblemBody {
            type_: format!("/problems/{}", self.code.as_str()),
            title: self.code.title(),
            status: self.code.status().as_u16(),
            detail: self.detail().to_owned(),
            code: self.code.as_str(),
            request_id: request_id.to_owned(),
            errors: self.errors.clone(),
            error: self.detail().to_owned(),
        };
        let mut response = HttpResponse::build(self.code.status());
        self.add_headers(&mut response);
        response.content_type("application/problem+json");
        // Texts and numbers: serialising them cannot fail.
        response.body(serde_json::to_string(&body).unwrap_or_default())
    }

    /// Adds the problem's own headers to an answer.
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

/// The most faults that one answer names: a small request must not make a large answer.
const FAULTS_MAX: usize = 50;
/// The longest name of a field that is repeated, in characters.
const NAME_MAX: usize = 64;

fn bodies(faults: Vec<FieldError>) -> Vec<FaultBody> {
    faults.into_iter().take(FAULTS_MAX).map(FaultBody::from).collect()
}

fn names(faults: &[FieldError]) -> String {
    let names: Vec<_> = faults.iter().take(FAULTS_MAX).map(|fault| shortened(&fault.field)).collect();
    let more = faults.len().saturating_sub(FAULTS_MAX);
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

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    fn error_response(&self) -> HttpResponse {
        self.response("")
    }
}
