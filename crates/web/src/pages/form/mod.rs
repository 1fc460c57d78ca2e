//! The booking form: empty, or with the payer's input and the errors.

mod choices;
mod cookie;
mod fields;
mod key;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, REFERRER_POLICY, SET_COOKIE};
use actix_web::middleware::Compress;
use actix_web::{HttpResponse, HttpResponseBuilder, get, web};
use askama::Template;
use hermes_domain::FieldError;
use hermes_service::writer::SubmitError;

use self::fields::{FormField, SummaryLine, form_fields, summary};
use super::page;
use crate::extract::FormFields;
use crate::problem::{Problem, ProblemCode};
use crate::state::AppState;

pub(super) use cookie::FormCookie;
pub(super) use fields::{labelled_texts, values};
pub(super) use key::FormKey;

/// The hidden field with the form's idempotency key.
pub(super) const KEY_FIELD: &str = "idempotency_key";
/// The URL that receives the form.
///
/// The query makes this URL different from the form's own URL. A browser discards its stored response for a URL after
/// a POST to it (RFC 9111, section 4.4). *Back* would then show a form with another key.
pub(super) const ACTION: &str = "/payment?book";

#[derive(Template)]
#[template(path = "payment/form.html")]
struct FormPage<'a> {
    key: &'a str,
    notice: Option<&'a FormNotice>,
    summary: Vec<SummaryLine>,
    fields: Vec<FormField<'a>>,
}

impl<'a> FormPage<'a> {
    fn new(key: &'a str, typed: &'a FormFields, errors: &'a [FieldError]) -> Self {
        Self { key, notice: None, summary: summary(errors), fields: form_fields(typed, errors) }
    }
}

/// A message above the form, for an error that no field caused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormNotice {
    pub title: &'static str,
    pub text: String,
    /// The request id, if the payer may need help.
    pub request_id: Option<String>,
}

impl FormNotice {
    /// Says that the form was open for too long, or was not issued here.
    pub fn expired() -> Self {
        let text = "This form was open for too long. If you have confirmed it before, that payment may be booked: ask \
                    the finance office first. Otherwise, check your entries, then confirm again.";
        Self::attempt_failed(text, None)
    }

    /// Says that a limit or the disk does not allow the booking now.
    pub fn wait(problem: &Problem) -> Self {
        Self::attempt_failed(
            match problem.code {
                ProblemCode::RateLimited => {
                    "Many payments were booked from your network. Wait a minute, then confirm again. Your entries are \
                     still below."
                }
                ProblemCode::StorageFull => {
                    "The service cannot save new payments right now. Tell the finance office, or confirm again later. \
                     Your entries are still below."
                }
                _ => {
                    "Many payments are being booked right now. Wait a moment, then confirm again. Your entries are \
                     still below."
                }
            },
            None,
        )
    }

    /// Says why the payment was not booked, and what the payer can do.
    pub fn new(error: &SubmitError, problem: &Problem, request_id: &str) -> Self {
        let request_id = problem.code.status().is_server_error().then(|| request_id.to_owned());
        let text = match error {
            SubmitError::Busy
            | SubmitError::Stopping
            | SubmitError::Unavailable
            | SubmitError::ClockWrong
            | SubmitError::TooLarge => {
                "The service cannot save your payment right now. Wait a moment, then confirm again. Your payment will \
                 not be booked twice."
            }
            SubmitError::OutcomeUnknown => {
                return Self {
                    title: "We do not know yet whether your payment was booked",
                    text: "The service did not confirm your payment in time. Confirm again to find out. Your payment \
                           will not be booked twice."
                        .to_owned(),
                    request_id,
                };
            }
            SubmitError::Internal => {
                "An error occurred. Confirm again. If the error comes back, send the request ID below to the finance \
                 office. Your payment will not be booked twice."
            }
            SubmitError::Rejected(_) => problem.detail(),
        };
        Self::attempt_failed(text, request_id)
    }

    /// An earlier attempt with the same form may have booked the payment, so the title is about this attempt only.
    fn attempt_failed(text: &str, request_id: Option<String>) -> Self {
        Self { title: "This attempt booked nothing", text: text.to_owned(), request_id }
    }
}

/// `GET /payment`: shows the booking form with an idempotency key.
///
/// A browser may store the form, so that *Back* shows the same key. A browser must revalidate it for every new visit,
/// so that no two browsers use the same key.
#[get("/payment", wrap = "Compress::default()")]
pub async fn booking_form(state: web::Data<AppState>, cookie: FormCookie) -> HttpResponse {
    let key = cookie.open_key().cloned().unwrap_or_else(|| FormKey::issue(&state));
    let typed = FormFields::default();
    let (mut response, body) = form_response(StatusCode::OK, &FormPage::new(key.as_str(), &typed, &[]));
    response.insert_header((SET_COOKIE, cookie.open(&key)));
    response.insert_header((CACHE_CONTROL, "private, no-cache")).body(body)
}

/// Shows the form again, with an error at each invalid field.
pub(super) fn with_errors(key: &FormKey, typed: &FormFields, errors: &[FieldError]) -> HttpResponse {
    let page = FormPage::new(key.as_str(), typed, errors);
    let (mut response, body) = form_response(StatusCode::UNPROCESSABLE_ENTITY, &page);
    response.insert_header((CACHE_CONTROL, "no-store")).body(body)
}

/// Shows the form again, with a message above it. The response has the status and headers of the problem.
pub(super) fn with_notice(
    key: &FormKey,
    typed: &FormFields,
    problem: &Problem,
    notice: &FormNotice,
) -> HttpResponse {
    let page = FormPage { notice: Some(notice), ..FormPage::new(key.as_str(), typed, &[]) };
    let (mut response, body) = form_response(problem.code.status(), &page);
    problem.add_headers(&mut response);
    response.body(body)
}

fn form_response(status: StatusCode, form: &FormPage<'_>) -> (HttpResponseBuilder, String) {
    let (mut response, body) = page(status, form);
    // With the default `no-referrer`, a browser sends the form with `Origin: null`. Older browsers send no
    // `Sec-Fetch-Site`, so the same-site check could not accept the form.
    response.insert_header((REFERRER_POLICY, "same-origin"));
    (response, body)
}
