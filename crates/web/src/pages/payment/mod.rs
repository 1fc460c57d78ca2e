//! The page of one payment, which only its link opens, and what the payer can do there.
//!
//! [`page`] shows whom to pay, how much and until when. [`change`] and [`withdraw`] work while nothing has arrived.
//! [`movements`] are what arrived and what goes back, and [`explanation`] says what is missing or held. [`confirmation`] is for printing, [`code`] is the QR code for bank apps, and [`lost`] mails a new link.

mod change;
mod code;
mod confirmation;
mod explanation;
mod lost;
mod mail;
mod movements;
mod page;
mod timeline;
mod withdraw;

use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, HeaderName};
use actix_web::{HttpResponse, web};
use askama::Template;
use hermes_domain::access::{PageSecret, ServerKey};
use hermes_domain::payment::{Payment, PaymentId, PaymentKey, Reference, Status};
use hermes_domain::ports::StoreError;
use hermes_languages::Texts;
use hermes_service::writer::SubmitError;

use super::frame::Frame;
use super::locale::Locale;
use crate::extract::FormFields;
use crate::state::AppState;

pub(crate) use change::{change_form, change_payment};
pub(crate) use code::payment_code_image;
pub(crate) use confirmation::payment_confirmation;
pub(crate) use lost::{lost_link, send_lost_link};
pub(crate) use page::payer_page;
pub(crate) use withdraw::{withdraw_form, withdraw_payment};

/// Keeps pages with a secret URL out of search engines.
pub(super) const NO_INDEX: (HeaderName, &str) = (HeaderName::from_static("x-robots-tag"), "noindex");

/// The query after a form that had already booked the payment.
const ALREADY_BOOKED: &str = "again=1";
/// The query after a correction.
const CHANGED: &str = "changed=1";

/// The hidden field with the version of the payment that a form shows.
const VERSION: &str = "version";

/// Returns the version of the payment that the payer has seen in a form, or the current one if the form has none.
fn seen_version(typed: &FormFields, payment: &Payment) -> i64 {
    typed.find(VERSION).and_then(|version| version.parse().ok()).unwrap_or(payment.version)
}

/// The path of a payment's page: the reference and the secret.
type PagePath = web::Path<(String, String)>;

/// Returns the path of a payment's page. Anyone with the path may see the page.
pub(crate) fn path(key: &ServerKey, payment: &Payment) -> String {
    format!("/payment/{}/{}", payment.reference, PageSecret::derive(key, payment))
}

/// Returns the address of a page for paper and mail, if the configuration names the address of the portal.
fn full_address(state: &AppState, path: &str) -> Option<String> {
    Some(format!("{}{path}", state.public_url.as_deref()?))
}

/// Returns the path of the page with a message that the payment was already booked.
pub(super) fn path_already_booked(key: &ServerKey, payment: &Payment) -> String {
    format!("{}?{ALREADY_BOOKED}", path(key, payment))
}

/// Finds the payment that a link opens.
///
/// A wrong secret and an unknown reference cost the same: one read that finds a payment, and one that finds nothing.
/// Otherwise, the response time would reveal whether a reference exists.
///
/// # Errors
/// If the database fails.
async fn find_by_link(state: &AppState, path: &PagePath) -> Result<Option<Payment>, StoreError> {
    let now = state.clock.now();
    let opens = |payment: &Payment, secret: &str| PageSecret::opens(&state.server_key, payment, secret, now);
    find_that(state, path, opens).await
}

/// Finds the payment whose link was `path` before it was last renewed. Costs as much as [`find_by_link`].
async fn find_by_earlier_link(state: &AppState, path: &PagePath) -> Result<Option<Payment>, StoreError> {
    let opened =
        |payment: &Payment, secret: &str| PageSecret::opened_before(&state.server_key, payment, secret);
    find_that(state, path, opened).await
}

async fn find_that(
    state: &AppState,
    path: &PagePath,
    opens: impl Fn(&Payment, &str) -> bool,
) -> Result<Option<Payment>, StoreError> {
    let (reference, secret) = path.as_ref();
    let Ok(reference) = Reference::parse(reference) else { return Ok(None) };
    let found = state.reader.find(&PaymentKey::Reference(reference)).await?;
    let exists = found.is_some();
    let payment = found.filter(|payment| opens(payment, secret));
    if payment.is_none() {
        let unused =
            if exists { PaymentKey::Id(PaymentId::NIL) } else { PaymentKey::Reference(Reference::FIRST) };
        state.reader.find(&unused).await?;
    }
    Ok(payment)
}

/// The page of a link that does not work. Unknown and expired links look the same.
#[derive(Template)]
#[template(path = "payment/unknown.html")]
struct UnknownLinkPage<'a> {
    frame: &'a Frame<'a>,
}

pub(super) fn unknown_link(state: &AppState, locale: &Locale) -> HttpResponse {
    let frame = Frame::new(state, locale);
    let (mut response, body) = locale.page(StatusCode::NOT_FOUND, &UnknownLinkPage { frame: &frame });
    response.insert_header(NO_INDEX).insert_header((CACHE_CONTROL, "private, no-store")).body(body)
}

/// Why a payer can no longer change a payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TooLate {
    MoneyArrived,
    Cancelled,
}

/// Returns why the payer can no longer change a payment; `None` while nothing has arrived.
fn too_late(payment: &Payment) -> Option<TooLate> {
    match payment.status() {
        Status::Pending => None,
        Status::Cancelled => Some(TooLate::Cancelled),
        Status::Underpayment | Status::Exact | Status::Overpayment => Some(TooLate::MoneyArrived),
    }
}

/// A message above the form of a change.
struct ChangeNotice {
    text: String,
    /// Whether only the page of the payment shows if the change was saved.
    is_unknown: bool,
}

impl ChangeNotice {
    /// Says that nothing was saved.
    fn not_saved(t: &Texts) -> Self {
        Self::nothing_saved(t.wrong_not_saved().to_string())
    }

    /// Says why nothing was saved.
    const fn nothing_saved(text: String) -> Self {
        Self { text, is_unknown: false }
    }

    /// Says whether a change that failed was saved, as far as it is known.
    fn new(t: &Texts, error: &SubmitError) -> Self {
        match error {
            SubmitError::OutcomeUnknown => Self { text: t.wrong_unknown().to_string(), is_unknown: true },
            SubmitError::Rejected(_)
            | SubmitError::Busy
            | SubmitError::Stopping
            | SubmitError::Unavailable
            | SubmitError::ClockWrong
            | SubmitError::TooLarge
            | SubmitError::Internal => Self::not_saved(t),
        }
    }
}

/// The page that says why a payment can no longer be changed.
#[derive(Template)]
#[template(path = "payment/too_late.html")]
struct TooLatePage<'a> {
    frame: &'a Frame<'a>,
    reason: String,
    page: String,
}

fn too_late_page(state: &AppState, locale: &Locale, payment: &Payment, reason: TooLate) -> HttpResponse {
    let frame = Frame::without_switch(state, locale);
    let reason = match reason {
        TooLate::MoneyArrived => frame.t.wrong_too_late_money(),
        TooLate::Cancelled => frame.t.wrong_too_late_cancelled(),
    };
    let page = path(&state.server_key, payment);
    let template = TooLatePage { frame: &frame, reason: reason.to_string(), page };
    let (mut response, body) = locale.page(StatusCode::CONFLICT, &template);
    response.insert_header(NO_INDEX).body(body)
}
