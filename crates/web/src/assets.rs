//! Style sheets, scripts and pictures, out of the binary.

use std::fmt::Write as _;
use std::sync::LazyLock;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, get, web};
use sha2::{Digest as _, Sha256};

use crate::problem::{Problem, ProblemCode};

/// One file with the address that pages link it by.
struct Asset {
    name: &'static str,
    media_type: &'static str,
    content: &'static str,
    /// The query of its address: it changes with the content, so that a browser may keep what it has.
    version: String,
}

/// Every file.
static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        Asset::new("hermes.css", "text/css; charset=utf-8", include_str!("../assets/hermes.css")),
        Asset::new("dashboard.js", "text/javascript; charset=utf-8", include_str!("../assets/dashboard.js")),
        Asset::new("hermes.svg", "image/svg+xml", include_str!("../assets/hermes.svg")),
    ]
});

/// How many bytes of the digest make a version.
const VERSION_BYTES: usize = 8;

impl Asset {
    fn new(name: &'static str, media_type: &'static str, content: &'static str) -> Self {
        let digest = Sha256::digest(content);
        let version = digest.iter().take(VERSION_BYTES).fold("v=".to_owned(), |mut text, byte| {
            // Writing to a string cannot fail.
            let _written = write!(text, "{byte:02x}");
            text
        });
        Self { name, media_type, content, version }
    }
}

/// The address of a file, for pages.
pub(crate) fn address(name: &str) -> String {
    let version = ASSETS.iter().find(|known| known.name == name).map_or("", |known| known.version.as_str());
    format!("/assets/{name}?{version}")
}

/// One file. Under the address of this very content a browser may keep it for good; under any other, such as
/// that of an instance which is newer or older, it asks again.
#[get("/assets/{name}", wrap = "Compress::default()")]
pub async fn asset(request: HttpRequest, name: web::Path<String>) -> Result<HttpResponse, Problem> {
    let file = ASSETS
        .iter()
        .find(|known| known.name == name.as_str())
        .ok_or_else(|| Problem::new(ProblemCode::NotFound))?;
    let keep = if request.query_string() == file.version {
        "public, max-age=31536000, immutable"
    } else {
        "no-cache"
    };
    Ok(HttpResponse::Ok()
        .content_type(file.media_type)
        .insert_header((CACHE_CONTROL, keep))
        .body(file.content))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_the_content() {
        let address = address("hermes.css");
        let (_, version) = address.split_once("?v=").unwrap();
        assert_eq!(version.len(), 2 * VERSION_BYTES);
    }
}
