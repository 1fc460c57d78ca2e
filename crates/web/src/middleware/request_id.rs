//! The name of a request, from its first byte to the log.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use uuid::Builder;
use uuid::fmt::Hyphenated;

/// The header that carries it, in and out.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");
/// The longest name that is taken over from the caller, in bytes.
const LENGTH_MAX: usize = 64;

/// The name of a request; a copy of it is another handle of the same bytes.
#[derive(Debug, Clone)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The name that the request has; one that nobody has asked for so far gets it now.
    ///
    /// It is kept with the request only when an endpoint asks, for most do not, and to keep it costs more than to
    /// make it.
    pub(super) fn of(request: &HttpRequest) -> Self {
        let kept = request.extensions().get::<Self>().cloned();
        kept.unwrap_or_else(|| Self::first(request.headers()))
    }

    /// The caller's name for the request if it has a sensible one, else a new one.
    fn first(headers: &HeaderMap) -> Self {
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
    pub(super) fn into_header(self) -> HeaderValue {
        self.0
    }
}

/// A name that nobody has used. It keeps no secret, so it need not be hard to guess.
fn fresh() -> HeaderValue {
    let id = Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid();
    let mut text = [0; Hyphenated::LENGTH];
    HeaderValue::from_str(id.hyphenated().encode_lower(&mut text))
        .unwrap_or_else(|_| HeaderValue::from_static("unnamed"))
}

impl FromRequest for RequestId {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let id = Self::of(request);
        request.extensions_mut().insert(id.clone());
        ready(Ok(id))
    }
}
