//! The pages of the portal.

use actix_web::{HttpResponse, web};

use crate::problem::Problem;

/// Adds the pages' routes.
pub fn configure(_config: &mut web::ServiceConfig) {}

/// The methods that a page's address takes, when it is one.
pub fn methods_of(_path: &str) -> Option<String> {
    None
}

/// A problem for people.
pub fn problem_page(problem: &Problem, request_id: &str) -> HttpResponse {
    problem.response(request_id)
}
