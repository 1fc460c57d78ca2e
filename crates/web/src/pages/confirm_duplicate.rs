//! The page that asks for confirmation if a form with other data uses the key of an earlier booking.

use actix_web::HttpResponse;
use actix_web::http::header::REFERRER_POLICY;
use askama::Template;
use hermes_domain::payment::{BookingField, NewBooking, PayerDetails, Payment};

use super::form::{ACTION, KEY_FIELD, values};
use super::{format_money, page};
use crate::extract::FormFields;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "payment/confirm_duplicate.html")]
struct ConfirmDuplicatePage<'a> {
    first: &'a Payment,
    first_page: Option<&'a str>,
    changes: Vec<ChangedField>,
    action: &'static str,
    key_field: &'static str,
    key: &'a str,
    typed: Vec<(&'static str, &'a str)>,
}

/// A field that differs from the first booking. A text that was not given is empty.
#[derive(Debug, PartialEq, Eq)]
struct ChangedField {
    label: &'static str,
    first: String,
    now: String,
}

/// The first booking with a key, and the new data.
pub(super) struct ConfirmDuplicate<'a> {
    /// The payment as it was booked.
    pub first: &'a Payment,
    /// The URL of its page, if the payment could be read.
    pub first_page: Option<&'a str>,
    /// The new data.
    pub now: &'a NewBooking,
    /// The new data as the payer typed it.
    pub typed: &'a FormFields,
}

/// Shows the differences. The page books the new data with `key` if the payer confirms.
pub(super) fn confirm(duplicate: &ConfirmDuplicate<'_>, key: &str, problem: &Problem) -> HttpResponse {
    let template = ConfirmDuplicatePage {
        first: duplicate.first,
        first_page: duplicate.first_page,
        changes: changed_fields(duplicate.first, duplicate.now),
        action: ACTION,
        key_field: KEY_FIELD,
        key,
        typed: values(duplicate.typed),
    };
    let (mut response, body) = page(problem.code.status(), &template);
    problem.add_headers(&mut response);
    // With `no-referrer`, a browser would send the form with `Origin: null`.
    response.insert_header((REFERRER_POLICY, "same-origin")).body(body)
}

fn changed_fields(first: &Payment, now: &NewBooking) -> Vec<ChangedField> {
    let text = |field, details: &PayerDetails, amount| match field {
        // The text of the amount contains the currency.
        BookingField::Amount => format_money(amount),
        _ => details.text(field).unwrap_or_default().to_owned(),
    };
    let fields = BookingField::ALL.into_iter().map(|field| ChangedField {
        label: field.spec().label,
        first: text(field, &first.details, first.amount),
        now: text(field, &now.details, now.amount),
    });
    fields.filter(|field| field.first != field.now).collect()
}
