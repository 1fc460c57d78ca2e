//! `POST /payment/quote`: the fee and the total of an amount, which the form's script shows while the payer types.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, post, web};
use hermes_domain::money::{Currency, Money};
use hermes_domain::payment::BookingField;
use hermes_languages::typed_amount::{TypedAmount, read};
use serde::Serialize;

use super::check::Quote;
use super::frame::{Frame, ShownMoney};
use super::locale::Locale;
use crate::extract::FormFields;
use crate::problem::Problem;
use crate::state::AppState;

/// The lines of the quote, each a label and an amount; empty while the amount is not clear.
#[derive(Serialize)]
struct QuoteBody {
    lines: Vec<[String; 2]>,
}

/// Returns the quote in the language of the form. An amount that is not clear yet has no lines: the check explains it.
#[post("/payment/quote")]
pub async fn quote_payment(
    state: web::Data<AppState>,
    locale: Locale,
    typed: FormFields,
) -> Result<HttpResponse, Problem> {
    let locale = locale.of_form(&typed);
    let frame = Frame::without_switch(&state, &locale);
    let lines = match amount(&frame, &typed) {
        Some(amount) => lines(&frame, Quote::new(&state, &frame, amount)?),
        None => Vec::new(),
    };
    Ok(HttpResponse::Ok().insert_header((CACHE_CONTROL, "no-store")).json(QuoteBody { lines }))
}

/// Returns the amount if it is positive and clear.
fn amount(frame: &Frame<'_>, typed: &FormFields) -> Option<Money> {
    let text = |field: BookingField| typed.find(field.spec().name);
    let currency: Currency = text(BookingField::CurrencyFrom)?.parse().ok()?;
    let TypedAmount::Decimal(decimal) = read(text(BookingField::Amount)?, currency, frame.language) else {
        return None;
    };
    Money::parse(&decimal, currency).ok().filter(|amount| !amount.is_zero())
}

fn lines(frame: &Frame<'_>, quote: Quote) -> Vec<[String; 2]> {
    let text = |money: ShownMoney| format!("{}\u{a0}{}", money.number, money.code);
    vec![
        [frame.t.field_amount().to_string(), text(quote.amount)],
        [quote.fee_label, text(quote.fee)],
        [frame.t.to_pay().to_string(), text(quote.to_pay)],
    ]
}
