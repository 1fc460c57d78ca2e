//! Identifiers of payments and the keys that find them.

use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::Reference;

/// A payment's identifier: a UUID version 7, so that identifiers sort in booking order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PaymentId(pub Uuid);

impl PaymentId {
    /// The nil identifier, which no payment has.
    pub const NIL: Self = Self(Uuid::nil());

    /// Generates the identifier of the payment at `index` of its batch, from 0 to 16,383.
    ///
    /// Several batches can share a millisecond. The twelve bits after the version are therefore the fraction of the
    /// millisecond (RFC 9562 section 6.2, method 3), and the index follows the variant (method 1).
    pub fn generate(booked_at: DateTime<Utc>, index: u16, random: Uuid) -> Self {
        let millis = u64::try_from(booked_at.timestamp_millis()).unwrap_or_default();
        let micros = booked_at.timestamp_subsec_micros() % 1_000;
        let [_, _, fraction_high, fraction_low] = (micros * 4_096 / 1_000).to_be_bytes();
        let [index_high, index_low] = index.to_be_bytes();
        let [a, b, c, d, e, f, ..] = *random.as_bytes();
        let tail = [fraction_high, fraction_low, index_high, index_low, a, b, c, d, e, f];
        Self(uuid::Builder::from_unix_timestamp_millis(millis, &tail).into_uuid())
    }
}

impl fmt::Display for PaymentId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A key that a caller can find a payment by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum PaymentKey {
    /// The payment's identifier.
    Id(PaymentId),
    /// The payment's reference.
    Reference(Reference),
}

impl PaymentKey {
    /// Parses an identifier, a reference or a creditor reference; returns `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(id) = Uuid::try_parse(text) {
            return Some(Self::Id(PaymentId(id)));
        }
        let reference = Reference::parse(text).or_else(|_| Reference::parse_creditor(text)).ok()?;
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
    fn identifiers_sort_by_time_and_then_by_index() {
        let micros = [0, 1, 2, 998, 999, 1_000, 1_001].map(|micros| 1_790_000_000_000_000 + micros);
        let (high, low) = (Uuid::from_bytes([0xff; 16]), Uuid::from_bytes([0; 16]));
        let mut identifiers = Vec::new();
        for booked_at in micros.map(|micros| DateTime::from_timestamp_micros(micros).unwrap()) {
            for (index, random) in [(0, high), (1, low), (255, high), (256, low), (16_383, high)] {
                identifiers.push(PaymentId::generate(booked_at, index, random));
            }
        }
        assert!(identifiers.is_sorted_by(|a, b| a < b), "{identifiers:#?}");
        assert!(identifiers.iter().all(|id| id.0.get_version_num() == 7));
        assert!(identifiers.iter().all(|id| id.0.get_variant() == uuid::Variant::RFC4122));
    }
}
