//! A proposed match, as it is stored.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::ImportId;
use crate::matching::{Certainty, Match};
use crate::money::Money;
use crate::payment::{Reference, UnknownState};
use crate::receipt::{ReceiptNumber, StatementLineId};

/// The identifier of a match: a digest of its line and its rank, so that an import that is resumed proposes it once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MatchId(pub Uuid);

impl MatchId {
    /// Returns the identifier of the match with a rank among the matches of a line, in one import.
    pub fn new(import: ImportId, line: StatementLineId, rank: usize) -> Self {
        let rank = u64::try_from(rank).unwrap_or(u64::MAX).to_be_bytes();
        let digest = Sha256::new().chain_update(import.0).chain_update(line.0).chain_update(rank).finalize();
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(digest).for_each(|(byte, value)| *byte = value);
        Self(uuid::Builder::from_custom_bytes(bytes).into_uuid())
    }
}

impl fmt::Display for MatchId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The state of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MatchState {
    /// The match waits for a decision.
    Proposed,
    /// The match was certain enough to be posted without a person.
    Posted,
    /// A person accepts the match, and its payments are being allocated.
    Accepting,
    /// A person accepted the match.
    Accepted,
    /// A person rejected the match, or accepted another one of the line.
    Rejected,
    /// The receipt was reversed.
    Undone,
}

impl MatchState {
    /// All states.
    pub const ALL: [Self; 6] =
        [Self::Proposed, Self::Posted, Self::Accepting, Self::Accepted, Self::Rejected, Self::Undone];

    /// Returns the code used in the database and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Posted => "posted",
            Self::Accepting => "accepting",
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Undone => "undone",
        }
    }
}

impl FromStr for MatchState {
    type Err = UnknownState;

    fn from_str(text: &str) -> Result<Self, UnknownState> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or(UnknownState)
    }
}

/// The part of a line that pays one payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPart {
    /// The payment.
    pub reference: Reference,
    /// The amount.
    pub amount: Money,
}

/// A match to store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMatch {
    /// The identifier.
    pub id: MatchId,
    /// The import.
    pub import: ImportId,
    /// The line.
    pub line: StatementLineId,
    /// The certainty.
    pub certainty: Certainty,
    /// The payments and amounts.
    pub parts: Vec<StoredPart>,
    /// The reasons, as sentences.
    pub evidence: Vec<String>,
    /// Whether the match is posted without a person.
    pub state: MatchState,
    /// The time of the proposal.
    pub created_at: DateTime<Utc>,
}

impl NewMatch {
    /// Creates the row of a proposal.
    pub fn new(
        import: ImportId,
        line: StatementLineId,
        rank: usize,
        proposal: &Match,
        created_at: DateTime<Utc>,
    ) -> Self {
        let parts = proposal.parts.iter();
        Self {
            id: MatchId::new(import, line, rank),
            import,
            line,
            certainty: proposal.certainty,
            parts: parts.map(|part| StoredPart { reference: part.reference, amount: part.amount }).collect(),
            evidence: proposal.evidence.iter().map(ToString::to_string).collect(),
            state: MatchState::Proposed,
            created_at,
        }
    }
}

/// A stored match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMatch {
    /// The proposal.
    pub proposal: NewMatch,
    /// The amount of the line.
    pub amount: Money,
    /// The receipt that books the line.
    pub receipt: Option<ReceiptNumber>,
    /// The actor that decided.
    pub decided_by: Option<String>,
    /// The time of the decision.
    pub decided_at: Option<DateTime<Utc>>,
}
