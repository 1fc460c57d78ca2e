//! The request id, which the log and every response contain.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use uuid::Builder;
use uuid::fmt::Hyphenated;

use crate::gate::is_from_proxy;

/// The longest id accepted from a proxy, in bytes.
const MAX_BYTES: usize = 64;

/// The id of a request. Cloning it does not copy its bytes.
#[derive(Debug, Clone)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The request and response header with the id.
    pub(crate) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

    /// Returns the id that an endpoint extracted. Otherwise takes the header of a trusted proxy, or generates an id.
    ///
    /// Only the extractor stores the id with the request. Most endpoints do not need it, and storing an id costs more
    /// than generating one.
    pub(crate) fn get_or_create(request: &HttpRequest) -> Self {
        let extracted = request.extensions().get::<Self>().cloned();
        extracted.unwrap_or_else(|| {
            let forwarded = is_from_proxy(request).then(|| Self::from_headers(request.headers())).flatten();
            forwarded.unwrap_or_else(|| Self(generate()))
        })
    }

    /// Returns the id in the header, if it is valid. Other callers could choose the id of another request in the log.
    fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let is_valid = |text: &str| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            !text.is_empty() && text.len() <= MAX_BYTES && text.bytes().all(allowed)
        };
        let given = headers.get(Self::HEADER).filter(|value| value.to_str().is_ok_and(is_valid));
        given.cloned().map(Self)
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    /// Returns the id as a header value.
    pub(crate) fn into_header(self) -> HeaderValue {
        self.0
    }
}

/// Generates a UUID. The id is public, so a fast generator is sufficient.
fn generate() -> HeaderValue {
    let id = Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid();
    let mut text = [0; Hyphenated::LENGTH];
    HeaderValue::from_str(id.hyphenated().encode_lower(&mut text))
        .unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}

impl FromRequest for RequestId {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let id = Self::get_or_create(request);
        request.extensions_mut().insert(id.clone());
        ready(Ok(id))
    }
}
