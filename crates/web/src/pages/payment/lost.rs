//! `/payment/lost`: mails a new link to a payer who has lost the old one.
//!
//! The response is the same whether or not the reference and the address belong together, and takes the same time: the
//! mail is sent after the response.

use std::sync::Arc;
use std::time::Instant;

use actix_web::http::StatusCode;
use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use askama::Template;
use hermes_domain::payment::{BookingField, PaymentKey, Reference};

use crate::extract::{FormFields, client_address};
use crate::pages::form::form_response;
use crate::pages::frame::Frame;
use crate::pages::locale::Locale;
use crate::problem::Problem;
use crate::state::AppState;

/// The field with the reference.
const REFERENCE: &str = "reference";

#[derive(Template)]
#[template(path = "payment/lost.html")]
struct LostPage<'a> {
    frame: &'a Frame<'a>,
    can_mail: bool,
    is_sent: bool,
    notice: Option<String>,
    form: &'a FormFields,
    /// How to correct the reference and the address, each if it is wrong.
    reference_error: Option<String>,
    email_error: Option<String>,
}

impl<'a> LostPage<'a> {
    fn new(state: &AppState, frame: &'a Frame<'a>, form: &'a FormFields) -> Self {
        Self {
            frame,
            can_mail: state.link_mailer.is_some(),
            is_sent: false,
            notice: None,
            form,
            reference_error: None,
            email_error: None,
        }
    }

    fn value(&self, name: &str) -> &str {
        self.form.find(name).unwrap_or_default()
    }
}

/// Shows the form.
#[get("/payment/lost", wrap = "Compress::default()")]
pub async fn lost_link(state: web::Data<AppState>, locale: Locale) -> HttpResponse {
    let frame = Frame::new(&state, &locale);
    let form = FormFields::default();
    let (mut response, body) = form_response(&locale, StatusCode::OK, &LostPage::new(&state, &frame, &form));
    response.body(body)
}

/// Sends a new link if the reference and the address belong together.
#[post("/payment/lost", wrap = "Compress::default()")]
pub async fn send_lost_link(
    state: web::Data<AppState>,
    request: HttpRequest,
    locale: Locale,
    typed: FormFields,
) -> Result<HttpResponse, Problem> {
    let locale = locale.of_form(&typed);
    let frame = Frame::without_switch(&state, &locale);
    let page = LostPage::new(&state, &frame, &typed);
    let respond = |page: LostPage<'_>, status| {
        let (mut response, body) = form_response(&locale, status, &page);
        Ok(response.body(body))
    };
    let reference = page.value(REFERENCE).trim();
    let reference = Reference::parse(reference).or_else(|_| Reference::parse_creditor(reference)).ok();
    let email = page.value(BookingField::Email.spec().name).trim().to_lowercase();
    let (Some(reference), false) = (reference, email.is_empty()) else {
        let reference_error = reference.is_none().then(|| frame.t.lost_reference_error().to_string());
        let email_error = email.is_empty().then(|| frame.t.error_email_missing().to_string());
        return respond(LostPage { reference_error, email_error, ..page }, StatusCode::UNPROCESSABLE_ENTITY);
    };
    if let Err(problem) = state.limits.admit_form(client_address(&request), Instant::now()) {
        let notice = Some(frame.t.lost_wait().to_string());
        return respond(LostPage { notice, ..page }, problem.code.status());
    }
    let payment = state.reader.find(&PaymentKey::Reference(reference)).await?;
    let payment = payment.filter(|payment| payment.details.email_key() == email);
    if let (Some(payment), Some(mailer)) = (payment, &state.link_mailer) {
        let mailer = Arc::clone(mailer);
        actix_web::rt::spawn(async move { mailer.send_new_link(payment).await });
    }
    respond(LostPage { is_sent: true, ..page }, StatusCode::OK)
}

impl LostPage<'_> {
    /// Returns the errors with the ids of their fields, for the summary.
    fn summary(&self) -> Vec<(&'static str, &str)> {
        let errors =
            [(REFERENCE, &self.reference_error), (BookingField::Email.spec().name, &self.email_error)];
        errors.into_iter().filter_map(|(name, error)| Some((name, error.as_deref()?))).collect()
    }
}
