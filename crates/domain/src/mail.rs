//! Mail to payers: the events that are mailed, and what each message says.

use serde::Deserialize;

use crate::ledger::{Digest, EventKind, OutboxEvent};
use crate::money::{Currency, Money};
use crate::payment::{Payment, Reference, Status};

/// The most messages that one address receives in [`ADDRESS_PERIOD_MINUTES`]. Further messages wait.
pub const ADDRESS_MESSAGES_MAX: usize = 5;
/// The period of [`ADDRESS_MESSAGES_MAX`], in minutes.
pub const ADDRESS_PERIOD_MINUTES: i64 = 60;

/// What a message tells a payer. The amounts are those of the event, not of the moment of sending.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Notice {
    /// The payment is booked and waits for the transfer.
    Booked {
        /// The amount due.
        due: Money,
    },
    /// A part of the money has arrived.
    ReceivedInPart {
        /// The amount due.
        due: Money,
        /// The amount received so far.
        received: Money,
    },
    /// All of the money has arrived, or more.
    Paid {
        /// The amount due.
        due: Money,
        /// The amount received.
        received: Money,
    },
    /// The payment is cancelled.
    Cancelled {
        /// The money of the payment that is still held, and goes back to the payer.
        held: Money,
    },
    /// Money was sent back.
    RefundSent {
        /// The amount sent.
        amount: Money,
    },
    /// The page of the payment has a new link.
    NewLink,
}

/// A message for the payer of one payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayerNotice {
    /// The payment.
    pub reference: Reference,
    /// What the message says.
    pub notice: Notice,
}

/// The fields that a message needs of an event about a payment.
#[derive(Deserialize)]
struct PaymentFields {
    status: String,
    currency_from: String,
    amount_due: String,
    amount_received: String,
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
        payment_notice(event).map(|notice| Self { reference, notice })
    }
}

fn payment_notice(event: &OutboxEvent) -> Option<Notice> {
    let is = |kind: EventKind| event.event_type == kind.as_str();
    if is(EventKind::PageLinkRenewed) {
        return Some(Notice::NewLink);
    }
    let is_settled = is(EventKind::PaymentSettled);
    if !is_settled && !is(EventKind::PaymentBooked) && !is(EventKind::PaymentCancelled) {
        return None;
    }
    let fields: PaymentFields = serde_json::from_str(&event.data).ok()?;
    let due = money(&fields.amount_due, &fields.currency_from)?;
    let received = money(&fields.amount_received, &fields.currency_from)?;
    if !is_settled {
        let is_booked = is(EventKind::PaymentBooked);
        return Some(if is_booked { Notice::Booked { due } } else { Notice::Cancelled { held: received } });
    }
    let has_status = |status: Status| fields.status == status.as_str();
    if has_status(Status::Underpayment) {
        Some(Notice::ReceivedInPart { due, received })
    } else if has_status(Status::Exact) || has_status(Status::Overpayment) {
        Some(Notice::Paid { due, received })
    } else {
        None
    }
}

fn money(text: &str, currency: &str) -> Option<Money> {
    Money::parse(text, currency.parse::<Currency>().ok()?).ok()
}

/// A message that waits to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingMessage {
    /// The event that caused the message. Its id makes the `Message-ID`.
    pub event: OutboxEvent,
    /// The payment.
    pub reference: Reference,
    /// How often the mail server has postponed the message.
    pub attempts: i32,
}

/// How the attempts to send a message ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageResult {
    /// The mail server accepted the message.
    Sent {
        /// The key of the address, for the limit of [`ADDRESS_MESSAGES_MAX`].
        address_key: Digest,
    },
    /// The address or the message was rejected for good.
    Rejected {
        /// The reply of the mail server, such as `550 5.1.1 User unknown`.
        reason: String,
    },
    /// There is no address to send to any more, for example after an erasure.
    Dropped,
}

/// A message to the address of a payment was rejected, and none was accepted since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailRejection {
    /// When the message was rejected.
    pub at: chrono::DateTime<chrono::Utc>,
    /// The reply of the mail server.
    pub reason: String,
}

/// A message, ready to be written and sent.
#[derive(Debug, Clone, Copy)]
pub struct PayerMessage<'a> {
    /// The event that caused the message.
    pub event: &'a OutboxEvent,
    /// What the message says.
    pub notice: Notice,
    /// The payment as it is now.
    pub payment: &'a Payment,
    /// The absolute URL of the payment's page. Anyone with the URL may see the page.
    pub page_url: &'a str,
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

    fn payment(event_type: &str, status: &str, received: &str) -> Option<Notice> {
        let data = format!(
            r#"{{"status":"{status}","currency_from":"EUR","amount_due":"20.00","amount_received":"{received}"}}"#
        );
        let notice = PayerNotice::from_event(&event(event_type, "REF042", &data))?;
        assert_eq!(notice.reference.to_string(), "REF042");
        Some(notice.notice)
    }

    #[test]
    fn each_state_that_a_payer_waits_for_is_mailed() {
        let eur = |minor| Money::from_minor(minor, "EUR".parse().unwrap());
        let due = eur(2_000);
        assert_eq!(payment("payment.booked", "PENDING", "0.00"), Some(Notice::Booked { due }));
        assert_eq!(
            payment("payment.settled", "UNDERPAYMENT", "12.50"),
            Some(Notice::ReceivedInPart { due, received: eur(1_250) })
        );
        for (status, received) in [("EXACT", 2_000), ("OVERPAYMENT", 2_100)] {
            let text = eur(received).to_string();
            let paid = Notice::Paid { due, received: eur(received) };
            assert_eq!(payment("payment.settled", status, &text), Some(paid));
        }
        assert_eq!(
            payment("payment.cancelled", "CANCELLED", "1.00"),
            Some(Notice::Cancelled { held: eur(100) })
        );
        assert_eq!(payment("payment.page_link_renewed", "PENDING", "0.00"), Some(Notice::NewLink));
    }

    #[test]
    fn other_events_are_not_mailed() {
        for event_type in ["payment.corrected", "payment.erased", "receipt.recorded", "payment.unheard_of"] {
            assert_eq!(payment(event_type, "EXACT", "20.00"), None, "{event_type}");
        }
        for status in ["PENDING", "CANCELLED", "NEW"] {
            assert_eq!(payment("payment.settled", status, "0.00"), None, "{status}");
        }
        assert_eq!(payment("payment.settled", "EXACT", "many"), None);
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
