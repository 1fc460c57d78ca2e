//! Why the mail server rejected a message.

/// The kind of a rejection, by the reply of the mail server (RFC 5321 section 4.2, RFC 3463).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectionClass {
    /// The address does not exist, or is not an address.
    Address,
    /// The mailbox exists but receives nothing: it is full or disabled.
    Mailbox,
    /// The mail server refuses the message by its rules.
    Policy,
    /// The mail server has postponed the message too often.
    Postponed,
    /// Another reason.
    Other,
}

impl RejectionClass {
    /// Every class.
    pub const ALL: [Self; 5] = [Self::Address, Self::Mailbox, Self::Policy, Self::Postponed, Self::Other];

    /// Derives the class from a stored reply, such as `permanent error (550): 5.1.1 no such user`.
    pub fn from_reply(reply: &str) -> Self {
        let codes: Vec<_> =
            reply.split([' ', ':', '(', ')', '-']).filter(|part| is_code(part)).take(2).collect();
        let enhanced = codes.iter().find(|code| code.contains('.')).copied().unwrap_or_default();
        let basic = codes.iter().find(|code| !code.contains('.')).copied().unwrap_or_default();
        if codes.first().is_some_and(|code| code.starts_with('4')) {
            return Self::Postponed;
        }
        match (enhanced.get(..3), basic) {
            (Some("5.1"), _) => Self::Address,
            (Some("5.2"), _) => Self::Mailbox,
            (Some("5.7"), _) => Self::Policy,
            (Some(_), _) => Self::Other,
            (None, "550" | "551" | "553" | "501") => Self::Address,
            (None, "552") => Self::Mailbox,
            // The address was rejected before any mail server saw it.
            (None, "") if reply.contains("address") => Self::Address,
            (None, _) => Self::Other,
        }
    }

    /// Returns the code on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Mailbox => "mailbox",
            Self::Policy => "policy",
            Self::Postponed => "postponed",
            Self::Other => "other",
        }
    }

    /// Returns a sentence for staff.
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Address => "The address does not exist or is not valid.",
            Self::Mailbox => "The mailbox is full or does not receive mail.",
            Self::Policy => "The mail server refuses the message by its rules.",
            Self::Postponed => "The mail server postponed the message for two days.",
            Self::Other => "The mail server rejected the message.",
        }
    }
}

/// Returns whether a text is a reply code (`550`) or an enhanced status code (`5.1.1`).
fn is_code(text: &str) -> bool {
    let is_digits =
        |part: &str| !part.is_empty() && part.len() <= 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts: Vec<_> = text.split('.').collect();
    text.starts_with(['4', '5'])
        && parts.iter().all(|part| is_digits(part))
        && (parts.len() == 3 || (parts.len() == 1 && text.len() == 3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_follows_from_the_codes_of_the_reply() {
        for (reply, class) in [
            ("permanent error (550): 5.1.1 <anna@example.org> no such user", RejectionClass::Address),
            ("permanent error (550): no such user", RejectionClass::Address),
            ("permanent error (552): 5.2.2 mailbox full", RejectionClass::Mailbox),
            ("permanent error (554): 5.7.1 spam", RejectionClass::Policy),
            ("permanent error (554): 554 transaction failed", RejectionClass::Other),
            ("permanent error (550): 5.3.0 550 failed", RejectionClass::Other),
            ("transient error (450): 4.2.0 try later", RejectionClass::Postponed),
            ("the address is not valid: Missing domain", RejectionClass::Address),
        ] {
            assert_eq!(RejectionClass::from_reply(reply), class, "{reply}");
        }
    }
}
