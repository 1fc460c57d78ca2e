//! `POST /payment/check`: shows every answer, the fee and the total before anything is booked.

use actix_web::http::StatusCode;
use actix_web::http::header::CACHE_CONTROL;
use actix_web::middleware::Compress;
use actix_web::{HttpResponse, get, post, web};
use askama::Template;
use hermes_domain::money::{Fee, FeeBearer, Money};
use hermes_domain::payment::{BookingField, NewBooking};

use super::book::{first_address, redirect};
use super::email::{Doubt, doubt};
use super::form::{self, Entered, FormCookie, FormKey};
use super::frame::{FORM_ORDER, Frame, ShownMoney};
use super::input::read_booking;
use super::locale::Locale;
use crate::extract::{FormFields, find_booked};
use crate::problem::{Problem, ProblemCode};
use crate::state::AppState;

/// The field with the name of the answer that the payer wants to change.
const CHANGE: &str = "change";
/// The field with the suggested e-mail address that the payer accepts.
const USE_EMAIL: &str = "use_email";

/// An answer on the page.
struct Answer {
    name: &'static str,
    label: String,
    /// The text of the payer; empty if it was not given.
    text: String,
}

/// What a payment costs.
pub(super) struct Quote {
    pub amount: ShownMoney,
    pub fee_label: String,
    pub fee: ShownMoney,
    pub to_pay: ShownMoney,
}

/// A doubt about the e-mail address, as the page shows it.
struct ShownDoubt {
    text: String,
    suggestion: Option<String>,
}

#[derive(Template)]
#[template(path = "payment/check.html")]
struct CheckPage<'a> {
    frame: &'a Frame<'a>,
    key: &'a str,
    form: &'a FormFields,
    answers: Vec<Answer>,
    quote: Quote,
    doubt: Option<ShownDoubt>,
}

/// `GET /payment/check`: *Back* after a booking leads to the payment, and any other visit to the form.
///
/// The check itself answers a form and contains personal data, so no browser stores it. `assets/form.js` therefore gives
/// its entry in the history this address as soon as the payer confirms. Without scripts, a browser offers to send the
/// form again, which books nothing twice.
#[get("/payment/check")]
pub async fn check_again(state: web::Data<AppState>, cookie: FormCookie) -> Result<HttpResponse, Problem> {
    let booked = match cookie.booked_key() {
        Some(key) => find_booked(&state, key.as_str()).await?,
        None => None,
    };
    Ok(redirect(&match booked {
        Some(payment) => first_address(&state, &payment).await?,
        None => "/payment".to_owned(),
    }))
}

/// Shows the answers, or the form with the errors.
#[post("/payment/check", wrap = "Compress::default()")]
pub async fn check_payment(
    state: web::Data<AppState>,
    cookie: FormCookie,
    locale: Locale,
    typed: FormFields,
) -> Result<HttpResponse, Problem> {
    let locale = locale.of_form(&typed);
    let Some(key) = FormKey::of_form(&state, &typed) else {
        return Ok(form::expired(&state, &locale, &cookie, &typed));
    };
    let typed = match typed.find(USE_EMAIL).map(str::to_owned) {
        Some(address) => typed.with(BookingField::Email.spec().name, &address),
        None => typed,
    };
    if let Some(name) = typed.find(CHANGE) {
        let focus = BookingField::ALL.into_iter().find(|field| field.spec().name == name);
        let entered = Entered { form: &typed, errors: &[], focus };
        return Ok(form::to_change(&state, &locale, &key, entered));
    }
    let frame = Frame::without_switch(&state, &locale);
    match read_booking(&frame, &typed) {
        Ok(booking) => answers(&state, &locale, &key, &typed, &booking),
        Err(errors) => {
            let entered = Entered { form: &typed, errors: &errors, focus: None };
            Ok(form::to_change(&state, &locale, &key, entered))
        }
    }
}

fn answers(
    state: &AppState,
    locale: &Locale,
    key: &FormKey,
    typed: &FormFields,
    booking: &NewBooking,
) -> Result<HttpResponse, Problem> {
    let frame = Frame::without_switch(state, locale);
    let page = CheckPage {
        frame: &frame,
        key: key.as_str(),
        form: typed,
        answers: shown_answers(&frame, booking),
        quote: Quote::new(state, &frame, booking.amount)?,
        doubt: shown_doubt(&frame, &booking.details.email),
    };
    let (mut response, body) = form::form_response(locale, StatusCode::OK, &page);
    Ok(response.insert_header((CACHE_CONTROL, "no-store")).body(body))
}

/// Returns every answer. The amount contains the currency, and the sender is shown only if it was given.
fn shown_answers(frame: &Frame<'_>, booking: &NewBooking) -> Vec<Answer> {
    let answer = |field: BookingField| {
        let text = match field {
            BookingField::Amount => frame.language.money(booking.amount),
            _ => booking.details.text(field).unwrap_or_default().to_owned(),
        };
        let is_optional_group = matches!(
            field,
            BookingField::SenderFullName | BookingField::CountryFrom | BookingField::SenderAddress
        );
        let is_shown = field != BookingField::CurrencyFrom && !(is_optional_group && text.is_empty());
        is_shown.then(|| Answer { name: field.spec().name, label: frame.label(field), text })
    };
    FORM_ORDER.into_iter().filter_map(answer).collect()
}

fn shown_doubt(frame: &Frame<'_>, email: &str) -> Option<ShownDoubt> {
    let t = frame.t;
    Some(match doubt(email)? {
        Doubt::Invalid => {
            ShownDoubt { text: t.check_email_invalid(email.to_owned()).to_string(), suggestion: None }
        }
        Doubt::Suggestion(suggestion) => ShownDoubt {
            text: t.check_email_suggestion(email.to_owned(), suggestion.clone()).to_string(),
            suggestion: Some(suggestion),
        },
    })
}

impl Quote {
    /// Computes what an amount costs.
    ///
    /// # Errors
    /// If the fee or the total overflows, which no accepted amount causes.
    pub fn new(state: &AppState, frame: &Frame<'_>, amount: Money) -> Result<Self, Problem> {
        let overflow = |error| Problem::new(ProblemCode::Internal).caused_by(error);
        let Fee { amount: fee, rate, .. } = state.rules.fees.fee_for(amount).map_err(overflow)?;
        let rate = frame.language.rate(rate);
        let (fee_label, to_pay) = match state.rules.fee_bearer {
            FeeBearer::Payer => (frame.t.fee(rate), amount.checked_add(fee).map_err(overflow)?),
            FeeBearer::Institution => (frame.t.fee_institution(rate), amount),
        };
        Ok(Self {
            amount: frame.money(amount),
            fee_label: fee_label.to_string(),
            fee: frame.money(fee),
            to_pay: frame.money(to_pay),
        })
    }
}
