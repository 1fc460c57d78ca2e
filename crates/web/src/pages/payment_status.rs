//! `GET /payment/{reference}/{secret}`: the payer's page of one payment.

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderName;
use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, get, web};
use askama::Template;
use hermes_domain::access::{PageSecret, ServerKey};
use hermes_domain::money::{FeeBearer, Money};
use hermes_domain::payment::{CheckKind, Payment, PaymentId, PaymentKey, Reference, Status};
use hermes_domain::ports::{Page, PaymentFilter, PaymentReader, StoreError};

use super::form::labelled_texts;
use super::{format_money, page, status_label};
use crate::problem::{Problem, ProblemCode};
use crate::state::AppState;

/// The query after a form that had already booked the payment.
const ALREADY_BOOKED: &str = "again=1";

/// How many of the payer's newest payments are compared with the payment on the page.
const MAX_COMPARED: u64 = 100;

#[derive(Template)]
#[template(path = "payment/status.html")]
struct PaymentPage<'a> {
    payment: &'a Payment,
    already_booked: bool,
    hints: Vec<&'static str>,
}

/// Returns the path of a payment's page. Anyone with the path may see the page.
pub(crate) fn path(key: &ServerKey, payment: &Payment) -> String {
    format!("/payment/{}/{}", payment.reference, PageSecret::derive(key, payment))
}

/// Returns the path of the page with a message that the payment was already booked.
pub(super) fn path_already_booked(key: &ServerKey, payment: &Payment) -> String {
    format!("{}?{ALREADY_BOOKED}", path(key, payment))
}

/// Shows a payer what is left to pay and how to pay it.
#[get("/payment/{reference}/{secret}", wrap = "Compress::default()")]
pub async fn payer_page(
    state: web::Data<AppState>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (reference, secret) = path.into_inner();
    let payment = find_with_secret(&state, &reference, &secret).await?;
    let payment = payment.ok_or_else(|| Problem::new(ProblemCode::NotFound))?;
    let template = PaymentPage {
        payment: &payment,
        already_booked: request.query_string() == ALREADY_BOOKED,
        hints: hints(&*state.reader, &payment).await,
    };
    let (mut response, body) = page(StatusCode::OK, &template);
    Ok(response.insert_header((HeaderName::from_static("x-robots-tag"), "noindex")).body(body))
}

/// Finds a payment by its reference and the secret of its page.
///
/// A wrong secret and an unknown reference cost the same: one read that finds a payment, and one that finds nothing.
/// Otherwise, the response time would reveal whether a reference exists.
async fn find_with_secret(
    state: &AppState,
    reference: &str,
    secret: &str,
) -> Result<Option<Payment>, StoreError> {
    let Ok(reference) = Reference::parse(reference) else { return Ok(None) };
    let found = state.reader.find(&PaymentKey::Reference(reference)).await?;
    let exists = found.is_some();
    let opens = |payment: &Payment| PageSecret::opens(&state.server_key, payment, secret, state.clock.now());
    let payment = found.filter(opens);
    if payment.is_none() {
        let unused =
            if exists { PaymentKey::Id(PaymentId::NIL) } else { PaymentKey::Reference(Reference::FIRST) };
        state.reader.find(&unused).await?;
    }
    Ok(payment)
}

impl PaymentPage<'_> {
    fn status_label(&self) -> &'static str {
        status_label(self.payment.status())
    }

    /// Returns a short text about the status, with amounts for a part payment.
    fn status_line(&self) -> String {
        match self.payment.status() {
            Status::Pending => "Waiting for your transfer".to_owned(),
            Status::Underpayment => {
                let received = format_money(self.payment.amount_received);
                let left = format_money(self.payment.amount_outstanding());
                format!("{received} received, {left} left to pay")
            }
            status => status_label(status).to_owned(),
        }
    }

    /// Returns the received amount above the amount due.
    fn excess(&self) -> Option<Money> {
        let excess = self.payment.amount_received.checked_sub(self.payment.amount_due()).ok()?;
        (self.payment.status() == Status::Overpayment).then_some(excess)
    }

    fn institution_pays_fee(&self) -> bool {
        self.payment.fee_bearer == FeeBearer::Institution
    }

    fn details(&self) -> Vec<(&'static str, &str)> {
        labelled_texts(&self.payment.details)
    }
}

