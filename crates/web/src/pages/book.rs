//! `POST /payment`

use actix_web::http::header::{CACHE_CONTROL, HeaderValue, LOCATION, SET_COOKIE};
use actix_web::{HttpResponse, post, web};
use hermes_domain::ledger::{Command, Outcome, Rejection};
use hermes_domain::payment::{NewBooking, Payment, PaymentKey};
use hermes_service::writer::SubmitError;

use super::confirm_duplicate::{self, ConfirmDuplicate};
use super::form::{self, FormCookie, KEY_FIELD, Notice};
use super::payment_status;
use super::same_site::SameSite;
use crate::extract::{
    CommandContext, FormFields, booking_from_form, fingerprint, fingerprint_fields, parse_idempotency_key,
};
use crate::middleware::RequestId;
use crate::problem::Problem;
use crate::state::AppState;

/// Books a payment and leads to the payer's own page.
///
/// A second click, the way back and a second tab send the same key: with the same data they lead to the same
/// page, with other data to a question.
#[post("/payment")]
pub async fn book_payment(
    state: web::Data<AppState>,
    context: CommandContext,
    request_id: RequestId,
    cookie: FormCookie,
    _same_site: SameSite,
    typed: FormFields,
) -> Result<HttpResponse, Problem> {
    let key = key_of(&state, &typed)?;
    let booking = match booking_from_form(&typed) {
        Ok(booking) => booking,
        Err(faults) => return Ok(form::with_faults(&key, &typed, &faults)),
    };
    let answer = match context.with_idempotency_key(key.clone()).submit(Command::Book(booking.clone())).await
    {
        Ok(committed) => lead_to_page(&state, committed.outcome).await?,
        Err(SubmitError::Refused(Rejection::KeyReused { payment })) => {
            ask_again(&state, &key, payment, &booking, &typed).await
        }
        Err(error) => return Ok(not_booked(&key, &typed, &error, &request_id)),
    };
    Ok(forgetting(answer, cookie.forget(&key)))
}

/// The form's key. A form without one gets a fresh one, so that trying again is safe for it as well.
fn key_of(state: &AppState, typed: &FormFields) -> Result<String, Problem> {
    match typed.find(KEY_FIELD) {
        None | Some("") => Ok(form::fresh_key(state)),
        Some(text) => parse_idempotency_key(text),
    }
}

async fn lead_to_page(state: &AppState, outcome: Outcome) -> Result<HttpResponse, Problem> {
    let address = if outcome.replayed {
        address_of_first(state, &outcome.payment).await?
    } else {
        payment_status::address(&outcome.payment)
    };
    Ok(HttpResponse::SeeOther()
        .insert_header((LOCATION, address))
        .insert_header((CACHE_CONTROL, "no-store"))
        .finish())
}

/// What is kept for a replay has no page token in it: the payment is read again.
async fn address_of_first(state: &AppState, first: &Payment) -> Result<String, Problem> {
    let key = PaymentKey::Id(first.id);
    let payment = state.reader.find(&key).await?.ok_or(Rejection::NotFound(key))?;
    Ok(payment_status::address_again(&payment))
}

async fn ask_again(
    state: &AppState,
    key: &str,
    first: Box<Payment>,
    now: &NewBooking,
    typed: &FormFields,
) -> HttpResponse {
    // The question can be asked without the way to the first booking's page.
    let first_page = address_of_first(state, &first).await.ok();
    let sent = ConfirmDuplicate { first: &first, first_page: first_page.as_deref(), now, typed };
    let problem = Problem::from(Rejection::KeyReused { payment: first.clone() });
    confirm_duplicate::ask(&sent, &key_after(key, now), &problem)
}

/// The key for what was sent with a key that has booked something else: the same again for the same, so that
/// coming back to the question does not book once more.
fn key_after(key: &str, now: &NewBooking) -> String {
    let digest = fingerprint(&(key, fingerprint_fields(now)));
    digest.iter().take(form::KEY_BYTES).map(|byte| format!("{byte:02x}")).collect()
}

fn not_booked(key: &str, typed: &FormFields, error: &SubmitError, request_id: &RequestId) -> HttpResponse {
    let problem = Problem::from(error.clone());
    let notice = Notice::of(error, &problem, request_id.as_str());
    form::with_notice(key, typed, &problem, &notice)
}

fn forgetting(mut answer: HttpResponse, cookie: Option<String>) -> HttpResponse {
    if let Some(value) = cookie.and_then(|text| HeaderValue::from_str(&text).ok()) {
        answer.headers_mut().insert(SET_COOKIE, value);
    }
    answer
}
