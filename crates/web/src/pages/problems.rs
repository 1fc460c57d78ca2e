//! The page of a problem that occurred, and the documentation that the `type` of a problem links to.

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::middleware::Compress;
use actix_web::{HttpResponse, get, web};
use askama::Template;
use hermes_domain::ValidationCode;

use super::page;
use crate::problem::{Problem, ProblemCode};

#[derive(Template)]
#[template(path = "problems/occurred.html")]
struct ProblemPage<'a> {
    problem: &'a Problem,
    request_id: &'a str,
}

#[derive(Template)]
#[template(path = "problems/list.html")]
struct ProblemListPage {
    codes: &'static [ProblemCode],
}

#[derive(Template)]
#[template(path = "problems/code.html")]
struct ProblemCodePage {
    code: ProblemCode,
}

impl ProblemPage<'_> {
    fn heading(&self) -> &'static str {
        if self.is_about_filters() { "There is a problem with the filter" } else { self.problem.code.title() }
    }

    /// Returns one sentence for each field or query parameter with an error.
    fn errors(&self) -> Vec<String> {
        let sentence = |(name, code, detail): (&str, ValidationCode, &str)| match code {
            ValidationCode::UnknownField if self.is_about_filters() => {
                format!("There is no filter called “{name}”.")
            }
            _ => format!("{name}: {detail}"),
        };
        let errors = self.problem.errors().iter();
        errors
            .map(|error| (error.pointer.trim_start_matches('/'), error.code, error.detail.as_str()))
            .map(sentence)
            .collect()
    }

    /// Returns whether the problem is in a query. The list of payments is the only page with one.
    fn is_about_filters(&self) -> bool {
        self.problem.code == ProblemCode::InvalidQuery
    }
}

/// Renders a problem as a page, with the status and headers of the problem.
pub fn problem_page(problem: &Problem, request_id: &str) -> HttpResponse {
    let (mut response, body) = page(problem.code.status(), &ProblemPage { problem, request_id });
    problem.add_headers(&mut response);
    response.body(body)
}

/// `GET /problems`: lists every problem code.
#[get("/problems", wrap = "Compress::default()")]
pub async fn problem_list() -> HttpResponse {
    documentation(&ProblemListPage { codes: ProblemCode::ALL })
}

/// `GET /problems/{code}`: documents one problem code.
#[get("/problems/{code}", wrap = "Compress::default()")]
pub async fn problem_of_code(code: web::Path<String>) -> Result<HttpResponse, Problem> {
    let code = ProblemCode::find(&code).ok_or_else(|| Problem::new(ProblemCode::NotFound))?;
    Ok(documentation(&ProblemCodePage { code }))
}

fn documentation(template: &impl Template) -> HttpResponse {
    let (mut response, body) = page(StatusCode::OK, template);
    response.insert_header((CACHE_CONTROL, "no-cache")).body(body)
}
