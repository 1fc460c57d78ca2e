//! `GET /payment/{reference}/{secret}`: whom to pay, how much, until when, and what has happened.

use actix_web::http::StatusCode;
use actix_web::http::header::{ETAG, IF_NONE_MATCH};
use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, get, web};
use askama::Template;
use hermes_domain::institution::Account;
use hermes_domain::payment::{CheckKind, Payment, Status};
use hermes_domain::payment_code;
use hermes_domain::ports::{Page, PaymentFilter, PaymentReader};
use sha2::{Digest as _, Sha256};

use super::explanation::{cancellation, explanation};
use super::mail::Mail;
use super::movements::Movements;
use super::timeline::{Step, timeline};
use super::{
    ALREADY_BOOKED, CHANGED, NO_INDEX, PagePath, find_by_link, full_address, too_late, unknown_link,
};
use crate::pages::frame::{Frame, Labelled, ShownMoney, ShownTime};
use crate::pages::locale::Locale;
use crate::problem::Problem;
use crate::state::AppState;

/// How many of the payer's newest payments are compared with the payment on the page.
const MAX_COMPARED: u64 = 100;

#[derive(Template)]
#[template(path = "payment/page.html")]
struct PaymentPage<'a> {
    frame: &'a Frame<'a>,
    payment: &'a Payment,
    /// The entity tag, with which the page's script asks for changes.
    tag: &'a str,
    /// A message about what the payer has just done.
    message: Option<String>,
    /// What to transfer; `None` if nothing is due.
    due: Option<Due<'a>>,
    status: String,
    status_class: &'static str,
    /// What the payer must know about the status, in sentences.
    explanation: Vec<String>,
    hints: Vec<String>,
    steps: Vec<Step>,
    amount: ShownMoney,
    fee_label: String,
    fee: ShownMoney,
    to_pay: ShownMoney,
    received: Option<ShownMoney>,
    waived: Option<ShownMoney>,
    left: Option<ShownMoney>,
    details: Vec<Labelled>,
    booked: ShownTime,
    /// The path of the page, without a query.
    path: &'a str,
    address: Option<String>,
    can_change: bool,
    mail: Mail,
}

/// What to enter in the bank.
struct Due<'a> {
    title: String,
    amount: ShownMoney,
    sentence: String,
    creditor_reference: String,
    account: Option<&'a Account>,
    has_code: bool,
}

/// Shows a payer what is left to pay and how to pay it.
///
/// The entity tag is a digest of the page, so a browser can check at little cost whether anything has changed.
#[get("/payment/{reference}/{secret}", wrap = "Compress::default()")]
pub async fn payer_page(
    state: web::Data<AppState>,
    request: HttpRequest,
    path: PagePath,
    locale: Locale,
) -> Result<HttpResponse, Problem> {
    let Some(payment) = find_by_link(&state, &path).await? else { return Ok(unknown_link(&state, &locale)) };
    let locale = locale.without_query();
    let frame = Frame::new(&state, &locale);
    let message = match request.query_string() {
        ALREADY_BOOKED => Some(frame.t.payment_already_booked().to_string()),
        CHANGED => Some(frame.t.payment_changed().to_string()),
        _ => None,
    };
    let mail = Mail::of(&state, &frame, &payment, request.path()).await;
    let mut hints = hints(&frame, &*state.reader, &payment).await;
    if matches!(mail, Mail::Rejected) {
        hints.push(frame.t.payment_mail_rejected(payment.details.email.clone()).to_string());
    }
    let cancellation = cancellation(&*state.reader, &payment).await;
    let movements = Movements::read(&*state.receipts, &payment).await?;
    let mut template = PaymentPage {
        explanation: explanation(&frame, &payment, &movements, cancellation.as_ref()),
        hints,
        mail,
        steps: timeline(&frame, &payment, &movements),
        ..PaymentPage::new(&state, &frame, &payment, request.path())
    };
    let tag = entity_tag(&template);
    template.tag = tag.as_str();
    template.message = message;
    let (mut response, body) = locale.page(StatusCode::OK, &template);
    response.insert_header(NO_INDEX).insert_header((ETAG, tag.as_str()));
    let known = request.headers().get(IF_NONE_MATCH).and_then(|known| known.to_str().ok());
    if known == Some(tag.as_str()) {
        return Ok(response.status(StatusCode::NOT_MODIFIED).finish());
    }
    Ok(response.body(body))
}

/// Returns the entity tag of a page without a message. The tag is weak, because the compressed page has the same one.
fn entity_tag(page: &PaymentPage<'_>) -> String {
    let body = page.render().unwrap_or_default();
    let digest = Sha256::digest(&body).first_chunk().copied().map_or(0, u64::from_be_bytes);
    format!("W/\"{digest:016x}\"")
}

