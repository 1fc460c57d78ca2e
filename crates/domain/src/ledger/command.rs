//! Commands: everything that can be asked of the ledger.

use std::net::IpAddr;

use serde::Serialize;

use super::IdempotencyClaim;
use crate::payment::{NewBooking, PaymentKey};

/// A command with who sends it.
#[derive(Debug, Clone)]
pub struct Submission {
    /// What is asked.
    pub command: Command,
    /// Who asks, for the audit log.
    pub origin: Origin,
    /// Makes a retry the same request, where the caller gave a key.
    pub idempotency: Option<IdempotencyClaim>,
}

impl Submission {
    /// The size of its text, in bytes: about what each of the rows takes that keep it.
    pub fn text_bytes(&self) -> usize {
        self.command.text_bytes()
            + self.origin.actor.len()
            + self.origin.user_agent.as_ref().map_or(0, String::len)
    }
}

/// A change that is asked for.
#[derive(Debug, Clone)]
pub enum Command {
    /// Book a payment.
    Book(NewBooking),
    /// Correct the details of one.
    Correct(Correction),
    /// Call one off.
    Cancel(Cancellation),
}

impl Command {
    /// Whether the command is decided in a batch of its own.
    ///
    /// Bookings only add, so the facts of a batch stay true while it is decided. A command that alters a
    /// payment can take away what those facts say of *other* payments (whether their payer has a live one),
    /// which no query of before the batch could know.
    pub const fn requires_exclusive_batch(&self) -> bool {
        match self {
            Self::Book(_) => false,
            Self::Correct(_) | Self::Cancel(_) => true,
        }
    }

    fn text_bytes(&self) -> usize {
        match self {
            Self::Book(booking) => booking.details.text_bytes(),
            Self::Correct(correction) => {
                correction.request.text_bytes() + correction.reason.as_ref().map_or(0, String::len)
            }
            Self::Cancel(cancellation) => cancellation.reason.len(),
        }
    }

    /// The payment that the command is about, when it exists already.
    pub const fn target(&self) -> Option<&PaymentKey> {
        match self {
            Self::Book(_) => None,
            Self::Correct(correction) => Some(&correction.target),
            Self::Cancel(cancellation) => Some(&cancellation.target),
        }
    }
}

/// A correction of a payment.
#[derive(Debug, Clone)]
pub struct Correction {
    /// Which payment.
    pub target: PaymentKey,
    /// The version that the caller has seen; `None` is any.
    pub expected_version: Option<i64>,
    /// What to change.
    pub request: CorrectionRequest,
    /// Why, for the audit log.
    pub reason: Option<String>,
}

/// What a correction changes; texts are not checked yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct CorrectionRequest {
    /// The payer's name.
    pub name: Edit,
    /// The payer's e-mail address.
    pub email: Edit,
    /// The school.
    pub school: Edit,
    /// The student's identifier.
    pub student_id: Edit,
    /// The sender's address.
    pub sender_address: Edit,
    /// The amount as a decimal number in the payment's currency.
    pub amount: Edit,
}

impl CorrectionRequest {
    fn text_bytes(&self) -> usize {
        let edits =
            [&self.name, &self.email, &self.school, &self.student_id, &self.sender_address, &self.amount];
        edits.into_iter().map(Edit::text_bytes).sum()
    }
}

/// What happens to one text.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub enum Edit {
    /// It stays.
    #[default]
    Keep,
    /// It goes.
    Clear,
    /// It becomes this.
    Set(String),
}

impl Edit {
    fn text_bytes(&self) -> usize {
        match self {
            Self::Keep | Self::Clear => 0,
            Self::Set(text) => text.len(),
        }
    }

    /// The text after the edit.
    pub(super) fn applied_to<'a>(&'a self, current: Option<&'a str>) -> Option<&'a str> {
        match self {
            Self::Keep => current,
            Self::Clear => None,
            Self::Set(text) => Some(text),
        }
    }
}

/// A cancellation of a payment.
#[derive(Debug, Clone)]
pub struct Cancellation {
    /// Which payment.
    pub target: PaymentKey,
    /// The version that the caller has seen, when it matters to the caller.
    pub expected_version: Option<i64>,
    /// Why, for the audit log and the payer.
    pub reason: String,
}

/// Where a command came from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Who: a key's name, a member of staff, or the channel when nobody is known by name.
    pub actor: String,
    /// The program that sent it, as it names itself.
    pub user_agent: Option<String>,
    /// The address it came from.
    pub ip_address: Option<IpAddr>,
}
