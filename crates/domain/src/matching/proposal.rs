//! Proposed matches, and the rule that decides which one needs no person.

use std::fmt;
use std::str::FromStr;

use super::{Certainty, Evidence};
use crate::money::Money;
use crate::payment::Reference;

/// The part of a line that pays one payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MatchedPart {
    /// The reference of the payment.
    pub reference: Reference,
    /// The amount to allocate, which is positive.
    pub amount: Money,
}

/// A proposal: the whole amount of a line, allocated to one or several payments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// How certain the proposal is.
    pub certainty: Certainty,
    /// The parts, which add up to the amount of the line.
    pub parts: Vec<MatchedPart>,
    /// The reasons.
    pub evidence: Vec<Evidence>,
    /// Whether a reason speaks against the match, so that a person must decide.
    pub is_doubtful: bool,
}

/// The result for one line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finding {
    /// The proposals, the most certain one first.
    pub matches: Vec<Match>,
    /// What the line says about payments that it cannot pay.
    pub hints: Vec<Evidence>,
}

impl Finding {
    /// Returns the proposal to post without a person: the only one of the line, without doubt, and certain enough.
    pub fn to_post(&self, policy: AutoPost) -> Option<&Match> {
        match self.matches.as_slice() {
            [only] if !only.is_doubtful && policy.allows(only.certainty) => Some(only),
            _ => None,
        }
    }
}

/// Which matches are posted without a person (`reconciliation.auto_post`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum AutoPost {
    /// None.
    Off,
    /// Matches by an exact reference.
    #[default]
    Reference,
    /// Also matches by a repaired reference and the exact amount.
    Repaired,
}

/// The error for a setting that is not one of the three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("use \"off\", \"reference\" or \"repaired\"")]
pub struct UnknownAutoPost;

impl AutoPost {
    /// Returns whether a match of this certainty needs no person.
    pub fn allows(self, certainty: Certainty) -> bool {
        match self {
            Self::Off => false,
            Self::Reference => certainty >= Certainty::Reference,
            Self::Repaired => certainty >= Certainty::Repaired,
        }
    }
}

impl FromStr for AutoPost {
    type Err = UnknownAutoPost;

    fn from_str(text: &str) -> Result<Self, UnknownAutoPost> {
        match text {
            "off" => Ok(Self::Off),
            "reference" => Ok(Self::Reference),
            "repaired" => Ok(Self::Repaired),
            _ => Err(UnknownAutoPost),
        }
    }
}

impl fmt::Display for AutoPost {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Off => "off",
            Self::Reference => "reference",
            Self::Repaired => "repaired",
        })
    }
}
