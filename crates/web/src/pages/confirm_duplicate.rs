//! The question to a payer whose form has booked already and now says something else.

use actix_web::HttpResponse;
use actix_web::http::header::REFERRER_POLICY;
use askama::Template;
use hermes_domain::money::Money;
use hermes_domain::payment::{NewBooking, Payment, Reference};

use super::form::{ACTION, KEY_FIELD, label_of, values};
use super::{AmountView, FormattedTime, page};
use crate::extract::FormFields;
use crate::problem::Problem;

/// The page.
#[derive(Template)]
#[template(path = "payment/again.html")]
struct ConfirmDuplicatePage<'a> {
    reference: Reference,
    booked: FormattedTime,
    first_page: Option<&'a str>,
    changes: Vec<Change>,
    action: &'static str,
    key_field: &'static str,
    key: &'a str,
    typed: Vec<(&'static str, &'a str)>,
}

/// What differs from the first booking; a text that was not given is empty.
#[derive(Debug, PartialEq, Eq)]
struct Change {
    label: &'static str,
    first: String,
    now: String,
}

/// What was sent with a key that has booked already.
pub(super) struct ConfirmDuplicate<'a> {
    /// What the key has booked, as it was then.
    pub first: &'a Payment,
    /// The address of its page, where that is to be had.
    pub first_page: Option<&'a str>,
    /// What was sent now.
    pub now: &'a NewBooking,
    /// The same as it was typed.
    pub typed: &'a FormFields,
}

/// Asks whether what was sent now is another payment; nothing is booked until the payer says so, with a key of
/// its own.
pub(super) fn ask(sent: &ConfirmDuplicate<'_>, key: &str, problem: &Problem) -> HttpResponse {
    let question = ConfirmDuplicatePage {
        reference: sent.first.reference,
        booked: sent.first.created_at.into(),
        first_page: sent.first_page,
        changes: changes(sent.first, sent.now),
        action: ACTION,
        key_field: KEY_FIELD,
        key,
        typed: values(sent.typed),
    };
    let (mut response, body) = page(problem.code.status(), &question);
    problem.add_headers(&mut response);
    // Without a referrer browsers would call the origin of the page's form "null".
    response.insert_header((REFERRER_POLICY, "same-origin")).body(body)
}

fn changes(first: &Payment, now: &NewBooking) -> Vec<Change> {
    let (was, is) = (&first.details, &now.details);
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    let shown = |money: Money| {
        let view = AmountView::from(money);
        format!("{} {}", view.shown, view.currency)
    };
    [
        ("name", was.name.clone(), is.name.clone()),
        ("email", was.email.clone(), is.email.clone()),
        ("amount", shown(first.amount), shown(now.amount)),
        ("school", optional(&was.school), optional(&is.school)),
        ("student_id", optional(&was.student_id), optional(&is.student_id)),
        ("sender_full_name", optional(&was.sender_full_name), optional(&is.sender_full_name)),
        ("country_from", optional(&was.country_from), optional(&is.country_from)),
        ("sender_address", optional(&was.sender_address), optional(&is.sender_address)),
    ]
    .into_iter()
    .filter(|(_, first, now)| first != now)
    .map(|(name, first, now)| Change { label: label_of(name), first, now })
    .collect()
}
