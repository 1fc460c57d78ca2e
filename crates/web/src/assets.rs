//! Style sheets, scripts and images, served from the binary.

use std::sync::LazyLock;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, get, web};
use sha2::{Digest as _, Sha256};

use crate::problem::{Problem, ProblemCode};

/// One file.
struct Asset {
    name: &'static str,
    media_type: &'static str,
    content: &'static str,
    /// The query of the file's URL, such as `v=0123456789abcdef`. It changes with the content.
    version: String,
}

static ASSETS: LazyLock<[Asset; 5]> = LazyLock::new(|| {
    [
        Asset::new("hermes.css", "text/css; charset=utf-8", include_str!("../assets/hermes.css")),
        Asset::new("dashboard.js", "text/javascript; charset=utf-8", include_str!("../assets/dashboard.js")),
        Asset::new("form.js", "text/javascript; charset=utf-8", include_str!("../assets/form.js")),
        Asset::new("payment.js", "text/javascript; charset=utf-8", include_str!("../assets/payment.js")),
        Asset::new("hermes.svg", "image/svg+xml", include_str!("../assets/hermes.svg")),
    ]
});

impl Asset {
    fn new(name: &'static str, media_type: &'static str, content: &'static str) -> Self {
        let digest = Sha256::digest(content);
        let prefix = digest.first_chunk().copied().map_or(0, u64::from_be_bytes);
        Self { name, media_type, content, version: format!("v={prefix:016x}") }
    }
}

/// Returns the URL of a file, for templates.
pub(crate) fn address(name: &str) -> String {
    let version = ASSETS.iter().find(|file| file.name == name).map_or("", |file| &file.version);
    format!("/assets/{name}?{version}")
}

/// Serves one file.
///
/// A browser may store the file forever under the URL with its current version. Under any other URL, such as one from
/// an older instance, a browser must revalidate.
#[get("/assets/{name}", wrap = "Compress::default()")]
pub async fn asset(request: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, Problem> {
    let file = ASSETS
        .iter()
        .find(|file| file.name == name.as_str())
        .ok_or_else(|| Problem::new(ProblemCode::NotFound))?;
    let cache_control = if request.query_string() == file.version {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    Ok(HttpResponse::Ok()
        .content_type(file.media_type)
        .insert_header((CACHE_CONTROL, cache_control))
        .body(file.content))
}
