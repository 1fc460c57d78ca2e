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
/// The records of used keys are searched first. A repeated form therefore finds its booking although its key is too old
/// for a new booking, the disk is full or the limit is reached, and does not count against the limit.
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
    let context = context.with_idempotency_key(key.as_str().to_owned());
    let command = Command::Book(booking.clone());
    let sent = SentForm { state: &state, request: &request, cookie: &cookie, typed: &typed, key: &key };
    let (first, is_same) = match sent.find_or_book(context, command, &request_id).await {
        Ok(Booked::Now(payment)) => {
            let response = redirect(&payment_status::path(&state.server_key, &payment));
            return Ok(with_cookie(response, cookie.booked(&state, &key)));
        }
        Ok(Booked::Earlier { payment, is_same }) => (payment, is_same),
        Err(response) => return Ok(response),
    };
    let is_own = cookie.may_see(&key, first.created_at, state.clock.now());
    if is_own && is_same {
        let response = redirect(&first_address(&state, &first).await?);
        return Ok(with_cookie(response, cookie.booked(&state, &key)));
    }
    let own = if is_own { Some(&first) } else { None };
    Ok(confirm_second(&state, &cookie, &key, own, &booking, &typed).await)
}

/// A valid form whose key this installation issued.
struct SentForm<'a> {
    state: &'a AppState,
    request: &'a HttpRequest,
    cookie: &'a FormCookie,
    typed: &'a FormFields,
    key: &'a FormKey,
}

/// The payment of a form's key.
enum Booked {
    Now(Payment),
    /// An earlier form with this key booked it. `is_same` tells whether the data is the same.
    Earlier {
        payment: Payment,
        is_same: bool,
    },
}

impl SentForm<'_> {
    /// Finds the payment of the key, or books one.
    ///
    /// # Errors
    /// The response that shows the form again.
    async fn find_or_book(
        &self,
        context: CommandContext,
        command: Command,
        request_id: &RequestId,
    ) -> Result<Booked, HttpResponse> {
        let not_booked = |problem: &Problem, error| {
            let notice = FormNotice::new(error, problem, request_id.as_str());
            form::with_notice(self.key, self.typed, problem, &notice)
        };
        let replay = context.find_replay(&command).await;
        let replay = replay.map_err(|error| not_booked(&Problem::from(error), &SubmitError::Unavailable))?;
        if let Some((payment, is_same)) = replay {
            return Ok(Booked::Earlier { payment, is_same });
        }
        if !self.key.is_current(self.state) {
            return Err(expired(self.state, self.cookie, self.typed));
        }
        admit(self.state, self.request).map_err(|problem| {
            form::with_notice(self.key, self.typed, &problem, &FormNotice::wait(&problem))
        })?;
        match context.submit(command).await {
            Ok(committed) if committed.outcome.replayed => {
                Ok(Booked::Earlier { payment: committed.outcome.payment, is_same: true })
            }
            Ok(committed) => Ok(Booked::Now(committed.outcome.payment)),
            // A form key only ever books, so the outcome has a payment.
            Err(SubmitError::Rejected(Rejection::KeyReused { payment: Some(payment) })) => {
                Ok(Booked::Earlier { payment: *payment, is_same: false })
            }
            Err(error) => Err(not_booked(&Problem::from(error.clone()), &error)),
        }
    }
}

/// Returns the form's key, or a new key if the form has none. If the form is shown again, a retry sends that key. `None`
/// if the key was not issued here.
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
