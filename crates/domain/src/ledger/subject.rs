//! Subjects: the objects that commands change.

use crate::access::KeyId;
use crate::payment::PaymentId;
use crate::receipt::{ReceiptNumber, RefundNumber};

/// The type of a subject that is a payment.
pub const PAYMENT_SUBJECT: &str = "payment";
/// The type of a subject that is an API key.
pub const KEY_SUBJECT: &str = "key";
/// The type of a subject that is a receipt.
pub const RECEIPT_SUBJECT: &str = "receipt";
/// The type of a subject that is a refund.
pub const REFUND_SUBJECT: &str = "refund";

/// The object that a command changes, as audit rows and events name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A payment.
    Payment(PaymentId),
    /// An API key.
    Key(KeyId),
    /// A receipt.
    Receipt(ReceiptNumber),
    /// A refund.
    Refund(RefundNumber),
}

impl Subject {
    /// Returns the type as stored, such as `payment`.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Payment(_) => PAYMENT_SUBJECT,
            Self::Key(_) => KEY_SUBJECT,
            Self::Receipt(_) => RECEIPT_SUBJECT,
            Self::Refund(_) => REFUND_SUBJECT,
        }
    }

    /// Returns the id as stored: of a payment, 32 hexadecimal digits; of a key, its public id; of a receipt or a refund, its number.
    pub fn id(&self) -> String {
        match self {
            Self::Payment(id) => id.0.simple().to_string(),
            Self::Key(id) => id.to_string(),
            Self::Receipt(number) => number.to_string(),
            Self::Refund(number) => number.to_string(),
        }
    }

    /// Returns the id of the payment, if the subject is a payment.
    pub const fn payment_id(&self) -> Option<PaymentId> {
        match self {
            Self::Payment(id) => Some(*id),
            Self::Key(_) | Self::Receipt(_) | Self::Refund(_) => None,
        }
    }
}
