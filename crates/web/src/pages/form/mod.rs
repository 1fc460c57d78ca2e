//! The booking form: empty, or again with what was typed and what came of it.

mod cookie;
mod fields;
mod notice;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, REFERRER_POLICY, SET_COOKIE};
use actix_web::middleware::Compress;
use actix_web::{HttpResponse, HttpResponseBuilder, get, web};
use askama::Template;
use hermes_domain::FieldError;

use self::fields::{FieldSet, SummaryLine, field_sets, summary};
use super::page;
use crate::extract::FormFields;
use crate::problem::Problem;
use crate::state::AppState;

pub(super) use cookie::FormCookie;
pub(super) use fields::{label_of, values};
pub(super) use notice::Notice;

/// The form's field with the key that makes a second click the same booking.
pub(super) const KEY_FIELD: &str = "idempotency_key";
/// A key is so many bytes, in hexadecimal digits.
pub(super) const KEY_BYTES: usize = 16;
/// Where forms are sent. The query keeps the address apart from that of the form: browsers throw away what they
/// have kept of an address that was posted to (RFC 9111, section 4.4), and *Back* would lead to a form with
/// another key.
pub(super) const ACTION: &str = "/payment?book";

/// The page.
#[derive(Template)]
#[template(path = "payment/form.html")]
struct FormPage<'a> {
    action: &'static str,
    key: &'a str,
    notice: Option<&'a Notice>,
    summary: Vec<SummaryLine>,
    field_sets: Vec<FieldSet<'a>>,
    countries: &'static [&'static str],
}

impl<'a> FormPage<'a> {
    fn new(key: &'a str, typed: &'a FormFields, faults: &'a [FieldError]) -> Self {
        Self {
            action: ACTION,
            key,
            notice: None,
            summary: summary(faults),
            field_sets: field_sets(typed, faults),
            countries: super::countries::COUNTRIES,
        }
    }
}

/// The booking form, with a key of its own in every browser.
///
/// It may be kept for the way back, so that *Back* leads to the same key; it is asked for anew by everyone
/// who opens it, so that each browser gets another one.
#[get("/payment", wrap = "Compress::default()")]
pub async fn booking_form(state: web::Data<AppState>, cookie: FormCookie) -> HttpResponse {
    let key = cookie.key().map_or_else(|| fresh_key(&state), str::to_owned);
    let typed = FormFields::default();
    let (mut response, body) = form_response(StatusCode::OK, &FormPage::new(&key, &typed, &[]));
    response.insert_header((SET_COOKIE, cookie.keep(&key)));
    response.insert_header((CACHE_CONTROL, "private, no-cache")).body(body)
}

/// A key that no form had before.
pub(super) fn fresh_key(state: &AppState) -> String {
    state.random_source.random().simple().to_string()
}

/// The form again, because some fields cannot be taken.
pub(super) fn with_faults(key: &str, typed: &FormFields, faults: &[FieldError]) -> HttpResponse {
    let page = FormPage::new(key, typed, faults);
    let (mut response, body) = form_response(StatusCode::UNPROCESSABLE_ENTITY, &page);
    response.insert_header((CACHE_CONTROL, "no-store")).body(body)
}

/// The form again, because of a problem that is not in its fields; the answer keeps the problem's status and
/// headers.
pub(super) fn with_notice(key: &str, typed: &FormFields, problem: &Problem, notice: &Notice) -> HttpResponse {
    let page = FormPage { notice: Some(notice), ..FormPage::new(key, typed, &[]) };
    let (mut response, body) = form_response(problem.code.status(), &page);
    problem.add_headers(&mut response);
    response.body(body)
}

fn form_response(status: StatusCode, form: &FormPage<'_>) -> (HttpResponseBuilder, String) {
    let (mut response, body) = page(status, form);
    // Without a referrer browsers would call the form's origin "null", which older ones tell nothing beside.
    response.insert_header((REFERRER_POLICY, "same-origin"));
    (response, body)
}
