//! Style sheets, scripts and pictures, out of the binary.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, get, web};

use crate::problem::{Problem, ProblemCode};

/// Every file: its name, its media type, its content.
const FILES: &[(&str, &str, &str)] = &[
    (
        "hermes.css",
        "text/css; charset=utf-8",
        include_str!("../assets/hermes.css"),
    ),
    (
        "dashboard.js",
        "text/javascript; charset=utf-8",
        include_str!("../assets/dashboard.js"),
    ),
    (
        "hermes.svg",
        "image/svg+xml",
        include_str!("../assets/hermes.svg"),
    ),
];

/// One file. Addresses carry the program's version, so a browser may keep it.
#[get("/assets/{name}")]
pub async fn asset(name: web::Path<String>) -> Result<HttpResponse, Problem> {
    let (_, media_type, content) = FILES
        .iter()
        .find(|(known, _, _)| *known == name.as_str())
        .ok_or_else(|| Problem::new(ProblemCode::NotFound))?;
    Ok(HttpResponse::Ok()
        .content_type(*media_type)
        .insert_header((CACHE_CONTROL, "public, max-age=3600"))
        .body(*content))
}
