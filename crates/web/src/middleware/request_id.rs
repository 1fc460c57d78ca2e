//! The name of a request, from its first byte to the log.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, HeaderValue};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use bytes::Bytes;
use uuid::Builder;

/// The header that carries it, in and out.
pub(super) const HEADER: &str = "x-request-id";
/// The longest name that is taken over from the caller, in bytes.
const LENGTH_MAX: usize = 64;

/// The name of a request; a copy of it is another handle of the same bytes.
#[derive(Debug, Clone)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The caller's name for the request if it has a sensible one, else a new one.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let sensible = |text: &&str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            !text.is_empty() && text.len() <= LENGTH_MAX && text.bytes().all(allowed)
        };
        let given = headers.get(HEADER).filter(|value| value.to_str().ok().as_ref().is_some_and(sensible));
        Self(given.cloned().unwrap_or_else(fresh))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// The name as the value of a header.
    pub(super) fn to_header(&self) -> HeaderValue {
        self.0.clone()
    }
}

/// A name that nobody has used. It keeps no secret, so it need not be hard to guess.
fn fresh() -> HeaderValue {
    let id = Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid();
    let text = Bytes::from(id.hyphenated().to_string());
    HeaderValue::from_maybe_shared(text).unwrap_or_else(|_| HeaderValue::from_static("unnamed"))
}

impl FromRequest for RequestId {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let known = request.extensions().get::<Self>().cloned();
        ready(Ok(known.unwrap_or_else(|| Self::of(request.headers()))))
    }
}
