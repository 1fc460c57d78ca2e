//! `…/change`: the payer corrects a payment for which nothing has arrived.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use askama::Template;
use chrono::TimeDelta;
use hermes_domain::ledger::{Command, Correction, Effect, Rejection};
use hermes_domain::payment::{BookingField, CorrectionRequest, Edit, NewBooking, Payment, PaymentKey};
use hermes_domain::ports::{StoreError, reader_limits};
use hermes_service::writer::SubmitError;

use super::{
    CHANGED, ChangeNotice, NO_INDEX, PagePath, find_by_earlier_link, find_by_link, path, seen_version,
    too_late, too_late_page, unknown_link,
};
use crate::extract::{CommandContext, FormFields};
use crate::pages::book::admit;
use crate::pages::form::{Entered, FormField, form_field, form_response};
use crate::pages::frame::{Frame, ShownMoney};
use crate::pages::input::{InputError, localized, read_booking};
use crate::pages::locale::Locale;
use crate::problem::Problem;
use crate::state::AppState;

/// How long after a correction the link that it replaced still leads a second click to the page.
const SECOND_CLICK: TimeDelta = TimeDelta::seconds(10);

/// The fields that a payer can correct. The currency is part of what was booked.
const CORRECTABLE: [BookingField; 8] = [
    BookingField::School,
    BookingField::StudentId,
    BookingField::Amount,
    BookingField::Name,
    BookingField::Email,
    BookingField::SenderFullName,
    BookingField::CountryFrom,
    BookingField::SenderAddress,
];

#[derive(Template)]
#[template(path = "payment/change.html")]
struct ChangePage<'a> {
    frame: &'a Frame<'a>,
    reference: String,
    /// The version that the form corrects.
    version: i64,
    to_pay: ShownMoney,
    notice: Option<ChangeNotice>,
    errors: &'a [InputError],
    fields: Vec<FormField>,
    page: String,
}

/// Shows the form with the current values.
#[get("/payment/{reference}/{secret}/change", wrap = "Compress::default()")]
pub async fn change_form(
    state: web::Data<AppState>,
    path: PagePath,
    locale: Locale,
) -> Result<HttpResponse, Problem> {
    let Some(payment) = find_by_link(&state, &path).await? else { return Ok(unknown_link(&state, &locale)) };
    if let Some(reason) = too_late(&payment) {
        return Ok(too_late_page(&state, &locale, &payment, reason));
    }
    let frame = Frame::new(&state, &locale);
    let current = current_values(&frame, &payment);
    Ok(form_page(
        &state,
        &locale,
        &frame,
        &payment,
        Shown { form: &current, errors: &[], notice: None },
        StatusCode::OK,
    ))
}

/// Corrects the payment, and returns to its page.
#[post("/payment/{reference}/{secret}/change", wrap = "Compress::default()")]
pub async fn change_payment(
    state: web::Data<AppState>,
    context: CommandContext,
    request: HttpRequest,
    link: PagePath,
    locale: Locale,
    typed: FormFields,
) -> Result<HttpResponse, Problem> {
    let locale = locale.of_form(&typed);
    let Some(payment) = find_by_link(&state, &link).await? else {
        return saved_just_now(&state, &locale, &link, &typed).await;
    };
    if let Some(reason) = too_late(&payment) {
        return Ok(too_late_page(&state, &locale, &payment, reason));
    }
    let frame = Frame::without_switch(&state, &locale);
    let typed = with_currency(&typed, &payment);
    let again = |errors: &[InputError], notice, status| {
        let shown = Shown { form: &typed, errors, notice };
        form_page(&state, &locale, &frame, &payment, shown, status)
    };
    let booking = match read_booking(&frame, &typed) {
        Ok(booking) => booking,
        Err(errors) => return Ok(again(&errors, None, StatusCode::UNPROCESSABLE_ENTITY)),
    };
    if let Err(problem) = admit(&state, &request) {
        return Ok(again(&[], Some(ChangeNotice::not_saved(frame.t)), problem.code.status()));
    }
    let command = Command::Correct(correction(&payment, seen_version(&typed, &payment), &booking));
    match context.submit(command).await {
        Ok(committed) => Ok(saved(&state, &committed.outcome.payment)),
        Err(SubmitError::Rejected(Rejection::Invalid(errors))) => {
            let errors: Vec<_> = errors.iter().filter_map(|error| localized(&frame, error)).collect();
            Ok(again(&errors, None, StatusCode::UNPROCESSABLE_ENTITY))
        }
        Err(SubmitError::Rejected(_)) => changed_meanwhile(&state, &locale, &link, &typed).await,
        Err(error) => {
            let notice = ChangeNotice::new(frame.t, &error);
            Ok(again(&[], Some(notice), Problem::from(error).code.status()))
        }
    }
}

/// What the form shows.
struct Shown<'a> {
    form: &'a FormFields,
    errors: &'a [InputError],
    notice: Option<ChangeNotice>,
}

fn saved(state: &AppState, payment: &Payment) -> HttpResponse {
    let page = path(&state.server_key, payment);
    HttpResponse::SeeOther().insert_header((LOCATION, format!("{page}?{CHANGED}"))).finish()
}

