//! `POST /payment`: books a payment from the form.

use actix_web::http::header::{CACHE_CONTROL, HeaderValue, LOCATION, REFERRER_POLICY, SET_COOKIE};
use actix_web::{HttpResponse, post, web};
use askama::Template;
use hermes_domain::ledger::{Command, Outcome, Rejection};
use hermes_domain::payment::{BookingField, NewBooking, PayerDetails, Payment, PaymentKey};
use hermes_service::writer::SubmitError;

use super::form::{self, FormCookie, FormNotice, KEY_FIELD};
use super::same_site::SameSite;
use super::{format_money, page, payment_status};
use crate::extract::{
    CommandContext, FormFields, RequestId, booking_from_form, fingerprint, parse_idempotency_key,
};
use crate::problem::Problem;
use crate::state::AppState;

/// Books a payment and redirects to its page.
///
/// A second click, *Back* and a second tab send the same key. With the same data, the response redirects to the same
/// page. With other data, the response asks for confirmation.
#[post("/payment")]
pub async fn book_payment(
    state: web::Data<AppState>,
    context: CommandContext,
    request_id: RequestId,
    cookie: FormCookie,
    _same_site: SameSite,
    typed: FormFields,
) -> Result<HttpResponse, Problem> {
    let key = form_key(&state, &typed)?;
    let booking = match booking_from_form(&typed) {
        Ok(booking) => booking,
        Err(errors) => return Ok(form::with_errors(&key, &typed, &errors)),
    };
    let response =
        match context.with_idempotency_key(key.clone()).submit(Command::Book(booking.clone())).await {
            Ok(committed) => redirect_to_payment(&state, committed.outcome).await?,
            Err(SubmitError::Rejected(Rejection::KeyReused { payment })) => {
                confirm_duplicate(&state, &key, payment, &booking, &typed).await
            }
            Err(error) => return Ok(not_booked(&key, &typed, &error, &request_id)),
        };
    Ok(clearing_cookie(response, cookie.clear(&key)))
}

/// Returns the form's key, or a new key if the form has none. If the form is shown again, a retry sends that key.
fn form_key(state: &AppState, typed: &FormFields) -> Result<String, Problem> {
    match typed.find(KEY_FIELD) {
        None | Some("") => Ok(form::new_key(state)),
        Some(text) => parse_idempotency_key(text),
    }
}

async fn redirect_to_payment(state: &AppState, outcome: Outcome) -> Result<HttpResponse, Problem> {
    let address = if outcome.replayed {
        first_address(state, &outcome.payment).await?
    } else {
        payment_status::path(&state.server_key, &outcome.payment)
    };
    Ok(HttpResponse::SeeOther()
        .insert_header((LOCATION, address))
        .insert_header((CACHE_CONTROL, "no-store"))
        .finish())
}

/// Returns the path of the first booking's page. The link may have been renewed, so the payment is read again.
async fn first_address(state: &AppState, first: &Payment) -> Result<String, Problem> {
    let key = PaymentKey::Id(first.id);
    let payment = state.reader.find(&key).await?.ok_or(Rejection::NotFound(key))?;
    Ok(payment_status::path_already_booked(&state.server_key, &payment))
}

async fn confirm_duplicate(
    state: &AppState,
    key: &str,
    first: Box<Payment>,
    now: &NewBooking,
    typed: &FormFields,
) -> HttpResponse {
    // If the read fails, the page has no link to the first booking.
    let first_page = first_address(state, &first).await.ok();
    let key = &second_key(key, now);
    let problem = Problem::from(Rejection::KeyReused { payment: first.clone() });
    ConfirmDuplicate { first: &first, first_page: first_page.as_deref(), now, typed, key }.respond(&problem)
}

/// Derives the key for the second booking from the first key and the new data. If the payer returns to the confirmation
/// page, the page has the same key and the payment is not booked again.
fn second_key(key: &str, now: &NewBooking) -> String {
    let digest = fingerprint(&(key, now));
    digest.iter().take(form::KEY_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

fn not_booked(key: &str, typed: &FormFields, error: &SubmitError, request_id: &RequestId) -> HttpResponse {
    let problem = Problem::from(error.clone());
    let notice = FormNotice::new(error, &problem, request_id.as_str());
    form::with_notice(key, typed, &problem, &notice)
}

fn clearing_cookie(mut response: HttpResponse, cookie: Option<String>) -> HttpResponse {
    if let Some(value) = cookie.and_then(|text| HeaderValue::from_str(&text).ok()) {
        response.headers_mut().insert(SET_COOKIE, value);
    }
    response
}

/// The page that asks for confirmation if a form with other data uses the key of an earlier booking.
#[derive(Template)]
#[template(path = "payment/confirm_duplicate.html")]
struct ConfirmDuplicate<'a> {
    /// The payment as it was booked.
    first: &'a Payment,
    /// The URL of its page, if the payment could be read.
    first_page: Option<&'a str>,
    /// The new data.
    now: &'a NewBooking,
    /// The new data as the payer typed it.
    typed: &'a FormFields,
    /// The key with which the page books the new data if the payer confirms.
    key: &'a str,
}

/// A field that differs from the first booking. A text that was not given is empty.
struct ChangedField {
    label: &'static str,
    first: String,
    now: String,
}

impl ConfirmDuplicate<'_> {
    /// Shows the differences.
    fn respond(&self, problem: &Problem) -> HttpResponse {
        let (mut response, body) = page(problem.code.status(), self);
        problem.add_headers(&mut response);
        // With `no-referrer`, a browser would send the form with `Origin: null`.
        response.insert_header((REFERRER_POLICY, "same-origin")).body(body)
    }

    fn changes(&self) -> Vec<ChangedField> {
        let text = |field, details: &PayerDetails, amount| match field {
            // The text of the amount contains the currency.
            BookingField::Amount => format_money(amount),
            _ => details.text(field).unwrap_or_default().to_owned(),
        };
        let fields = BookingField::ALL.into_iter().map(|field| ChangedField {
            label: field.spec().label,
            first: text(field, &self.first.details, self.first.amount),
            now: text(field, &self.now.details, self.now.amount),
        });
        fields.filter(|field| field.first != field.now).collect()
    }
}
