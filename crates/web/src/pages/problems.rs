//! `GET /problems` and `GET /problems/{code}`: what the `type` of a problem leads to.

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::middleware::Compress;
use actix_web::{HttpResponse, get, web};
use askama::Template;

use super::page;
use crate::problem::{Problem, ProblemCode};

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

/// Every problem.
#[get("/problems", wrap = "Compress::default()")]
pub async fn problem_list() -> HttpResponse {
    document(&ProblemListPage { codes: ProblemCode::ALL })
}

/// One problem, by its code.
#[get("/problems/{code}", wrap = "Compress::default()")]
pub async fn problem_of_code(code: web::Path<String>) -> Result<HttpResponse, Problem> {
    let code = ProblemCode::find(&code).ok_or_else(|| Problem::new(ProblemCode::NotFound))?;
    Ok(document(&ProblemCodePage { code }))
}

fn document(template: &impl Template) -> HttpResponse {
    let (mut response, body) = page(StatusCode::OK, template);
    response.insert_header((CACHE_CONTROL, "no-cache")).body(body)
}