impl<'a> PaymentPage<'a> {
    /// Creates the page without what only other reads tell.
    fn new(state: &AppState, frame: &'a Frame<'a>, payment: &'a Payment, path: &'a str) -> Self {
        let outstanding = payment.amount_outstanding();
        let has_received = !payment.amount_received.is_zero();
        Self {
            frame,
            payment,
            tag: "",
            message: None,
            due: (!outstanding.is_zero()).then(|| Due::new(state, frame, payment)),
            status: frame.status(payment.status()),
            status_class: status_class(payment.status()),
            explanation: Vec::new(),
            hints: Vec::new(),
            steps: Vec::new(),
            amount: frame.money(payment.amount),
            fee_label: frame.fee_label(payment),
            fee: frame.money(payment.fee.amount),
            to_pay: frame.money(payment.amount_due()),
            received: has_received.then(|| frame.money(payment.amount_received)),
            waived: payment
                .shortfall_written_off
                .filter(|_| payment.cancelled_at.is_none())
                .map(|waived| frame.money(waived)),
            left: (has_received && !outstanding.is_zero()).then(|| frame.money(outstanding)),
            details: frame.details(&payment.details),
            booked: frame.time(payment.created_at),
            path,
            address: full_address(state, path),
            can_change: too_late(payment).is_none(),
            mail: Mail::own(state, frame, payment, path),
        }
    }

    fn title(&self) -> String {
        self.frame.t.payment_title(self.payment.reference.to_string()).to_string()
    }
}

impl<'a> Due<'a> {
    fn new(state: &AppState, frame: &Frame<'a>, payment: &Payment) -> Self {
        let t = frame.t;
        let outstanding = payment.amount_outstanding();
        let creditor_reference = payment.reference.creditor_reference();
        let account = frame.account(outstanding);
        let today = state.clock.now().with_timezone(&frame.institution.time_zone).date_naive();
        let title =
            if payment.amount_received.is_zero() { t.payment_transfer() } else { t.payment_transfer_rest() };
        let sentence = match payment.due_on {
            Some(due_on) if due_on < today => t.payment_overdue(frame.date(due_on)),
            Some(due_on) => t.payment_due(frame.date(due_on)),
            None => t.payment_due_none(),
        };
        Self {
            title: title.to_string(),
            amount: frame.money(outstanding),
            sentence: sentence.to_string(),
            has_code: account
                .is_some_and(|account| payment_code(account, outstanding, &creditor_reference).is_some()),
            creditor_reference,
            account,
        }
    }
}

impl Frame<'_> {
    /// Returns the word for a status.
    pub fn status(&self, status: Status) -> String {
        let t = self.t;
        let word = match status {
            Status::Pending => t.status_unpaid(),
            Status::Underpayment => t.status_part_paid(),
            Status::Exact => t.status_paid(),
            Status::Overpayment => t.status_overpaid(),
            Status::Cancelled => t.status_cancelled(),
        };
        word.to_string()
    }
}

const fn status_class(status: Status) -> &'static str {
    match status {
        Status::Pending => "unpaid",
        Status::Underpayment => "part",
        Status::Exact => "paid",
        Status::Overpayment => "overpaid",
        Status::Cancelled => "cancelled",
    }
}

/// Returns advice about the flags of a payment, as long as money is due.
///
/// The checks' own messages are for staff: they name other payments.
async fn hints(frame: &Frame<'_>, reader: &dyn PaymentReader, payment: &Payment) -> Vec<String> {
    let t = frame.t;
    let mut hints = Vec::new();
    let is_due = !payment.amount_outstanding().is_zero();
    for check in payment.checks.iter().filter(|check| is_due && check.is_flagged()) {
        match check.kind {
            // The hint names the link to the correction, which is shown only as long as nothing has arrived.
            CheckKind::InvalidEmail if too_late(payment).is_none() => hints.push(t.hint_email().to_string()),
            CheckKind::DuplicatedPayment if has_twin(reader, payment).await => {
                hints.push(t.hint_duplicate().to_string());
            }
            CheckKind::AmountThreshold => hints.push(t.hint_large().to_string()),
            // The status already describes a part payment or an overpayment.
            CheckKind::InvalidEmail | CheckKind::DuplicatedPayment | CheckKind::OverUnderPayment => {}
        }
    }
    hints
}

/// Returns whether the payer has another live payment of the same name, amount and school.
///
/// If the payments cannot be read, the page is shown without the hint.
async fn has_twin(reader: &dyn PaymentReader, payment: &Payment) -> bool {
    let filter = PaymentFilter { email: Some(payment.details.email.clone()), ..PaymentFilter::default() };
    let page = match reader.list(&filter, Page::First, MAX_COMPARED).await {
        Ok(page) => page.value,
        Err(error) => {
            log::warn!("a payment page is shown without its duplicate hint: {error}");
            return false;
        }
    };
    let key = |payment: &Payment| {
        let details = &payment.details;
        (details.email_key(), details.name.clone(), payment.amount, details.school.clone())
    };
    let is_twin = |other: &Payment| {
        other.id != payment.id && other.cancelled_at.is_none() && key(other) == key(payment)
    };
    page.payments.iter().any(is_twin)
}
