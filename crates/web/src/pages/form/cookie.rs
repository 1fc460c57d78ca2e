//! The cookie with the idempotency key of the open form, or of the form with which the browser has just booked.
//!
//! The cookie gives two tabs with the form the same key. A form that the payer reopens after a lost response also has
//! the same key, so all of them make one booking. A browser without cookies gets a new key with every form.
//!
//! A booking adds a proof to the cookie, so that the next form gets a new key. The proof shows that a browser may see
//! the payment if its form is sent again. While the booking is recent, the open key is sufficient, because the response
//! with the proof may have been lost.
//!
//! **Planted keys:** over TLS, the prefix `__Host-` prevents other hosts from setting the cookie. Without TLS, another
//! site on the same host can plant a key that it knows. Such a key shows a payment only for [`RECENT`].

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::COOKIE;
use actix_web::{FromRequest, HttpRequest, web};
use chrono::{DateTime, TimeDelta, Utc};

use super::FormKey;
use crate::gate::is_https;
use crate::state::AppState;

/// The name without TLS.
const NAME: &str = "hermes_form";
/// The name with TLS. A browser accepts this prefix only with `Secure` and `Path=/` (RFC 6265bis, section 4.1.3.2).
const HOST_NAME: &str = "__Host-hermes_form";
/// The lifetime of the cookie: enough to fill in the form and retry. The cookie expires before the next person uses a
/// shared browser.
const MAX_AGE_S: u32 = 900;
/// How long after a booking its open key is sufficient to see the payment.
const RECENT: TimeDelta = TimeDelta::seconds(900);

/// The cookie of a request, and whether the browser uses TLS.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FormCookie {
    key: Option<FormKey>,
    is_booked: bool,
    is_secure: bool,
}

impl FormCookie {
    /// Returns the key of the open form, if no booking was made with it.
    pub fn open_key(&self) -> Option<&FormKey> {
        self.key.as_ref().filter(|_| !self.is_booked)
    }

    /// Returns the key with which this browser has booked, if the cookie proves it.
    pub fn booked_key(&self) -> Option<&FormKey> {
        self.key.as_ref().filter(|_| self.is_booked)
    }

    /// Returns the `Set-Cookie` value that stores the key of an open form.
    pub fn open(&self, key: &FormKey) -> String {
        self.header(key.as_str())
    }

    /// Returns the `Set-Cookie` value that stores the proof of a booking, or `None` if the cookie has another key.
    pub fn booked(&self, state: &AppState, key: &FormKey) -> Option<String> {
        let value = || self.header(&format!("{}.{}", key.as_str(), key.proof(state)));
        (!self.has_other(key)).then(value)
    }

    /// Returns the `Set-Cookie` value that replaces a used key by the key of a second booking, or `None` if the cookie
    /// has another key.
    pub fn reopen(&self, used: &FormKey, second: &FormKey) -> Option<String> {
        (!self.has_other(used)).then(|| self.open(second))
    }

    /// Returns whether the browser may see the payment that was booked with a key at a time.
    pub fn may_see(&self, key: &FormKey, booked_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        self.key.as_ref() == Some(key) && (self.is_booked || now - booked_at < RECENT)
    }

    /// Returns whether the cookie belongs to another form, such as one in a newer tab.
    fn has_other(&self, key: &FormKey) -> bool {
        self.key.as_ref().is_some_and(|own| own != key)
    }

    fn header(&self, value: &str) -> String {
        let (name, scope) = if self.is_secure { (HOST_NAME, "/; Secure") } else { (NAME, "/payment") };
        format!("{name}={value}; Max-Age={MAX_AGE_S}; HttpOnly; SameSite=Lax; Path={scope}")
    }

    fn from_headers(request: &HttpRequest, state: &AppState) -> Self {
        let is_secure = is_https(request);
        let name = if is_secure { HOST_NAME } else { NAME };
        let headers = request.headers().get_all(COOKIE).filter_map(|value| value.to_str().ok());
        let mut pairs =
            headers.flat_map(|cookies| cookies.split(';')).filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(found, _)| found.trim() == name).map_or("", |(_, value)| value.trim());
        let (text, proof) = value.split_once('.').unwrap_or((value, ""));
        let key = FormKey::verify(state, text).filter(|key| key.is_current(state));
        let is_booked = key.as_ref().is_some_and(|key| key.is_proven_by(state, proof));
        // A wrong proof makes the key worthless.
        Self { key: key.filter(|_| is_booked || proof.is_empty()), is_booked, is_secure }
    }
}

impl FromRequest for FormCookie {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let state = request.app_data::<web::Data<AppState>>();
        ready(Ok(state.map_or_else(Self::default, |state| Self::from_headers(request, state))))
    }
}
