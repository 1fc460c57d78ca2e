//! `…/withdraw`: the payer cancels a payment for which nothing has arrived.

use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use actix_web::middleware::Compress;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use askama::Template;
use hermes_domain::ledger::{Cancellation, Command, HeldMoney};
use hermes_domain::payment::{Payment, PaymentKey};
use hermes_service::writer::SubmitError;

use super::{
    ChangeNotice, NO_INDEX, PagePath, TooLate, find_by_link, path, seen_version, too_late, too_late_page,
    unknown_link,
};
use crate::extract::{CommandContext, FormFields};
use crate::pages::book::admit;
use crate::pages::form::form_response;
use crate::pages::frame::Frame;
use crate::pages::locale::Locale;
use crate::problem::Problem;
use crate::state::AppState;

#[derive(Template)]
#[template(path = "payment/withdraw.html")]
struct WithdrawPage<'a> {
    frame: &'a Frame<'a>,
    reference: String,
    /// The version that the form withdraws.
    version: i64,
    amount: String,
    notice: Option<ChangeNotice>,
    page: String,
}

/// Asks whether to withdraw the payment.
#[get("/payment/{reference}/{secret}/withdraw", wrap = "Compress::default()")]
pub async fn withdraw_form(
    state: web::Data<AppState>,
    link: PagePath,
    locale: Locale,
) -> Result<HttpResponse, Problem> {
    let Some(payment) = find_by_link(&state, &link).await? else { return Ok(unknown_link(&state, &locale)) };
    if let Some(reason) = too_late(&payment) {
        return Ok(too_late_page(&state, &locale, &payment, reason));
    }
    let frame = Frame::new(&state, &locale);
    Ok(question(&state, &locale, &frame, &payment, None))
}

/// Cancels the payment, and returns to its page.
#[post("/payment/{reference}/{secret}/withdraw", wrap = "Compress::default()")]
pub async fn withdraw_payment(
    state: web::Data<AppState>,
    context: CommandContext,
    request: HttpRequest,
    link: PagePath,
    locale: Locale,
    typed: FormFields,
) -> Result<HttpResponse, Problem> {
    let locale = locale.of_form(&typed);
    let Some(payment) = find_by_link(&state, &link).await? else { return Ok(unknown_link(&state, &locale)) };
    if let Some(reason) = too_late(&payment) {
        return Ok(withdrawn_or_too_late(&state, &locale, &payment, reason));
    }
    let frame = Frame::without_switch(&state, &locale);
    if let Err(problem) = admit(&state, &request) {
        let failed = Failed { status: problem.code.status(), notice: ChangeNotice::not_saved(frame.t) };
        return Ok(question(&state, &locale, &frame, &payment, Some(failed)));
    }
    let command = Command::Cancel(Cancellation {
        target: PaymentKey::Id(payment.id),
        // A receipt also changes the version, so a payment with money is never withdrawn.
        expected_version: Some(seen_version(&typed, &payment)),
        held: HeldMoney::Refund,
        reason: frame.t.wrong_withdraw_reason().to_string(),
    });
    match context.submit(command).await {
        Ok(_) => Ok(to_page(&state, &payment)),
        Err(SubmitError::Rejected(_)) => {
            let current = find_by_link(&state, &link).await?.unwrap_or(payment);
            match too_late(&current) {
                Some(reason) => Ok(withdrawn_or_too_late(&state, &locale, &current, reason)),
                None => {
                    let text = frame.t.wrong_withdraw_meanwhile().to_string();
                    let notice = ChangeNotice::nothing_saved(text);
                    let failed = Failed { status: StatusCode::CONFLICT, notice };
                    Ok(question(&state, &locale, &frame, &current, Some(failed)))
                }
            }
        }
        Err(error) => {
            let notice = ChangeNotice::new(frame.t, &error);
            let failed = Failed { status: Problem::from(error).code.status(), notice };
            Ok(question(&state, &locale, &frame, &payment, Some(failed)))
        }
    }
}

fn to_page(state: &AppState, payment: &Payment) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, path(&state.server_key, payment))).finish()
}

/// After a second click, the payment is already withdrawn, as its page says.
fn withdrawn_or_too_late(
    state: &AppState,
    locale: &Locale,
    payment: &Payment,
    reason: TooLate,
) -> HttpResponse {
    match reason {
        TooLate::Cancelled => to_page(state, payment),
        TooLate::MoneyArrived => too_late_page(state, locale, payment, reason),
    }
}

/// An attempt after which the payment is not known to be withdrawn.
struct Failed {
    status: StatusCode,
    notice: ChangeNotice,
}

/// Shows the question.
fn question(
    state: &AppState,
    locale: &Locale,
    frame: &Frame<'_>,
    payment: &Payment,
    failed: Option<Failed>,
) -> HttpResponse {
    let status = failed.as_ref().map_or(StatusCode::OK, |failed| failed.status);
    let template = WithdrawPage {
        frame,
        reference: payment.reference.to_string(),
        version: payment.version,
        amount: frame.language.money(payment.amount_due()),
        notice: failed.map(|failed| failed.notice),
        page: path(&state.server_key, payment),
    };
    let (mut response, body) = form_response(locale, status, &template);
    response.insert_header(NO_INDEX).body(body)
}
