//! The name of a request, from its first byte to the log.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::HeaderMap;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use uuid::Uuid;

/// The header that carries it, in and out.
pub(super) const HEADER: &str = "x-request-id";
/// The longest name that is taken over from the caller, in bytes.
const LENGTH_MAX: usize = 64;

/// The name of a request.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

impl RequestId {
    /// The caller's name for the request if it has a sensible one, else a new one.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let sensible = |text: &&str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            !text.is_empty() && text.len() <= LENGTH_MAX && text.bytes().all(allowed)
        };
        let given = headers.get(HEADER).and_then(|value| value.to_str().ok()).filter(sensible);
        Self(given.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned))
    }
}

impl FromRequest for RequestId {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let known = request.extensions().get::<Self>().cloned();
        ready(Ok(known.unwrap_or_else(|| Self::of(request.headers()))))
    }
}
