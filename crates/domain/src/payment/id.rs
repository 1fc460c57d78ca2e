//! What a payment is found by.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Reference;

/// A payment's identifier: a UUID of version 7, so that identifiers sort as the payments were booked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PaymentId(pub Uuid);

impl PaymentId {
    /// No payment's identifier.
    pub const NIL: Self = Self(Uuid::nil());

    /// Makes the identifier of the payment that is number `place` of its batch.
    ///
    /// RFC 9562 leaves twelve bits after the version free for a counter: the place goes there, so that
    /// payments of the same millisecond keep their order.
    pub fn generate(booked_at: DateTime<Utc>, place: u16, random: Uuid) -> Self {
        let millis = u64::try_from(booked_at.timestamp_millis()).unwrap_or_default();
        let [high, low] = place.to_be_bytes();
        let [_, _, a, b, c, d, e, f, g, h, ..] = *random.as_bytes();
        let tail = [high, low, a, b, c, d, e, f, g, h];
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid())
    }
}

impl fmt::Display for PaymentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The unguessable part of the address of a payer's own page.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PageToken(pub Uuid);

impl PageToken {
    /// Whether the text is this token; takes equally long for every text of the right length.
    pub fn matches(self, text: &str) -> bool {
        let own = self.to_string();
        own.len() == text.len()
            && own
                .bytes()
                .zip(text.bytes())
                .fold(0, |diff, (a, b)| diff | (a ^ b))
                == 0
    }
}

impl fmt::Display for PageToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.simple().fmt(formatter)
    }
}

impl fmt::Debug for PageToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PageToken(…)")
    }
}

/// What a caller names a payment by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PaymentKey {
    /// Its identifier.
    Id(PaymentId),
    /// Its reference.
    Reference(Reference),
}

impl PaymentKey {
    /// Reads an identifier, a reference or a creditor reference; `None` is none of them.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(id) = Uuid::try_parse(text) {
            return Some(Self::Id(PaymentId(id)));
        }
        let reference = Reference::parse(text)
            .or_else(|_| Reference::parse_creditor(text))
            .ok()?;
        Some(Self::Reference(reference))
    }
}

impl fmt::Display for PaymentKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(formatter),
            Self::Reference(reference) => reference.fmt(formatter),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_sort_by_time_and_then_by_place() {
        let early = DateTime::from_timestamp_millis(1_790_000_000_000).unwrap();
        let late = DateTime::from_timestamp_millis(1_790_000_000_001).unwrap();
        let (high, low) = (Uuid::from_bytes([0xff; 16]), Uuid::from_bytes([0; 16]));
        let first = PaymentId::generate(early, 0, high);
        let second = PaymentId::generate(early, 1, low);
        let third = PaymentId::generate(late, 0, low);
        assert!(first < second && second < third);
        assert_eq!(first.0.get_version_num(), 7);
    }

    #[test]
    fn a_token_matches_only_itself() {
        let token = PageToken(Uuid::from_u128(7));
        assert!(token.matches(&token.to_string()));
        assert!(!token.matches("") && !token.matches(&PageToken(Uuid::from_u128(8)).to_string()));
    }
}
