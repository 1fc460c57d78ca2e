//! The events that are mailed.

use serde::Deserialize;

use super::{Notice, PayerNotice};
use crate::ledger::{EventKind, OutboxEvent};
use crate::money::{Currency, Money};
use crate::payment::{Reference, Status};

/// The types of the events whose messages tell the state of a payment.
pub const STATE_EVENTS: [&str; 5] = [
    EventKind::PaymentBooked.as_str(),
    EventKind::PaymentCorrected.as_str(),
    EventKind::PaymentSettled.as_str(),
    EventKind::PaymentCancelled.as_str(),
    EventKind::PaymentReopened.as_str(),
];

/// The fields that a message needs of an event about a payment.
#[derive(Deserialize)]
struct PaymentFields {
    status: String,
    currency_from: String,
    amount_due: String,
    amount_received: String,
    /// Events of earlier releases lack it.
    amount_outstanding: Option<String>,
}

/// The fields that a message needs of an event about a refund.
#[derive(Deserialize)]
struct RefundFields {
    currency: String,
    amount: String,
    payment: Option<String>,
}

impl PayerNotice {
    /// Returns the message that an event causes, or `None` if the event is not mailed.
    ///
    /// An event that lacks an expected field is not mailed either: a newer release may have written the event.
    pub fn from_event(event: &OutboxEvent) -> Option<Self> {
        if event.event_type == EventKind::RefundSent.as_str() {
            let fields: RefundFields = serde_json::from_str(&event.data).ok()?;
            let amount = money(&fields.amount, &fields.currency)?;
            let reference = Reference::parse(&fields.payment?).ok()?;
            return Some(Self { reference, notice: Notice::RefundSent { amount } });
        }
        let reference = Reference::parse(&event.reference).ok()?;
        let notice = if event.event_type == EventKind::PageLinkRenewed.as_str() {
            Notice::NewLink
        } else {
            state_notice(event)?
        };
        Some(Self { reference, notice })
    }
}

/// Returns the message about the state of a payment after an event.
fn state_notice(event: &OutboxEvent) -> Option<Notice> {
    if !STATE_EVENTS.contains(&event.event_type.as_str()) {
        return None;
    }
    let fields: PaymentFields = serde_json::from_str(&event.data).ok()?;
    let amount = |text: &str| money(text, &fields.currency_from);
    let (due, received) = (amount(&fields.amount_due)?, amount(&fields.amount_received)?);
    let left = match &fields.amount_outstanding {
        Some(outstanding) => amount(outstanding)?,
        None => due.checked_sub(received).ok()?,
    };
    let has_status = |status: Status| fields.status == status.as_str();
    if event.event_type == EventKind::PaymentCancelled.as_str() {
        Some(Notice::Cancelled { held: received, kept: Money::zero(received.currency()) })
    } else if has_status(Status::Pending) {
        // A settlement after which nothing is received has taken money back.
        let is_settled = event.event_type == EventKind::PaymentSettled.as_str();
        Some(if is_settled { Notice::TakenBack { received, left } } else { Notice::Booked { due } })
    } else if has_status(Status::Underpayment) {
        Some(Notice::ReceivedInPart { received, left })
    } else if has_status(Status::Exact) || has_status(Status::Overpayment) {
        Some(Notice::Paid { due, received })
    } else {
        None
    }
}

fn money(text: &str, currency: &str) -> Option<Money> {
    Money::parse(text, currency.parse::<Currency>().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;
    use crate::ledger::{BatchToken, EventId};

    fn event(event_type: &str, reference: &str, data: &str) -> OutboxEvent {
        OutboxEvent {
            id: EventId::new(BatchToken(Uuid::nil()), 7),
            seq: 7,
            event_type: event_type.to_owned(),
            occurred_at: DateTime::UNIX_EPOCH,
            reference: reference.to_owned(),
            data: data.to_owned(),
        }
    }

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, "EUR".parse().unwrap())
    }

    /// A payment of 20.00 EUR.
    fn payment(event_type: &str, status: &str, received: &str, outstanding: &str) -> Option<Notice> {
        let data = format!(
            r#"{{"status":"{status}","currency_from":"EUR","amount_due":"20.00","amount_received":"{received}"
            {outstanding}}}"#
        );
        let notice = PayerNotice::from_event(&event(event_type, "REF042", &data))?;
        assert_eq!(notice.reference.to_string(), "REF042");
        Some(notice.notice)
    }

    #[test]
    fn each_state_that_a_payer_waits_for_is_mailed() {
        let due = eur(2_000);
        for event_type in ["payment.booked", "payment.corrected", "payment.reopened"] {
            assert_eq!(
                payment(event_type, "PENDING", "0.00", ""),
                Some(Notice::Booked { due }),
                "{event_type}"
            );
        }
        for (status, received) in [("EXACT", 2_000), ("OVERPAYMENT", 2_100)] {
            let text = eur(received).to_string();
            let paid = Notice::Paid { due, received: eur(received) };
            assert_eq!(payment("payment.settled", status, &text, ""), Some(paid));
        }
        assert_eq!(
            payment("payment.cancelled", "CANCELLED", "1.00", ""),
            Some(Notice::Cancelled { held: eur(100), kept: eur(0) })
        );
        assert_eq!(payment("payment.page_link_renewed", "PENDING", "0.00", ""), Some(Notice::NewLink));
    }

    #[test]
    fn what_is_left_to_pay_is_what_is_outstanding_not_what_has_not_arrived() {
        let in_part = |left| Some(Notice::ReceivedInPart { received: eur(1_250), left: eur(left) });
        let settled = |outstanding| payment("payment.settled", "UNDERPAYMENT", "12.50", outstanding);
        assert_eq!(settled(r#","amount_outstanding":"7.00""#), in_part(700));
        assert_eq!(settled(""), in_part(750));
        let taken_back = Notice::TakenBack { received: eur(0), left: eur(2_000) };
        assert_eq!(payment("payment.settled", "PENDING", "0.00", ""), Some(taken_back));
    }

    #[test]
    fn other_events_are_not_mailed() {
        for event_type in ["payment.erased", "receipt.recorded", "payment.unheard_of"] {
            assert_eq!(payment(event_type, "EXACT", "20.00", ""), None, "{event_type}");
        }
        for status in ["CANCELLED", "NEW"] {
            assert_eq!(payment("payment.settled", status, "0.00", ""), None, "{status}");
        }
        assert_eq!(payment("payment.settled", "EXACT", "many", ""), None);
        assert_eq!(payment("payment.settled", "EXACT", "1.00", r#","amount_outstanding":"-""#), None);
        assert_eq!(PayerNotice::from_event(&event("key.created", "hk_abc", "{}")), None);
    }

    #[test]
    fn a_sent_refund_is_mailed_to_the_payer_of_its_payment() {
        let sent = |payment: &str| {
            let data = format!(r#"{{"currency":"JPY","amount":"500","payment":{payment},"state":"sent"}}"#);
            PayerNotice::from_event(&event("refund.sent", "RFD-2026-000001", &data))
        };
        let notice = sent("\"REF007\"").unwrap();
        assert_eq!(notice.reference.to_string(), "REF007");
        assert_eq!(notice.notice, Notice::RefundSent { amount: money("500", "JPY").unwrap() });
        assert_eq!(sent("null"), None);
    }
}
