//! The key of the form that a browser has open, kept by the browser.
//!
//! Two tabs with the form show the same key this way, and so does the form that is opened again after an answer
//! was lost: whatever is sent from them is one booking. A key that has booked is forgotten, so that the next form
//! has a new one. A browser that keeps no cookies gets a new key with every form.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::COOKIE;
use actix_web::{FromRequest, HttpRequest};

use super::KEY_BYTES;

/// The cookie's name.
const NAME: &str = "hermes_form";
/// For how long a browser keeps a key, in seconds: long enough to fill the form in and to try again, and over before
/// the next person sits down at a shared one.
const KEPT_S: u32 = 900;

/// What a browser has kept, and whether it reaches Hermes over TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormCookie {
    key: Option<String>,
    is_secure: bool,
}

impl FormCookie {
    /// The key of the form that the browser has open.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// Has the browser keep a key.
    pub fn keep(&self, key: &str) -> String {
        self.header(key, KEPT_S)
    }

    /// Has the browser forget a key that has booked, if it is the one it keeps.
    pub fn forget(&self, used: &str) -> Option<String> {
        (self.key() == Some(used)).then(|| self.header("", 0))
    }

    fn header(&self, value: &str, max_age_s: u32) -> String {
        let secure = if self.is_secure { "; Secure" } else { "" };
        format!("{NAME}={value}; Max-Age={max_age_s}; Path=/payment; HttpOnly; SameSite=Lax{secure}")
    }

    fn of(request: &HttpRequest) -> Self {
        let headers = request.headers().get_all(COOKIE).filter_map(|value| value.to_str().ok());
        let mut pairs =
            headers.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.split_once('='));
        let kept = pairs.find(|(name, _)| name.trim() == NAME).map(|(_, value)| value.trim());
        Self {
            key: kept.filter(|key| is_key(key)).map(str::to_owned),
            is_secure: request.connection_info().scheme() == "https",
        }
    }
}

fn is_key(text: &str) -> bool {
    text.len() == 2 * KEY_BYTES && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl FromRequest for FormCookie {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";

    fn of(cookies: &str) -> FormCookie {
        FormCookie::of(&TestRequest::get().insert_header((COOKIE, cookies)).to_http_request())
    }

    #[test]
    fn a_kept_key_is_found_among_other_cookies() {
        assert_eq!(of(&format!("theme=dark; {NAME}={KEY}; x=y")).key(), Some(KEY));
        for cookies in ["", "theme=dark", "hermes_form=", "hermes_form=two words", "hermes_form", "=;;="] {
            assert_eq!(of(cookies).key(), None, "{cookies}");
        }
    }

    #[test]
    fn only_the_key_that_has_booked_is_forgotten() {
        let cookie = of(&format!("{NAME}={KEY}"));
        assert!(cookie.forget(KEY).unwrap().starts_with("hermes_form=; Max-Age=0; Path=/payment;"));
        assert_eq!(cookie.forget("another"), None);
        assert_eq!(FormCookie::default().forget(KEY), None);
    }

    #[test]
    fn a_key_that_was_given_over_tls_goes_back_over_tls_only() {
        let request = TestRequest::get().insert_header(("x-forwarded-proto", "https")).to_http_request();
        assert!(FormCookie::of(&request).keep(KEY).ends_with("; Secure"));
        assert!(!FormCookie::default().keep(KEY).contains("Secure"));
    }
}
