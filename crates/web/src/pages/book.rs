//! `POST /payment`

use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::{HttpResponse, post, web};
use hermes_domain::ledger::{Command, Outcome, Refusal, Submission};
use hermes_domain::payment::{NewBooking, PaymentKey};
use hermes_service::lane::SubmitError;

use super::form::{self, KEY_FIELD, Notice};
use super::payer;
use super::same_site::SameSite;
use crate::bookings::content;
use crate::input::{Caller, FormFields, IdempotencyKey, booking_from_form, claim, fingerprint};
use crate::middleware::RequestId;
use crate::problem::{Problem, ProblemCode};
use crate::state::AppState;

/// Who books with the form, as the audit log names them.
const ACTOR: &str = "payer (form)";
const OPERATION: &str = "POST /payment";

/// Books a payment and leads to the payer's own page; a second click leads to the same page.
#[post("/payment")]
pub async fn book_payment(
    state: web::Data<AppState>,
    caller: Caller,
    request_id: RequestId,
    _same_site: SameSite,
    typed: FormFields,
) -> Result<HttpResponse, Problem> {
    let key = key_of(&state, &typed)?;
    let booking = match booking_from_form(&typed) {
        Ok(booking) => booking,
        Err(faults) => return Ok(form::with_faults(&key, &typed, &faults)),
    };
    match state.ledger.submit(submission(booking, caller, &key)).await {
        Ok(committed) => lead_to_page(&state, committed.outcome).await,
        Err(error) => Ok(not_booked(&state, &key, &typed, error, &request_id)),
    }
}

/// The form's key. A form without one gets a fresh one, so that trying again is safe for it as well.
fn key_of(state: &AppState, typed: &FormFields) -> Result<String, Problem> {
    match typed.find(KEY_FIELD) {
        None | Some("") => Ok(form::fresh_key(state)),
        Some(text) => {
            IdempotencyKey::parse(text).ok_or_else(|| Problem::new(ProblemCode::InvalidIdempotencyKey))
        }
    }
}

fn submission(booking: NewBooking, caller: Caller, key: &str) -> Submission {
    let claim = claim(ACTOR, OPERATION, key, fingerprint(&content(&booking)));
    Submission { command: Command::Book(booking), origin: caller.origin(ACTOR), idempotency: Some(claim) }
}

async fn lead_to_page(state: &AppState, outcome: Outcome) -> Result<HttpResponse, Problem> {
    let address = if outcome.replayed {
        // What is kept for a replay has no page token in it: the payment is read again.
        let key = PaymentKey::Id(outcome.payment.id);
        let payment = state.reader.find(&key).await?.ok_or(Refusal::NotFound(key))?;
        payer::address_again(&payment)
    } else {
        payer::address(&outcome.payment)
    };
    Ok(HttpResponse::SeeOther()
        .insert_header((LOCATION, address))
        .insert_header((CACHE_CONTROL, "no-store"))
        .finish())
}

fn not_booked(
    state: &AppState,
    key: &str,
    typed: &FormFields,
    error: SubmitError,
    request_id: &RequestId,
) -> HttpResponse {
    // A key that stands for another booking is of no further use; any other keeps its meaning.
    let fresh =
        matches!(error, SubmitError::Refused(Refusal::KeyReused { .. })).then(|| form::fresh_key(state));
    let problem = Problem::from(error.clone());
    let notice = Notice::of(&error, &problem, &request_id.0);
    form::with_notice(fresh.as_deref().unwrap_or(key), typed, &problem, &notice)
}
