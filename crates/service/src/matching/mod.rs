//! Decides the matches that an import proposes.
//!
//! **Accepting** takes three steps: the match becomes `accepting`, the ledger allocates the receipt, the match becomes
//! `accepted`. The first step is the decision: of concurrent requests to accept or reject, one succeeds. If the ledger
//! rejects the allocation, the match is proposed again. If the process is killed, the worker of any process continues
//! ([`Matches::continue_interrupted`]). Each match has one idempotency key, so its payments are allocated once.

use std::sync::Arc;

use chrono::TimeDelta;
use hermes_domain::ledger::{
    Command, IdempotencyClaim, MAX_REASON_CHARS, NewAllocation, Origin, ReceiptCommand, ReceiptTarget,
    Submission,
};
use hermes_domain::matching::Certainty;
use hermes_domain::payment::PaymentKey;
use hermes_domain::ports::{Clock, MatchFilter, StatementStore, StoreError};
use hermes_domain::receipt::ReceiptNumber;
use hermes_domain::statement::{MatchId, MatchState, StoredMatch};
use sha2::{Digest, Sha256};

use crate::writer::{LedgerWriter, SubmitError};

/// The age at which the request that accepts a match no longer runs.
const INTERRUPTED_AFTER: TimeDelta = TimeDelta::seconds(15);
/// The most matches that one search for interrupted requests returns.
const MAX_INTERRUPTED: u64 = 100;

/// Why a match is not decided.
#[derive(Debug, thiserror::Error)]
pub enum DecisionError {
    /// There is no such match.
    #[error("there is no match {0}")]
    NotFound(MatchId),
    /// The match is not proposed any more.
    #[error("the match is {}; only a proposed match can be accepted or rejected", .0.as_str())]
    Decided(MatchState),
    /// The receipt was allocated, and the import of the line is being undone.
    #[error("the match was accepted, and its import is being undone, which takes the allocation back")]
    Undone,
    /// Another match of the line is being accepted.
    #[error("another match of the line is being accepted; wait for its result")]
    OtherAccepted,
    /// The import has not recorded the line yet.
    #[error("the line of the match is not recorded yet; a match can be accepted when its line has a receipt")]
    NotRecorded,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger rejected or did not execute the allocation.
    #[error(transparent)]
    Ledger(#[from] SubmitError),
}

/// Whose decision a request executes. A concurrent request with the same decision may be about to allocate the match, so only
/// the request that has decided, or the worker after it, proposes the match again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Decision {
    Own,
    OfOther,
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
    /// Returns an error if the match is decided otherwise, or the ledger rejects the allocation; nothing is allocated then.
    pub async fn accept(&self, id: MatchId, origin: Origin) -> Result<StoredMatch, DecisionError> {
        let mut found = self.find(id).await?;
        let mut decision = Decision::OfOther;
        if found.proposal.state == MatchState::Proposed {
            found.receipt.ok_or(DecisionError::NotRecorded)?;
            let now = self.clock.now();
            let is_decided = self.store.decide_match(id, MatchState::Accepting, &origin.actor, now).await?;
            if is_decided {
                decision = Decision::Own;
            }
            found = self.find(id).await?;
            if !is_decided && found.proposal.state == MatchState::Proposed {
                return Err(DecisionError::OtherAccepted);
            }
        }
        match found.proposal.state {
            // The response to an earlier request was lost.
            MatchState::Accepted => Ok(found),
            // A concurrent or an interrupted request has decided the same.
            MatchState::Accepting => self.allocate(&found, origin, decision).await,
            state => Err(DecisionError::Decided(state)),
        }
    }

    /// Rejects a match.
    ///
    /// # Errors
    /// Returns an error if the match is decided already.
    pub async fn reject(&self, id: MatchId, actor: &str) -> Result<StoredMatch, DecisionError> {
        self.find(id).await?;
        let is_decided = self.store.decide_match(id, MatchState::Rejected, actor, self.clock.now()).await?;
        let found = self.find(id).await?;
        if is_decided { Ok(found) } else { Err(DecisionError::Decided(found.proposal.state)) }
    }

    /// Continues requests to accept a match whose process was killed.
    ///
    /// # Errors
    /// Returns an error if the database or the ledger is unavailable.
    pub async fn continue_interrupted(&self) -> Result<(), DecisionError> {
        let filter = MatchFilter { state: Some(MatchState::Accepting), ..MatchFilter::default() };
        let before = self.clock.now() - INTERRUPTED_AFTER;
        for found in self.store.list_matches(&filter, MAX_INTERRUPTED).await? {
            if found.decided_at.is_none_or(|decided_at| decided_at > before) {
                continue;
            }
            let actor = found.decided_by.clone().unwrap_or_default();
            let origin = Origin { actor, ..Origin::default() };
            match self.allocate(&found, origin, Decision::Own).await {
                Ok(_) => log::info!("match {} is accepted, after an interruption", found.proposal.id),
                Err(error) => log::warn!("match {} cannot be accepted: {error}", found.proposal.id),
            }
        }
        Ok(())
    }

    /// Allocates the receipt of a match that is being accepted.
    async fn allocate(
        &self,
        accepting: &StoredMatch,
        origin: Origin,
        decision: Decision,
    ) -> Result<StoredMatch, DecisionError> {
        let id = accepting.proposal.id;
        let number = accepting.receipt.ok_or(DecisionError::NotRecorded)?;
        let actor = origin.actor.clone();
        let command = Command::Receipt(allocation(accepting, number));
        let submission = Submission { command, origin, idempotency: Some(claim(id)) };
        match self.ledger.submit_receipt(submission).await {
            Ok(_) => {}
            // It may be allocated. A repeated request, or the worker, finds out with the same key.
            Err(SubmitError::OutcomeUnknown) => return Err(SubmitError::OutcomeUnknown.into()),
            Err(error) => {
                if decision == Decision::Own {
                    self.store.return_match(id).await?;
                }
                return Err(error.into());
            }
        }
        let is_accepted = self.store.finish_match(id, &actor, self.clock.now()).await?;
        if is_accepted { self.find(id).await } else { Err(DecisionError::Undone) }
    }

    async fn find(&self, id: MatchId) -> Result<StoredMatch, DecisionError> {
        self.store.find_match(id).await?.ok_or(DecisionError::NotFound(id))
    }
}

/// Returns the command that allocates a receipt to the payments of a match.
fn allocation(accepted: &StoredMatch, number: ReceiptNumber) -> ReceiptCommand {
    let parts = accepted.proposal.parts.iter();
    // Without a reference in the text, the amount is the evidence. It no longer fits if the payment was settled meanwhile.
    let allows_excess = accepted.proposal.certainty >= Certainty::Reference;
    let allocations = parts.map(|part| NewAllocation {
        allows_excess,
        ..NewAllocation::new(PaymentKey::Reference(part.reference), Some(part.amount))
    });
    ReceiptCommand::Allocate {
        target: ReceiptTarget { number, expected_version: None },
        allocations: allocations.collect(),
        reason: reason(&accepted.proposal.evidence),
    }
}

/// Returns the reason for the audit log, which has as much space as for a reason that a person types.
fn reason(evidence: &[String]) -> String {
    let reason = format!("match accepted: {}", evidence.join("; "));
    reason.chars().take(MAX_REASON_CHARS).collect()
}

/// Returns the idempotency key of accepting a match, so that a repeated call after a crash allocates once.
fn claim(id: MatchId) -> IdempotencyClaim {
    let digest = Sha256::new().chain_update("accept match").chain_update(id.0).finalize().into();
    IdempotencyClaim { scope_hash: digest, fingerprint: digest }
}
