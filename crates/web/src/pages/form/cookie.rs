//! The cookie with the idempotency key of the open form.
//!
//! The cookie gives two tabs with the form the same key. A form that the payer reopens after a lost response also has
//! the same key, so all of them make one booking. A booking clears the cookie, so that the next form gets a new key. A
//! browser without cookies gets a new key with every form.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::COOKIE;
use actix_web::{FromRequest, HttpRequest};

use super::KEY_BYTES;
use crate::gate::is_https;

const NAME: &str = "hermes_form";
/// The lifetime of the cookie, in seconds: enough to fill in the form and retry. The cookie expires before the next
/// person uses a shared browser.
const MAX_AGE_S: u32 = 900;

/// The cookie of a request, and whether the browser uses TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormCookie {
    key: Option<String>,
    is_secure: bool,
}

impl FormCookie {
    /// Returns the key of the open form.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Returns the `Set-Cookie` value that stores a key.
    pub fn set(&self, key: &str) -> String {
        self.header(key, MAX_AGE_S)
    }

    /// Returns the `Set-Cookie` value that deletes a used key, or `None` if the cookie has another key.
    pub fn clear(&self, used: &str) -> Option<String> {
        (self.key() == Some(used)).then(|| self.header("", 0))
    }

    fn header(&self, value: &str, max_age_s: u32) -> String {
        let secure = if self.is_secure { "; Secure" } else { "" };
        format!("{NAME}={value}; Max-Age={max_age_s}; Path=/payment; HttpOnly; SameSite=Lax{secure}")
    }

    fn from_headers(request: &HttpRequest) -> Self {
        let headers = request.headers().get_all(COOKIE).filter_map(|value| value.to_str().ok());
        let mut pairs =
            headers.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(name, _)| name.trim() == NAME).map(|(_, value)| value.trim());
        Self { key: value.filter(|key| is_key(key)).map(str::to_owned), is_secure: is_https(request) }
    }
}

fn is_key(text: &str) -> bool {
    text.len() == 2 * KEY_BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl FromRequest for FormCookie {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Ok(Self::from_headers(request)))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use actix_web::web;

    use super::*;
    use crate::gate::{GateSettings, RequestGate};

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn with_cookies(cookies: &str) -> FormCookie {
        FormCookie::from_headers(&TestRequest::get().insert_header((COOKIE, cookies)).to_http_request())
    }

    #[test]
    fn the_key_is_found_among_other_cookies() {
        assert_eq!(with_cookies(&format!("theme=dark; {NAME}={KEY}; x=y")).key(), Some(KEY));
        for cookies in ["", "theme=dark", "hermes_form=", "hermes_form=two words", "hermes_form", "=;;="] {
            assert_eq!(with_cookies(cookies).key(), None, "{cookies}");
        }
    }

    #[test]
    fn only_the_used_key_is_cleared() {
        let cookie = with_cookies(&format!("{NAME}={KEY}"));
        assert!(cookie.clear(KEY).unwrap().starts_with("hermes_form=; Max-Age=0; Path=/payment;"));
        assert_eq!(cookie.clear("another"), None);
        assert_eq!(FormCookie::default().clear(KEY), None);
    }

    #[test]
    fn a_cookie_set_over_tls_is_secure() {
        let gate = RequestGate::new(GateSettings { uses_tls: true, ..GateSettings::default() });
        let request = TestRequest::get().app_data(web::Data::new(gate)).to_http_request();
        assert!(FormCookie::from_headers(&request).set(KEY).ends_with("; Secure"));
        let spoofed = TestRequest::get().insert_header(("x-forwarded-proto", "https")).to_http_request();
        assert!(!FormCookie::from_headers(&spoofed).set(KEY).contains("Secure"));
        assert!(!FormCookie::default().set(KEY).contains("Secure"));
    }
}
