//! The secret part of the URL of a payer's page. The secret is derived, so no table contains it.

use std::fmt;
use std::sync::LazyLock;

use chrono::{DateTime, Utc};
use data_encoding::{BASE32_NOPAD, Encoding, Specification};
use subtle::ConstantTimeEq;

use super::ServerKey;
use crate::payment::Payment;

/// The purpose of the derivation.
const PURPOSE: &str = "payment page";

/// The length of a secret in bytes: 160 bits, which are 32 characters.
const SECRET_BYTES: usize = 20;

/// The base 32 of Douglas Crockford: digits and letters without I, L, O and U.
static CROCKFORD: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = Specification::new();
    specification.symbols.push_str("0123456789ABCDEFGHJKMNPQRSTVWXYZ");
    // The specification is constant and valid.
    specification.encoding().unwrap_or(BASE32_NOPAD)
});

/// The secret of a payment's page at one version of its link.
pub struct PageSecret(String);

impl PageSecret {
    /// Derives the current secret of a payment: the first 160 bits of the server key's MAC over the payment's id and the
    /// version of its link.
    pub fn derive(key: &ServerKey, payment: &Payment) -> Self {
        let parts: [&[u8]; 2] = [payment.id.0.as_bytes(), &payment.link_version.to_be_bytes()];
        let mac = key.derive(PURPOSE, &parts);
        Self(CROCKFORD.encode(mac.get(..SECRET_BYTES).unwrap_or(&mac)))
    }

    /// Returns whether `text` opens the page of a payment at a time. The comparison takes constant time for texts of the
    /// right length.
    pub fn opens(key: &ServerKey, payment: &Payment, text: &str, now: DateTime<Utc>) -> bool {
        let Self(secret) = Self::derive(key, payment);
        let is_equal: bool = secret.as_bytes().ct_eq(text.as_bytes()).into();
        is_equal && payment.link_expires_at.is_none_or(|expires_at| now < expires_at)
    }
}

impl fmt::Display for PageSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl fmt::Debug for PageSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("PageSecret(..)")
    }
}