/// Returns advice about the flags of a payment, as long as money is due.
///
/// The checks' own messages are for staff: they name other payments.
async fn hints(reader: &dyn PaymentReader, payment: &Payment) -> Vec<&'static str> {
    let mut hints = Vec::new();
    let is_due = !payment.amount_outstanding().is_zero();
    for check in payment.checks.iter().filter(|check| is_due && check.is_flagged()) {
        match check.kind {
            CheckKind::InvalidEmail => {
                hints.push("Check your e-mail address. If it is wrong, tell the finance office.");
            }
            CheckKind::DuplicatedPayment if has_twin(reader, payment).await => {
                hints.push("If you already booked this payment, pay only once.");
            }
            CheckKind::AmountThreshold => {
                hints.push("This is a large amount. Check the amount before you pay.");
            }
            // The status already describes a part payment or an overpayment.
            CheckKind::DuplicatedPayment | CheckKind::OverUnderPayment => {}
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

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use hermes_domain::money::{BasisPoints, Currency, Fee};
    use hermes_domain::payment::{FIRST_LINK_VERSION, PayerDetails, PaymentFields, PaymentId};

    use super::*;

    /// Renders the page of a payment of 35,000.00 USD with a fee of 700.00 USD.
    fn render(received: &str, fee_bearer: FeeBearer) -> String {
        let usd = |text| Money::parse(text, Currency::USD).unwrap();
        let payment = Payment::new(PaymentFields {
            id: PaymentId::NIL,
            reference: Reference::new(1).unwrap(),
            link_version: FIRST_LINK_VERSION,
            link_expires_at: None,
            details: PayerDetails {
                name: "Ana Ruiz".to_owned(),
                email: "ana@example.org".to_owned(),
                ..PayerDetails::default()
            },
            amount: usd("35000"),
            fee: Fee { amount: usd("700"), rate: BasisPoints::new(200).unwrap(), rule: "large".to_owned() },
            fee_bearer,
            amount_received: usd(received),
            shortfall_written_off: None,
            cancelled_at: None,
            checks: Vec::new(),
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        });
        let payment = &payment.unwrap();
        PaymentPage { payment, already_booked: false, hints: Vec::new() }.render().unwrap()
    }

    #[test]
    fn the_page_shows_the_received_and_the_remaining_amount() {
        for (received, title, status_line, left) in [
            ("0", "Unpaid", "Waiting for your transfer", "35700.00\">35,700.00"),
            ("700.50", "Part paid", "700.50 USD received, 34,999.50 USD left to pay", "34999.50\">34,999.50"),
            ("35700", "Paid", "Paid", "0.00\">0.00"),
            ("35701", "Overpaid", "Overpaid", "0.00\">0.00"),
        ] {
            let page = render(received, FeeBearer::Payer);
            for expected in [
                format!("<title>REF001: {title} –"),
                format!("<p class=\"status\">{status_line}</p>"),
                format!("<p class=\"large-amount\"><data value=\"{left}</data> USD</p>"),
            ] {
                assert!(page.contains(&expected), "{expected} is not in {page}");
            }
            assert_eq!(page.contains("<h2 id=\"how\">How to pay"), !left.starts_with("0.00"));
        }
        let overpaid = render("35701", FeeBearer::Payer);
        assert!(overpaid.contains("You paid <data value=\"1.00\">1.00</data> USD too much."), "{overpaid}");
    }

    #[test]
    fn a_fee_that_the_institution_pays_is_not_due() {
        let page = render("0", FeeBearer::Institution);
        assert!(page.contains("Fee (2.00 %), paid by the institution"), "{page}");
        assert!(page.contains("<dt>To pay</dt><dd><data value=\"35000.00\">"), "{page}");
    }
}
