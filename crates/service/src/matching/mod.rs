//! Decides the matches that an import proposes.

use std::sync::Arc;

use hermes_domain::ledger::{
    Command, IdempotencyClaim, NewAllocation, Origin, ReceiptCommand, ReceiptTarget, Submission,
};
use hermes_domain::payment::PaymentKey;
use hermes_domain::ports::{Clock, LineResult, MatchFilter, StatementStore, StoreError};
use hermes_domain::statement::{LineState, MatchId, MatchState, StoredMatch};
use sha2::{Digest, Sha256};

use crate::writer::{LedgerWriter, SubmitError};

/// Why a match is not decided.
#[derive(Debug, thiserror::Error)]
pub enum DecisionError {
    /// There is no such match.
    #[error("there is no match {0}")]
    NotFound(MatchId),
    /// The match is not proposed any more.
    #[error("the match is {}; only a proposed match can be accepted or rejected", .0.as_str())]
    Decided(MatchState),
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger rejected or did not execute the allocation.
    #[error(transparent)]
    Ledger(#[from] SubmitError),
}

/// Lists, accepts and rejects matches.
#[derive(Clone)]
pub struct Matches {
    /// The rows of matches.
    pub store: Arc<dyn StatementStore>,
    /// Executes the allocations.
    pub ledger: LedgerWriter,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

impl Matches {
    /// Lists matches, oldest first.
    ///
    /// # Errors
    /// Returns an error if the database fails.
    pub async fn list(&self, filter: &MatchFilter, limit: u64) -> Result<Vec<StoredMatch>, DecisionError> {
        Ok(self.store.list_matches(filter, limit).await?)
    }

    /// Accepts a match: allocates the receipt of its line, and rejects the other proposals of the line. Accepting an accepted
    /// match changes nothing.
    ///
    /// # Errors
    /// Returns an error if the match is decided already, or the ledger rejects the allocation.
    pub async fn accept(&self, id: MatchId, origin: Origin) -> Result<StoredMatch, DecisionError> {
        let found = self.find(id).await?;
        let proposed = match found.proposal.state {
            // The response to an earlier request was lost.
            MatchState::Accepted => return Ok(found),
            MatchState::Proposed => found,
            state => return Err(DecisionError::Decided(state)),
        };
        let Some(number) = proposed.receipt else { return Err(DecisionError::Decided(MatchState::Undone)) };
        let parts = proposed.proposal.parts.iter();
        let allocations = parts.map(|part| NewAllocation {
            payment: PaymentKey::Reference(part.reference),
            expected_version: None,
            amount: Some(part.amount),
        });
        let command = ReceiptCommand::Allocate {
            target: ReceiptTarget { number, expected_version: None },
            allocations: allocations.collect(),
            reason: format!("match accepted: {}", proposed.proposal.evidence.join("; ")),
        };
        let actor = origin.actor.clone();
        let submission =
            Submission { command: Command::Receipt(command), origin, idempotency: Some(claim(id)) };
        self.ledger.submit_receipt(submission).await?;
        self.store.decide_match(id, MatchState::Accepted, &actor, self.clock.now()).await?;
        let line = proposed.proposal.line;
        let result = LineResult { line, state: LineState::Posted, receipt: Some(number) };
        self.store.finish_lines(proposed.proposal.import, &[result], None).await?;
        self.find(id).await
    }

    /// Rejects a match.
    ///
    /// # Errors
    /// Returns an error if the match is decided already.
    pub async fn reject(&self, id: MatchId, actor: &str) -> Result<StoredMatch, DecisionError> {
        self.proposed(id).await?;
        self.store.decide_match(id, MatchState::Rejected, actor, self.clock.now()).await?;
        self.find(id).await
    }

    async fn find(&self, id: MatchId) -> Result<StoredMatch, DecisionError> {
        self.store.find_match(id).await?.ok_or(DecisionError::NotFound(id))
    }

    async fn proposed(&self, id: MatchId) -> Result<StoredMatch, DecisionError> {
        let found = self.find(id).await?;
        match found.proposal.state {
            MatchState::Proposed => Ok(found),
            state => Err(DecisionError::Decided(state)),
        }
    }
}

/// Returns the idempotency key of accepting a match, so that a repeated call after a crash allocates once.
fn claim(id: MatchId) -> IdempotencyClaim {
    let digest = Sha256::new().chain_update("accept match").chain_update(id.0).finalize().into();
    IdempotencyClaim { scope_hash: digest, fingerprint: digest }
}
