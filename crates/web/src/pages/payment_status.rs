//! `GET /payment/{reference}/{token}`: the payer's own page.

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderName};
use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, get, web};
use askama::Template;
use hermes_domain::money::FeeBearer;
use hermes_domain::payment::{CheckKind, Payment, PaymentKey, Reference, Status};

use super::{AmountView, FormattedTime, page};
use crate::problem::{Problem, ProblemCode};
use crate::state::AppState;

/// The query of the page after a second click.
const AGAIN: &str = "again=1";

/// The page.
#[derive(Template)]
#[template(path = "payment/payer.html")]
struct PayerPage<'a> {
    payment: &'a Payment,
    arrival: Arrival,
    creditor_reference: String,
    /// The creditor reference in groups of four, as banks print it.
    creditor_groups: String,
    status_words: &'static str,
    outstanding: AmountView,
    owes: bool,
    amount: AmountView,
    fee: AmountView,
    fee_is_ours: bool,
    final_amount: AmountView,
    received: AmountView,
    /// By how much more has arrived than was due.
    excess: Option<AmountView>,
    details: Vec<(&'static str, &'a str)>,
    hints: Vec<&'static str>,
    booked: FormattedTime,
    updated: FormattedTime,
    cancelled: Option<FormattedTime>,
}

/// How the payer came to the page.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Arrival {
    /// From the form, or from a bookmark.
    Plain,
    /// From a form that had booked already.
    Again,
}

/// The address of a payment's page; whoever knows it may see the page.
pub(super) fn address(payment: &Payment) -> String {
    format!("/payment/{}/{}", payment.reference, payment.page_token)
}

/// The same page, saying that the payment was booked before.
pub(super) fn address_again(payment: &Payment) -> String {
    format!("{}?{AGAIN}", address(payment))
}

/// The page of one payment for its payer: what is still to be paid, and how.
#[get("/payment/{reference}/{token}", wrap = "Compress::default()")]
pub async fn payer_page(
    state: web::Data<AppState>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (reference, token) = path.into_inner();
    let not_found = || Problem::new(ProblemCode::NotFound);
    let reference = Reference::parse(&reference).map_err(|_| not_found())?;
    let payment = state.reader.find(&PaymentKey::Reference(reference)).await?;
    let payment = payment.filter(|payment| payment.page_token.matches(&token)).ok_or_else(not_found)?;
    let arrival = if request.query_string() == AGAIN { Arrival::Again } else { Arrival::Plain };
    let (mut response, body) = page(StatusCode::OK, &PayerPage::new(&payment, arrival));
    Ok(response
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((HeaderName::from_static("x-robots-tag"), "noindex"))
        .body(body))
}

impl<'a> PayerPage<'a> {
    fn new(payment: &'a Payment, arrival: Arrival) -> Self {
        let status = payment.status();
        let creditor_reference = payment.reference.creditor_reference();
        let excess = payment.amount_received.checked_sub(payment.amount_due()).ok();
        Self {
            payment,
            arrival,
            creditor_groups: in_groups_of_four(&creditor_reference),
            creditor_reference,
            status_words: status_words(status),
            outstanding: payment.amount_outstanding().into(),
            owes: !payment.amount_outstanding().is_zero(),
            amount: payment.amount.into(),
            fee: payment.fee.amount.into(),
            fee_is_ours: payment.fee_bearer == FeeBearer::Institution,
            final_amount: payment.final_amount().into(),
            received: payment.amount_received.into(),
            excess: excess.filter(|_| status == Status::Overpayment).map(AmountView::from),
            details: details(payment),
            hints: hints(payment),
            booked: payment.created_at.into(),
            updated: payment.updated_at.into(),
            cancelled: payment.cancelled_at.map(FormattedTime::from),
        }
    }
}

fn in_groups_of_four(reference: &str) -> String {
    let mut text = String::with_capacity(reference.len() * 5 / 4);
    for (place, character) in reference.chars().enumerate() {
        if place > 0 && place.is_multiple_of(4) {
            text.push(' ');
        }
        text.push(character);
    }
    text
}

const fn status_words(status: Status) -> &'static str {
    match status {
        Status::Pending => "Nothing has arrived yet",
        Status::Underpayment => "A part has arrived",
        Status::Exact => "Paid in full",
        Status::Overpayment => "More has arrived than was due",
        Status::Cancelled => "Cancelled",
    }
}

/// The texts that were given.
fn details(payment: &Payment) -> Vec<(&'static str, &str)> {
    let details = &payment.details;
    let optional = [
        ("School", &details.school),
        ("Student ID", &details.student_id),
        ("Sender’s full name", &details.sender_full_name),
        ("Country", &details.country_from),
        ("Sender’s address", &details.sender_address),
    ];
    let given = optional.into_iter().filter_map(|(label, text)| Some((label, text.as_deref()?)));
    [("Name", details.name.as_str()), ("E-mail address", details.email.as_str())]
        .into_iter()
        .chain(given)
        .collect()
}

/// What the payer can make of the flags. The checks' own messages are for staff: they name other payments.
fn hints(payment: &Payment) -> Vec<&'static str> {
    let hint = |kind| match kind {
        CheckKind::InvalidEmail => {
            Some("Please check your e-mail address: mail sent to it may not reach you.")
        }
        CheckKind::DuplicatedPayment => {
            Some("If you have booked this same payment before, please pay only one of the bookings.")
        }
        CheckKind::AmountThreshold => Some("This is a large amount: please check that it is right."),
        // The status says it already.
        CheckKind::OverUnderPayment => None,
    };
    payment.checks.iter().filter(|check| check.is_flagged()).filter_map(|check| hint(check.kind)).collect()
}
