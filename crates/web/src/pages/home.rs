//! `GET /`

use actix_web::http::header::LOCATION;
use actix_web::{HttpResponse, get};

/// Leads to the booking form.
#[get("/")]
pub async fn home() -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, "/payment")).finish()
}
