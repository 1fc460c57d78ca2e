//! Pages and files that are the same for everyone: privacy, accessibility, `robots.txt`, and the look of the institution.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::middleware::Compress;
use actix_web::{HttpResponse, get, web};
use askama::Template;
use hermes_domain::institution::LogoFormat;

use super::frame::Frame;
use super::locale::Locale;
use crate::assets;
use crate::problem::{Problem, ProblemCode};
use crate::state::AppState;

/// Search engines may index the form, and no page of a payment.
const ROBOTS: &str = "User-agent: *\nAllow: /payment$\nDisallow: /\n";

/// How long a browser uses the logo and the colour without asking again. Their URLs do not change with their content.
const LOOK_CACHE: &str = "public, max-age=3600";

#[derive(Template)]
#[template(path = "payment/info.html")]
struct InfoPage<'a> {
    frame: &'a Frame<'a>,
    title: String,
    paragraphs: Vec<String>,
}

/// `GET /privacy`: what is stored, or a redirect to the institution's own notice.
#[get("/privacy", wrap = "Compress::default()")]
pub async fn privacy(state: web::Data<AppState>, locale: Locale) -> HttpResponse {
    if let Some(url) = &state.rules.institution.privacy_url {
        return HttpResponse::SeeOther().insert_header((LOCATION, url.as_str())).finish();
    }
    let t = locale.language.texts();
    let paragraphs = [t.privacy_stored(), t.privacy_browser(), t.privacy_rights()];
    info_page(&state, &locale, t.privacy_title().to_string(), &paragraphs.map(|text| text.to_string()))
}

/// `GET /accessibility`: what the pages support.
#[get("/accessibility", wrap = "Compress::default()")]
pub async fn accessibility(state: web::Data<AppState>, locale: Locale) -> HttpResponse {
    let t = locale.language.texts();
    info_page(&state, &locale, t.accessibility_title().to_string(), &[t.accessibility_text().to_string()])
}

fn info_page(state: &AppState, locale: &Locale, title: String, paragraphs: &[String]) -> HttpResponse {
    let frame = Frame::new(state, locale);
    let template = InfoPage { frame: &frame, title, paragraphs: paragraphs.to_vec() };
    let (mut response, body) = locale.page(StatusCode::OK, &template);
    response.body(body)
}

/// `GET /robots.txt`
#[get("/robots.txt")]
pub async fn robots() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .insert_header((CACHE_CONTROL, "public, max-age=86400"))
        .body(ROBOTS)
}

/// `GET /favicon.ico`: browsers request this URL for files without a page.
#[get("/favicon.ico")]
pub async fn favicon() -> HttpResponse {
    HttpResponse::PermanentRedirect()
        .insert_header((LOCATION, assets::address("hermes.svg")))
        .insert_header((CACHE_CONTROL, "public, max-age=86400"))
        .finish()
}

/// `GET /institution/look.css`: the colour of the institution, in light mode only. Dark mode has its own colours.
#[get("/institution/look.css")]
pub async fn institution_look(state: web::Data<AppState>) -> HttpResponse {
    let rule = state.rules.institution.accent.map(|accent| {
        format!(
            "@media not (prefers-color-scheme: dark) {{ :root {{ --accent: {accent}; --accent-h: {accent}; }} }}\n"
        )
    });
    HttpResponse::Ok()
        .content_type("text/css; charset=utf-8")
        .insert_header((CACHE_CONTROL, LOOK_CACHE))
        .body(rule.unwrap_or_default())
}

/// `GET /institution/logo`: the picture of the institution.
#[get("/institution/logo", wrap = "Compress::default()")]
pub async fn institution_logo(state: web::Data<AppState>) -> Result<HttpResponse, Problem> {
    let logo = state.rules.institution.logo.as_ref().ok_or_else(|| Problem::new(ProblemCode::NotFound))?;
    let media_type = match logo.format {
        LogoFormat::Svg => "image/svg+xml",
        LogoFormat::Png => "image/png",
    };
    Ok(HttpResponse::Ok()
        .content_type(media_type)
        .insert_header((CACHE_CONTROL, LOOK_CACHE))
        .body(logo.bytes.clone()))
}
