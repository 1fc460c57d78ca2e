//! `POST /payment`: books a payment from the checked form.

use std::time::Instant;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, LOCATION};
use actix_web::{HttpRequest, HttpResponse, post, web};
use askama::Template;
use hermes_domain::ledger::{Command, Rejection};
use hermes_domain::payment::{BookingField, NewBooking, PayerDetails, Payment, PaymentKey};
use hermes_languages::Texts;
use hermes_service::writer::SubmitError;

use super::form::{self, Entered, FormCookie, FormKey, FormNotice, with_cookie};
use super::frame::{FORM_ORDER, Frame, Labelled};
use super::input::read_booking;
use super::locale::Locale;
use super::payment;
use crate::extract::{CommandContext, FormFields, RequestId, client_address, fingerprint};
use crate::problem::Problem;
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
    locale: Locale,
    typed: FormFields,
) -> Result<HttpResponse, Problem> {
    let locale = locale.of_form(&typed);
    let Some(key) = FormKey::of_form(&state, &typed) else {
        return Ok(form::expired(&state, &locale, &cookie, &typed));
    };
    let booking = match read_booking(&Frame::without_switch(&state, &locale), &typed) {
        Ok(booking) => booking,
        Err(errors) => {
            let entered = Entered { form: &typed, errors: &errors, focus: None };
            return Ok(form::to_change(&state, &locale, &key, entered));
        }
    };
    let context = context.with_idempotency_key(key.as_str().to_owned());
    let command = Command::Book(booking.clone());
    let sent = SentForm {
        state: &state,
        request: &request,
        cookie: &cookie,
        locale: &locale,
        typed: &typed,
        key: &key,
    };
    let (first, is_same) = match sent.find_or_book(context, command, &request_id).await {
        Ok(Booked::Now(payment)) => {
            let response = redirect(&payment::path(&state.server_key, &payment));
            return Ok(with_cookie(response, cookie.booked(&state, &key)));
        }
        Ok(Booked::Earlier { payment, is_same }) => (payment, is_same),
        Err(response) => return Ok(response),
    };
    let is_own = cookie.may_see(&key, first.created_at, state.clock.now());
    // A second click after a switch of the language differs only in the language.
    let is_same = is_same || (first.details == booking.details && first.amount == booking.amount);
    if is_own && is_same {
        let response = redirect(&first_address(&state, &first).await?);
        return Ok(with_cookie(response, cookie.booked(&state, &key)));
    }
    let own = if is_own { Some(&first) } else { None };
    Ok(sent.confirm_second(own, &booking).await)
}

/// A valid form whose key this installation issued.
struct SentForm<'a> {
    state: &'a AppState,
    request: &'a HttpRequest,
    cookie: &'a FormCookie,
    locale: &'a Locale,
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
            let notice = FormNotice::new(self.texts(), error, problem, request_id.as_str());
            self.with_notice(problem, &notice)
        };
        let replay = context.find_replay(&command).await;
        let replay = replay.map_err(|error| not_booked(&Problem::from(error), &SubmitError::Unavailable))?;
        if let Some((payment, is_same)) = replay {
            return Ok(Booked::Earlier { payment, is_same });
        }
        if !self.key.is_current(self.state) {
            return Err(form::expired(self.state, self.locale, self.cookie, self.typed));
        }
        admit(self.state, self.request)
            .map_err(|problem| self.with_notice(&problem, &FormNotice::wait(self.texts(), &problem)))?;
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

    /// Asks whether to book the new data too. `own` is the first payment, if the browser may see it.
    async fn confirm_second(&self, own: Option<&Payment>, new: &NewBooking) -> HttpResponse {
        let first = match own {
            // If the read fails, the page has no link to the first booking.
            Some(first) => Some((first.reference.to_string(), first_address(self.state, first).await.ok())),
            None => None,
        };
        // If the payer returns to this page, the page has the same key and the payment is not booked again.
        let second = self.key.second(self.state, &fingerprint(new));
        let frame = Frame::without_switch(self.state, self.locale);
        let entered = entered(&frame, own, new);
        let template =
            ConfirmSecond { first, entered, form: self.typed, key: second.as_str(), frame: &frame };
        let (mut response, body) =
            form::form_response(self.locale, StatusCode::UNPROCESSABLE_ENTITY, &template);
        response.insert_header((CACHE_CONTROL, "no-store"));
        with_cookie(response.body(body), self.cookie.reopen(self.key, &second))
    }

    fn with_notice(&self, problem: &Problem, notice: &FormNotice) -> HttpResponse {
        form::with_notice(self.state, self.locale, self.key, self.typed, problem, notice)
    }

    fn texts(&self) -> &'static Texts {
        self.locale.language.texts()
    }
}

/// Checks the free disk space and the limits of the form.
pub(super) fn admit(state: &AppState, request: &HttpRequest) -> Result<(), Problem> {
    let now = Instant::now();
    if let Some(storage) = &state.storage {
        storage.admit_form(now)?;
    }
    state.limits.admit_form(client_address(request), now)
}

pub(super) fn redirect(address: &str) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, address))
        .insert_header((CACHE_CONTROL, "no-store"))
        .finish()
}

/// Returns the path of the first booking's page. The link may have been renewed, so the payment is read again.
pub(super) async fn first_address(state: &AppState, first: &Payment) -> Result<String, Problem> {
    let key = PaymentKey::Id(first.id);
    let payment = state.reader.find(&key).await?.ok_or(Rejection::NotFound(key))?;
    Ok(payment::path_already_booked(&state.server_key, &payment))
}

/// The page that asks for confirmation if a form uses the key of an earlier booking.
///
/// The page shows no stored value besides the reference. Without proof that the browser made the first booking, the page
/// does not even say which fields differ, because a caller could then guess the values one by one.
#[derive(Template)]
#[template(path = "payment/confirm_second.html")]
struct ConfirmSecond<'a> {
    frame: &'a Frame<'a>,
    /// The reference of the first payment and the URL of its page, if the browser may see the payment.
    first: Option<(String, Option<String>)>,
    /// The values that were entered now: those that differ from the first payment, or all. A text that was not given is
    /// empty.
    entered: Vec<Labelled>,
    /// All new data as the payer typed it.
    form: &'a FormFields,
    /// The key with which the page books the new data if the payer confirms.
    key: &'a str,
}

/// Returns the fields that differ from the first payment, or all fields with a value if there is none to compare.
fn entered(frame: &Frame<'_>, first: Option<&Payment>, new: &NewBooking) -> Vec<Labelled> {
    let text = |field, details: &PayerDetails, amount| match field {
        // The text of the amount contains the currency.
        BookingField::Amount => frame.language.money(amount),
        _ => details.text(field).unwrap_or_default().to_owned(),
    };
    let fields = FORM_ORDER.into_iter().filter_map(|field| {
        let value = text(field, &new.details, new.amount);
        let is_shown = match first {
            Some(first) => text(field, &first.details, first.amount) != value,
            None => !value.is_empty(),
        };
        is_shown.then(|| Labelled { label: frame.label(field), text: value })
    });
    fields.collect()
}
