//! `…/confirmation`: what was booked and what has arrived, on one sheet of paper. Its times are in the time zone of the
//! institution.

use actix_web::http::StatusCode;
use actix_web::middleware::Compress;
use actix_web::{HttpResponse, get, web};
use askama::Template;
use hermes_domain::payment::Payment;

use super::explanation::{cancellation, explanation, released};
use super::movements::Movements;
use super::timeline::{Step, received, returned};
use super::{NO_INDEX, PagePath, find_by_link, full_address, path, unknown_link};
use crate::pages::frame::{Frame, Labelled, ShownMoney, ShownTime};
use crate::pages::locale::Locale;
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Template)]
#[template(path = "payment/confirmation.html")]
struct ConfirmationPage<'a> {
    frame: &'a Frame<'a>,
    payment: &'a Payment,
    creditor_reference: String,
    status: String,
    details: Vec<Labelled>,
    booked: ShownTime,
    as_of: ShownTime,
    amount: ShownMoney,
    fee_label: String,
    fee: ShownMoney,
    to_pay: ShownMoney,
    arrivals: Vec<Step>,
    /// Why the payment is cancelled and what the institution had then, if that became credit.
    released: Vec<String>,
    /// The total that has arrived, unless nothing has.
    received: Option<ShownMoney>,
    refunds: Vec<Step>,
    waived: Option<ShownMoney>,
    left: Option<ShownMoney>,
    page: String,
    address: Option<String>,
}

/// Shows the confirmation.
#[get("/payment/{reference}/{secret}/confirmation", wrap = "Compress::default()")]
pub async fn payment_confirmation(
    state: web::Data<AppState>,
    link: PagePath,
    locale: Locale,
) -> Result<HttpResponse, Problem> {
    let Some(payment) = find_by_link(&state, &link).await? else { return Ok(unknown_link(&state, &locale)) };
    let frame = Frame::new(&state, &locale);
    let outstanding = payment.amount_outstanding();
    let movements = Movements::read(&*state.receipts, &payment).await?;
    let total = movements.total(&payment).ok();
    let cancellation = cancellation(&*state.reader, &payment).await;
    let is_credit = cancellation.as_ref().is_some_and(|row| released(row, &movements).is_some());
    let released =
        if is_credit { explanation(&frame, &payment, &movements, cancellation.as_ref()) } else { Vec::new() };
    let page = path(&state.server_key, &payment);
    let template = ConfirmationPage {
        frame: &frame,
        payment: &payment,
        creditor_reference: payment.reference.creditor_reference(),
        status: frame.status(payment.status()),
        details: frame.details(&payment.details),
        booked: frame.time(payment.created_at),
        as_of: frame.time(state.clock.now()),
        amount: frame.money(payment.amount),
        fee_label: frame.fee_label(&payment),
        fee: frame.money(payment.fee.amount),
        to_pay: frame.money(payment.amount_due()),
        arrivals: movements
            .arrivals
            .iter()
            .map(|arrival| received(&frame, arrival, payment.status()))
            .collect(),
        released,
        received: total.filter(|total| !total.is_zero()).map(|total| frame.money(total)),
        refunds: movements.refunds.iter().map(|refund| returned(&frame, refund)).collect(),
        waived: payment
            .shortfall_written_off
            .filter(|_| payment.cancelled_at.is_none())
            .map(|waived| frame.money(waived)),
        left: (!outstanding.is_zero()).then(|| frame.money(outstanding)),
        address: full_address(&state, &page),
        page,
    };
    let (mut response, body) = locale.page(StatusCode::OK, &template);
    Ok(response.insert_header(NO_INDEX).body(body))
}
