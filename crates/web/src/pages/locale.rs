//! The language of a page: from `?lang=`, the cookie, `Accept-Language`, or the institution's setting, in this order.
//!
//! A form also sends the language of its page. The amount is therefore read as it was typed, even if another tab has
//! switched the language since.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT_LANGUAGE, CONTENT_LANGUAGE, COOKIE, SET_COOKIE, VARY};
use actix_web::{FromRequest, HttpRequest, HttpResponseBuilder, web};
use askama::Template;
use hermes_domain::payment::BookingField;
use hermes_languages::Language;

use super::page;
use crate::extract::{FormFields, query_pairs};
use crate::gate::is_https;
use crate::state::AppState;

/// The parameter of the query.
const PARAMETER: &str = "lang";
/// The cookie with the code of the chosen language.
const COOKIE_NAME: &str = "hermes_lang";
/// The lifetime of the cookie: one year.
const COOKIE_MAX_AGE_S: u32 = 31_536_000;

/// The language of a page, and the links that switch it.
#[derive(Debug, Clone)]
pub struct Locale {
    pub language: Language,
    /// The query without the language, which a link that switches the language preserves.
    query: Vec<(String, String)>,
    /// Whether the query names the language, so that the browser stores it.
    is_chosen: bool,
    is_secure: bool,
}

/// A link that switches the language.
pub struct Switch {
    pub code: &'static str,
    pub name: String,
    pub address: String,
}

impl Locale {
    /// Returns the locale of a form: the language of the page that the form is on, if it names one.
    #[must_use]
    pub fn of_form(self, form: &FormFields) -> Self {
        let language = form.find(BookingField::Language.spec().name).and_then(Language::find);
        Self { language: language.unwrap_or(self.language), ..self }
    }

    /// Returns the locale of a page whose query is only a message to the payer.
    #[must_use]
    pub fn without_query(self) -> Self {
        Self { query: Vec::new(), ..self }
    }

    /// Renders a page in the language, as [`page`] does.
    pub fn page(&self, status: StatusCode, template: &impl Template) -> (HttpResponseBuilder, String) {
        let (mut response, body) = page(status, template);
        response.insert_header((CONTENT_LANGUAGE, self.language.code()));
        response.insert_header((VARY, "Accept-Language, Cookie"));
        if self.is_chosen {
            response.append_header((SET_COOKIE, self.cookie()));
        }
        (response, body)
    }

    /// Returns the links to the same page in the other languages.
    pub fn switches(&self) -> Vec<Switch> {
        let others = Language::all().filter(|language| *language != self.language);
        others
            .map(|language| {
                let chosen = (PARAMETER.to_owned(), language.code().to_owned());
                let query: Vec<_> = self.query.iter().cloned().chain([chosen]).collect();
                Switch {
                    code: language.code(),
                    name: language.texts().language_name().to_string(),
                    address: format!("?{}", serde_urlencoded::to_string(query).unwrap_or_default()),
                }
            })
            .collect()
    }

    fn cookie(&self) -> String {
        let secure = if self.is_secure { "; Secure" } else { "" };
        let code = self.language.code();
        format!("{COOKIE_NAME}={code}; Max-Age={COOKIE_MAX_AGE_S}; HttpOnly; SameSite=Lax; Path=/{secure}")
    }

    /// Returns the locale of a request.
    pub fn of_request(request: &HttpRequest) -> Self {
        let mut query = query_pairs(request.query_string());
        let chosen =
            query.iter().find(|(name, _)| name == PARAMETER).and_then(|(_, code)| Language::find(code));
        query.retain(|(name, _)| name != PARAMETER);
        let state = request.app_data::<web::Data<AppState>>();
        let language = chosen
            .or_else(|| stored(request))
            .or_else(|| Language::negotiate(&header(request, ACCEPT_LANGUAGE.as_str())))
            .or_else(|| state.map(|state| state.language))
            .unwrap_or_default();
        Self { language, query, is_chosen: chosen.is_some(), is_secure: is_https(request) }
    }
}

/// Returns the language in the cookie.
fn stored(request: &HttpRequest) -> Option<Language> {
    let cookies = header(request, COOKIE.as_str());
    let mut pairs = cookies.split(';').filter_map(|pair| pair.split_once('='));
    pairs.find(|(name, _)| name.trim() == COOKIE_NAME).and_then(|(_, code)| Language::find(code.trim()))
}

/// Returns the values of a header, separated by what separates its elements.
fn header(request: &HttpRequest, name: &str) -> String {
    let values: Vec<_> = request.headers().get_all(name).filter_map(|value| value.to_str().ok()).collect();
    values.join(if name == COOKIE.as_str() { ";" } else { "," })
}

impl FromRequest for Locale {
    type Error = std::convert::Infallible;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Ok(Self::of_request(request)))
    }
}
