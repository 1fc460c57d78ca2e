//! Rates in basis points.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A rate in hundredths of a per cent, at most 100 %: 250 are 2.50 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u16", into = "u16")]
pub struct BasisPoints(u16);

/// The error for a rate above 100 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a rate must be at most {} basis points", BasisPoints::WHOLE)]
pub struct RateTooHigh;

impl BasisPoints {
    /// 100 % in basis points.
    pub const WHOLE: u16 = 10_000;

    /// Creates a rate, or returns `None` if `points` exceeds [`Self::WHOLE`].
    pub const fn new(points: u16) -> Option<Self> {
        if points <= Self::WHOLE { Some(Self(points)) } else { None }
    }

    /// Returns the rate in basis points.
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl TryFrom<u16> for BasisPoints {
    type Error = RateTooHigh;

    fn try_from(points: u16) -> Result<Self, RateTooHigh> {
        Self::new(points).ok_or(RateTooHigh)
    }
}

impl From<BasisPoints> for u16 {
    fn from(rate: BasisPoints) -> Self {
        rate.0
    }
}

impl fmt::Display for BasisPoints {
    /// Writes the percentage with two decimals: `2.50`.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{:02}", self.0 / 100, self.0 % 100)
    }
}
