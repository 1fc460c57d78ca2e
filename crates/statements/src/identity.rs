//! The identity of a line, by which an import recognizes a line that it has already booked.

use std::collections::HashMap;
use std::fmt;

use chrono::NaiveDate;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::item::Direction;
use crate::{Account, Problem};

/// The identity of a line: the same line has the same identity in every file.
///
/// SHA-256 over the account, the amount, the direction, and either the bank's id or, without one, the booking date and
/// the texts; then the ordinal among equal lines of the file. The amount belongs to it because some banks give a
/// transfer and its charges the same id. The ordinal belongs to it because two equal lines of one statement are two.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LineIdentity([u8; 32]);

impl LineIdentity {
    /// Creates an identity from its stored bytes.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Returns the 32 bytes to store.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for LineIdentity {
    /// Writes 64 hexadecimal digits.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for LineIdentity {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "LineIdentity({self})")
    }
}
