//! `POST /payment`: books a payment from the form.

use std::time::Instant;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderValue, LOCATION, REFERRER_POLICY, SET_COOKIE};
use actix_web::{HttpRequest, HttpResponse, post, web};
use askama::Template;
use hermes_domain::ledger::{Command, Rejection};
use hermes_domain::payment::{BookingField, NewBooking, PayerDetails, Payment, PaymentKey, Reference};
use hermes_service::writer::SubmitError;

use super::form::{self, FormCookie, FormKey, FormNotice, KEY_FIELD};
use super::{format_money, page, payment_status};
use crate::extract::{CommandContext, FormFields, RequestId, booking_from_form, client_address, fingerprint};
use crate::problem::{Problem, ProblemCode};
use crate::state::AppState;

/// Books a payment and redirects to its page.
///
/// A second click, *Back* and a second tab send the same key. With the same data, the response redirects to the same
/// page. With other data, or from a browser that has not booked with this key, the response asks for confirmation.
#[post("/payment")]
pub async fn book_payment(
    state: web::Data<AppState>,
    context: CommandContext,
    request: HttpRequest,
    request_id: RequestId,
    cookie: FormCookie,
    typed: FormFields,
) -> Result<HttpResponse, Problem> {
    let Some(key) = form_key(&state, &typed) else { return Ok(expired(&state, &cookie, &typed)) };
    let booking = match booking_from_form(&typed) {
        Ok(booking) => booking,
        Err(errors) => return Ok(form::with_errors(&key, &typed, &errors)),
    };
    if let Err(problem) = admit(&state, &request) {
        return Ok(form::with_notice(&key, &typed, &problem, &FormNotice::wait(&problem)));
    }
    let context = context.with_idempotency_key(key.as_str().to_owned());
    let (first, is_same) = match context.submit(Command::Book(booking.clone())).await {
        Ok(committed) if !committed.outcome.replayed => {
            let response = redirect(&payment_status::path(&state.server_key, &committed.outcome.payment));
            return Ok(with_cookie(response, cookie.booked(&state, &key)));
        }
        Ok(committed) => (committed.outcome.payment, true),
        Err(SubmitError::Rejected(Rejection::KeyReused { payment })) => (*payment, false),
        Err(error) => return Ok(not_booked(&key, &typed, &error, &request_id)),
    };
    let is_own = cookie.may_see(&key, first.created_at, state.clock.now());
    if is_own && is_same {
        let response = redirect(&first_address(&state, &first).await?);
        return Ok(with_cookie(response, cookie.booked(&state, &key)));
    }
    let own = if is_own { Some(&first) } else { None };
    Ok(confirm_second(&state, &cookie, &key, own, &booking, &typed).await)
}

/// Returns the form's key, or a new key if the form has none. If the form is shown again, a retry sends that key. `None`
/// if the key was not issued here, or too long ago.
fn form_key(state: &AppState, typed: &FormFields) -> Option<FormKey> {
    match typed.find(KEY_FIELD) {
        None | Some("") => Some(FormKey::issue(state)),
        Some(text) => FormKey::verify(state, text),
    }
}

/// Checks the free disk space and the limits of the form.
fn admit(state: &AppState, request: &HttpRequest) -> Result<(), Problem> {
    let now = Instant::now();
    if let Some(storage) = &state.storage {
        storage.admit_form(now)?;
    }
    state.limits.admit_form(client_address(request), now)
}

/// Shows the form again with a new key.
fn expired(state: &AppState, cookie: &FormCookie, typed: &FormFields) -> HttpResponse {
    let key = cookie.open_key().cloned().unwrap_or_else(|| FormKey::issue(state));
    let problem = Problem::new(ProblemCode::InvalidIdempotencyKey);
    let response = form::with_notice(&key, typed, &problem, &FormNotice::expired());
    with_cookie(response, Some(cookie.open(&key)))
}

fn not_booked(
    key: &FormKey,
    typed: &FormFields,
    error: &SubmitError,
    request_id: &RequestId,
) -> HttpResponse {
    let problem = Problem::from(error.clone());
    let notice = FormNotice::new(error, &problem, request_id.as_str());
    form::with_notice(key, typed, &problem, &notice)
}

fn redirect(address: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, address))
        .insert_header((CACHE_CONTROL, "no-store"))
        .finish()
}

fn with_cookie(mut response: HttpResponse, cookie: Option<String>) -> HttpResponse {
    if let Some(value) = cookie.and_then(|text| HeaderValue::from_str(&text).ok()) {
        response.headers_mut().insert(SET_COOKIE, value);
    }
    response
}

/// Returns the path of the first booking's page. The link may have been renewed, so the payment is read again.
async fn first_address(state: &AppState, first: &Payment) -> Result<String, Problem> {
    let key = PaymentKey::Id(first.id);
    let payment = state.reader.find(&key).await?.ok_or(Rejection::NotFound(key))?;
    Ok(payment_status::path_already_booked(&state.server_key, &payment))
}

/// Asks whether to book the new data too. `own` is the first payment, if the browser may see it.
async fn confirm_second(
    state: &AppState,
    cookie: &FormCookie,
    key: &FormKey,
    own: Option<&Payment>,
    new: &NewBooking,
    typed: &FormFields,
) -> HttpResponse {
    let first = match own {
        // If the read fails, the page has no link to the first booking.
        Some(first) => Some((first.reference, first_address(state, first).await.ok())),
        None => None,
    };
    // If the payer returns to this page, the page has the same key and the payment is not booked again.
    let second = key.second(state, &fingerprint(new));
    let template = ConfirmSecond { first, entered: entered(own, new), typed, key: second.as_str() };
    // With `no-referrer`, a browser would send the form with `Origin: null`.
    let (mut response, body) = page(StatusCode::UNPROCESSABLE_ENTITY, &template);
    response.insert_header((REFERRER_POLICY, "same-origin")).insert_header((CACHE_CONTROL, "no-store"));
    with_cookie(response.body(body), cookie.reopen(key, &second))
}

/// The page that asks for confirmation if a form uses the key of an earlier booking.
///
/// The page shows no stored value besides the reference. Without proof that the browser made the first booking, the page
/// does not even say which fields differ, because a caller could then guess the values one by one.
#[derive(Template)]
#[template(path = "payment/confirm_second.html")]
struct ConfirmSecond<'a> {
    /// The reference of the first payment and the URL of its page, if the browser may see the payment.
    first: Option<(Reference, Option<String>)>,
    /// The values that were entered now: those that differ from the first payment, or all.
    entered: Vec<EnteredField>,
    /// All new data as the payer typed it.
    typed: &'a FormFields,
    /// The key with which the page books the new data if the payer confirms.
    key: &'a str,
}

/// A field and the value that was entered now. A text that was not given is empty.
struct EnteredField {
    label: &'static str,
    value: String,
}

/// Returns the fields that differ from the first payment, or all fields with a value if there is none to compare.
fn entered(first: Option<&Payment>, new: &NewBooking) -> Vec<EnteredField> {
    let text = |field, details: &PayerDetails, amount| match field {
        // The text of the amount contains the currency.
        BookingField::Amount => format_money(amount),
        _ => details.text(field).unwrap_or_default().to_owned(),
    };
    let fields = BookingField::ALL.into_iter().filter_map(|field| {
        let value = text(field, &new.details, new.amount);
        let is_shown = match first {
            Some(first) => text(field, &first.details, first.amount) != value,
            None => !value.is_empty(),
        };
        is_shown.then_some(EnteredField { label: field.spec().label, value })
    });
    fields.collect()
}
