//! Subjects: the objects that commands change.

use crate::access::KeyId;
use crate::payment::PaymentId;

/// The type of a subject that is a payment.
pub const PAYMENT_SUBJECT: &str = "payment";
/// The type of a subject that is an API key.
pub const KEY_SUBJECT: &str = "key";

/// The object that a command changes, as audit rows and events name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// A payment.
    Payment(PaymentId),
    /// An API key.
    Key(KeyId),
}

impl Subject {
    /// Returns the type as stored, such as `payment`.
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Payment(_) => PAYMENT_SUBJECT,
            Self::Key(_) => KEY_SUBJECT,
        }
    }

    /// Returns the id as stored: of a payment, 32 hexadecimal digits; of a key, its public id.
    pub fn id(&self) -> String {
        match self {
            Self::Payment(id) => id.0.simple().to_string(),
            Self::Key(id) => id.to_string(),
        }
    }

    /// Returns the id of the payment, if the subject is a payment.
    pub const fn payment_id(&self) -> Option<PaymentId> {
        match self {
            Self::Payment(id) => Some(*id),
            Self::Key(_) => None,
        }
    }
}