/// Shows the current values, because the payment has changed since the form was opened. After a second click, the payment
/// already has the values of the form.
async fn changed_meanwhile(
    state: &AppState,
    locale: &Locale,
    link: &PagePath,
    typed: &FormFields,
) -> Result<HttpResponse, Problem> {
    let Some(payment) = find_by_link(state, link).await? else {
        return saved_just_now(state, locale, link, typed).await;
    };
    if has_values(state, locale, &payment, typed) {
        return Ok(saved(state, &payment));
    }
    if let Some(reason) = too_late(&payment) {
        return Ok(too_late_page(state, locale, &payment, reason));
    }
    let frame = Frame::without_switch(state, locale);
    let current = current_values(&frame, &payment);
    let notice = Some(ChangeNotice::nothing_saved(frame.t.wrong_changed_meanwhile().to_string()));
    let shown = Shown { form: &current, errors: &[], notice };
    Ok(form_page(state, locale, &frame, &payment, shown, StatusCode::CONFLICT))
}

/// Answers a form under the link that a correction of the address has just replaced. After a second click, the payment has
/// the values of the form. Later, the earlier link opens nothing: its holder could guess the new address.
async fn saved_just_now(
    state: &AppState,
    locale: &Locale,
    link: &PagePath,
    typed: &FormFields,
) -> Result<HttpResponse, Problem> {
    let payment = find_by_earlier_link(state, link).await?;
    let is_second_click = |payment: &Payment| {
        let is_recent = state.clock.now() - payment.updated_at < SECOND_CLICK;
        is_recent && has_values(state, locale, payment, typed)
    };
    match payment.filter(is_second_click) {
        Some(payment) if is_replaced_by_correction(state, &payment).await? => Ok(saved(state, &payment)),
        _ => Ok(unknown_link(state, locale)),
    }
}

/// Returns whether the last change of a payment is the correction that replaced its link. Staff replace a link that is in
/// wrong hands.
async fn is_replaced_by_correction(state: &AppState, payment: &Payment) -> Result<bool, StoreError> {
    let rows = state.reader.audit_of(payment.id, 0, reader_limits::PAGE_MAX).await?;
    let Some(last) = rows.last() else { return Ok(false) };
    let is_correction = Some(last.action.as_str()) == Effect::Corrected.audit_action();
    Ok(is_correction
        && last.payment_before().is_some_and(|before| before.link_version < payment.link_version))
}

/// Returns whether a payment has the values of a form.
fn has_values(state: &AppState, locale: &Locale, payment: &Payment, typed: &FormFields) -> bool {
    let frame = Frame::without_switch(state, locale);
    read_booking(&frame, &with_currency(typed, payment))
        .is_ok_and(|entered| payment.details == entered.details && payment.amount == entered.amount)
}

/// Returns the form with the currency of the payment, which it cannot change.
fn with_currency(typed: &FormFields, payment: &Payment) -> FormFields {
    typed.clone().with(BookingField::CurrencyFrom.spec().name, payment.amount.currency().code())
}

fn form_page(
    state: &AppState,
    locale: &Locale,
    frame: &Frame<'_>,
    payment: &Payment,
    shown: Shown<'_>,
    status: StatusCode,
) -> HttpResponse {
    let entered = Entered { form: shown.form, errors: shown.errors, focus: None };
    let page = ChangePage {
        frame,
        reference: payment.reference.to_string(),
        version: payment.version,
        to_pay: frame.money(payment.amount_due()),
        notice: shown.notice,
        errors: shown.errors,
        fields: CORRECTABLE.map(|field| form_field(frame, entered, field)).into(),
        page: path(&state.server_key, payment),
    };
    let (mut response, body) = form_response(locale, status, &page);
    response.insert_header(NO_INDEX).body(body)
}

/// Returns the values of a payment as entries of the form.
fn current_values(frame: &Frame<'_>, payment: &Payment) -> FormFields {
    let value = |field: BookingField| match field {
        BookingField::Amount => frame.language.number(payment.amount),
        BookingField::CurrencyFrom => payment.amount.currency().code().to_owned(),
        _ => payment.details.text(field).unwrap_or_default().to_owned(),
    };
    let fields = CORRECTABLE.into_iter().chain([BookingField::CurrencyFrom]);
    fields.fold(FormFields::default(), |form, field| form.with(field.spec().name, &value(field)))
}

/// Returns the correction that changes the payment to the entries.
fn correction(payment: &Payment, seen_version: i64, booking: &NewBooking) -> Correction {
    let edit = |field: BookingField| match field {
        BookingField::Amount => Edit::Set(booking.amount.to_string()),
        _ => booking.details.text(field).map_or(Edit::Clear, |text| Edit::Set(text.to_owned())),
    };
    let request: CorrectionRequest = CORRECTABLE.into_iter().map(|field| (field, edit(field))).collect();
    Correction {
        target: PaymentKey::Id(payment.id),
        // A receipt also changes the version, so a correction never follows money that the payer has not seen.
        expected_version: Some(seen_version),
        request,
        reason: None,
    }
}
