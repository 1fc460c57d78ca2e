//! A message to a payer.

use hermes_domain::mail::{MessageRecord, MessageState, RejectionClass};
use serde::Serialize;
use utoipa::ToSchema;

use super::values::schemas;
use super::{EventType, Rfc3339, string_enum};

schemas! {
    /// The schema of the state of a message.
    MessageStateName as "MailMessageState" = string_enum(["waiting", "sent", "rejected"]);
    /// The schema of the class of a rejection.
    RejectionClassName as "MailRejectionClass" = string_enum(RejectionClass::ALL.map(RejectionClass::as_str));
}

/// A message to the payer of a payment, without its text.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailMessage)]
pub struct MailMessageBody {
    /// The type of the event that the message tells.
    #[schema(value_type = EventType, example = "payment.booked")]
    pub event_type: String,
    /// The time of the event.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub event_time: Rfc3339,
    /// The state.
    #[schema(value_type = MessageStateName, example = "rejected")]
    pub state: &'static str,
    /// When the mail server accepted or rejected the message; for a message that waits, the earliest time of the next
    /// attempt.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub time: Rfc3339,
    /// Why the message was rejected.
    pub rejection: Option<MailRejectionBody>,
}

/// Why a message was rejected.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MailRejection)]
pub struct MailRejectionBody {
    /// The class of the reply: `address` (does not exist or is not valid), `mailbox` (full or disabled), `policy` (a rule
    /// of the mail server), `postponed` (for two days) or `other`.
    #[schema(value_type = RejectionClassName, example = "address")]
    pub class: &'static str,
    /// The class as a sentence.
    #[schema(example = "The address does not exist or is not valid.")]
    pub detail: &'static str,
}

impl From<&MessageRecord> for MailMessageBody {
    fn from(message: &MessageRecord) -> Self {
        let (state, time, rejection) = match &message.state {
            MessageState::Waiting { not_before } => ("waiting", *not_before, None),
            MessageState::Sent { at } => ("sent", *at, None),
            MessageState::Rejected(rejection) => {
                let class = RejectionClass::from_reply(&rejection.reason);
                let body = MailRejectionBody { class: class.as_str(), detail: class.sentence() };
                ("rejected", rejection.at, Some(body))
            }
        };
        Self {
            event_type: message.event.event_type.clone(),
            event_time: Rfc3339(message.event.occurred_at),
            state,
            time: Rfc3339(time),
            rejection,
        }
    }
}
