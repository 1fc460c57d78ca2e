//! The secret part of the URL of a payer's page. The secret is derived, so no table contains it.

use std::fmt;

use chrono::{DateTime, Utc};
use subtle::ConstantTimeEq;

use super::{ServerKey, base32};
use crate::payment::Payment;

/// The purpose of the derivation.
const PURPOSE: &str = "payment page";

/// The length of a secret in characters: 160 bits.
const SECRET_LENGTH: usize = 32;

/// The secret of a payment's page at one version of its link.
pub struct PageSecret([u8; SECRET_LENGTH]);

impl PageSecret {
    /// Derives the current secret of a payment: the first 160 bits of the server key's MAC over the payment's id and the
    /// version of its link.
    pub fn derive(key: &ServerKey, payment: &Payment) -> Self {
        Self::at_version(key, payment, payment.link_version)
    }

    fn at_version(key: &ServerKey, payment: &Payment, link_version: i64) -> Self {
        let parts: [&[u8]; 2] = [payment.id.0.as_bytes(), &link_version.to_be_bytes()];
        Self(base32::encode(&key.derive(PURPOSE, &parts)))
    }

    /// Returns whether `text` opens the page of a payment at a time. The comparison takes constant time for texts of the
    /// right length.
    pub fn opens(key: &ServerKey, payment: &Payment, text: &str, now: DateTime<Utc>) -> bool {
        let Self(secret) = Self::derive(key, payment);
        let is_equal: bool = secret.ct_eq(text.as_bytes()).into();
        is_equal && payment.link_expires_at.is_none_or(|expires_at| now < expires_at)
    }

    /// Returns whether `text` opened the page before the link was last renewed. It opens nothing any more.
    pub fn opened_before(key: &ServerKey, payment: &Payment, text: &str) -> bool {
        let Self(secret) = Self::at_version(key, payment, payment.link_version - 1);
        secret.ct_eq(text.as_bytes()).into()
    }
}

impl fmt::Display for PageSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The characters are ASCII.
        formatter.write_str(std::str::from_utf8(&self.0).unwrap_or_default())
    }
}

impl fmt::Debug for PageSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PageSecret(..)")
    }
}
