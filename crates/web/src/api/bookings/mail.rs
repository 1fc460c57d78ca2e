//! `GET /api/bookings/{key}/mail`

use actix_web::{HttpResponse, get, web};
use hermes_domain::ledger::Rejection;
use hermes_domain::ports::reader_limits;

use super::parse_payment_key;
use crate::api::{BookingParameter, PathText};
use crate::dto::MailMessageBody;
use crate::problem::{Problem, ProblemResponses};
use crate::state::AppState;

/// Lists the latest messages to the payer of one payment, newest first: at most 100.
///
/// The messages tell whether mail reaches the payer. They contain neither the text nor the link. Sent messages are listed
/// for 90 days. The list is empty if the portal sends no mail.
#[utoipa::path(
    tag = "bookings",
    params(BookingParameter),
    responses((status = 200, description = "The messages", body = Vec<MailMessageBody>), ProblemResponses)
)]
#[get("/api/bookings/{key}/mail")]
pub async fn list_booking_mail(state: web::Data<AppState>, path: PathText) -> Result<HttpResponse, Problem> {
    let key = parse_payment_key(&path)?;
    let payment = state.reader.find(&key).await?.ok_or(Rejection::NotFound(key))?;
    let messages = match &state.payment_mail {
        Some(mail) => mail.messages(payment.reference, reader_limits::PAGE_DEFAULT).await?,
        None => Vec::new(),
    };
    let bodies: Vec<_> = messages.iter().map(MailMessageBody::from).collect();
    Ok(HttpResponse::Ok().json(bodies))
}
