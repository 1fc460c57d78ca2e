//! A problem for people.

use actix_web::HttpResponse;
use askama::Template;

use super::page;
use crate::problem::Problem;

/// The page.
#[derive(Template)]
#[template(path = "problems/happened.html")]
struct ProblemPage<'a> {
    problem: &'a Problem,
    request_id: &'a str,
}

impl ProblemPage<'_> {
    /// What is wrong, by field or parameter.
    fn faults(&self) -> Vec<(&str, &str)> {
        self.problem
            .errors()
            .iter()
            .map(|fault| (fault.pointer.trim_start_matches('/'), fault.detail.as_str()))
            .collect()
    }
}

/// A problem for people, with the problem's status and headers.
pub fn problem_page(problem: &Problem, request_id: &str) -> HttpResponse {
    let (mut response, body) = page(problem.code.status(), &ProblemPage { problem, request_id });
    problem.add_headers(&mut response);
    response.body(body)
}
