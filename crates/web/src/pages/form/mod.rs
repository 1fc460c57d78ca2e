//! The booking form: empty, filled in by a link, or with the payer's entries and the errors.

mod choices;
mod cookie;
mod fields;
mod key;
mod notice;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, REFERRER_POLICY, SET_COOKIE};
use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder, get, web};
use askama::Template;
use hermes_domain::payment::BookingField;

use super::frame::Frame;
use super::input::InputError;
use super::locale::Locale;
use crate::extract::{FormFields, query_pairs};
use crate::problem::{Problem, ProblemCode};
use crate::state::AppState;

pub(super) use cookie::FormCookie;
pub(super) use fields::{Entered, FormField, FormGroups, form_field, form_groups, values};
pub(super) use key::FormKey;
pub(super) use notice::FormNotice;

/// The hidden field with the form's idempotency key.
pub(super) const KEY_FIELD: &str = "idempotency_key";
/// The URL that books the payment.
///
/// The query makes this URL different from the form's own URL. A browser discards its stored response for a URL after
/// a POST to it (RFC 9111, section 4.4). *Back* would then show a form with another key.
pub(super) const ACTION: &str = "/payment?book";

/// The parameters of a link that fill in the form, and their fields.
const PREFILLED: [(&str, BookingField); 5] = [
    ("school", BookingField::School),
    ("student_id", BookingField::StudentId),
    ("invoice", BookingField::StudentId),
    ("amount", BookingField::Amount),
    ("currency_from", BookingField::CurrencyFrom),
];

#[derive(Template)]
#[template(path = "payment/form.html")]
struct FormPage<'a> {
    frame: &'a Frame<'a>,
    key: &'a str,
    notice: Option<&'a FormNotice>,
    errors: &'a [InputError],
    groups: FormGroups,
}

impl<'a> FormPage<'a> {
    fn new(frame: &'a Frame<'a>, key: &'a str, entered: Entered<'a>) -> Self {
        Self { frame, key, notice: None, errors: entered.errors, groups: form_groups(frame, entered) }
    }

    fn title(&self) -> String {
        self.frame.t.form_title().to_string()
    }
}

/// `GET /payment`: shows the booking form with an idempotency key.
///
/// A browser may store the form, so that *Back* shows the same key. A browser must revalidate it for every new visit,
/// so that no two browsers use the same key.
#[get("/payment", wrap = "Compress::default()")]
pub async fn booking_form(
    state: web::Data<AppState>,
    request: HttpRequest,
    cookie: FormCookie,
    locale: Locale,
) -> HttpResponse {
    let key = cookie.open_key().cloned().unwrap_or_else(|| FormKey::issue(&state));
    let form = prefilled(request.query_string());
    let frame = Frame::new(&state, &locale);
    let entered = Entered { form: &form, errors: &[], focus: None };
    let (mut response, body) =
        form_response(&locale, StatusCode::OK, &FormPage::new(&frame, key.as_str(), entered));
    response.append_header((SET_COOKIE, cookie.open(&key)));
    response.insert_header((CACHE_CONTROL, "private, no-cache")).body(body)
}

/// Returns the entries that a link fills in. Other parameters are ignored, because campaigns add their own.
fn prefilled(query: &str) -> FormFields {
    let pairs = query_pairs(query);
    PREFILLED.into_iter().fold(FormFields::default(), |form, (parameter, field)| {
        let value = pairs.iter().find(|(name, value)| name == parameter && !value.trim().is_empty());
        match value {
            Some((_, value)) => form.with(field.spec().name, value),
            None => form,
        }
    })
}

/// Shows the form again with the payer's entries, so that one of them can be changed.
pub(super) fn to_change(
    state: &AppState,
    locale: &Locale,
    key: &FormKey,
    entered: Entered<'_>,
) -> HttpResponse {
    let frame = Frame::without_switch(state, locale);
    let page = FormPage::new(&frame, key.as_str(), entered);
    let status = if entered.errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let (mut response, body) = form_response(locale, status, &page);
    response.insert_header((CACHE_CONTROL, "no-store")).body(body)
}

/// Shows the form again, with a message above it. The response has the status and headers of the problem.
pub(super) fn with_notice(
    state: &AppState,
    locale: &Locale,
    key: &FormKey,
    form: &FormFields,
    problem: &Problem,
    notice: &FormNotice,
) -> HttpResponse {
    let frame = Frame::without_switch(state, locale);
    let entered = Entered { form, errors: &[], focus: None };
    let page = FormPage { notice: Some(notice), ..FormPage::new(&frame, key.as_str(), entered) };
    let (mut response, body) = form_response(locale, problem.code.status(), &page);
    problem.add_headers(&mut response);
    response.body(body)
}

/// Shows the form again with a new key, because the key of the form is too old or was not issued here.
pub(super) fn expired(
    state: &AppState,
    locale: &Locale,
    cookie: &FormCookie,
    form: &FormFields,
) -> HttpResponse {
    let key = cookie.open_key().cloned().unwrap_or_else(|| FormKey::issue(state));
    let problem = Problem::new(ProblemCode::InvalidIdempotencyKey);
    let notice = FormNotice::expired(locale.language.texts());
    let response = with_notice(state, locale, &key, form, &problem, &notice);
    with_cookie(response, Some(cookie.open(&key)))
}

/// Adds a cookie to a response.
pub(super) fn with_cookie(mut response: HttpResponse, cookie: Option<String>) -> HttpResponse {
    if let Some(value) = cookie.and_then(|text| HeaderValue::from_str(&text).ok()) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}

/// Renders a page with a form.
///
/// With the default `no-referrer`, a browser sends the form with `Origin: null`. Older browsers send no
/// `Sec-Fetch-Site`, so the same-site check could not accept the form.
pub(super) fn form_response(
    locale: &Locale,
    status: StatusCode,
    template: &impl Template,
) -> (HttpResponseBuilder, String) {
    let (mut response, body) = locale.page(status, template);
    response.insert_header((REFERRER_POLICY, "same-origin"));
    (response, body)
}
