//! The ledger: every change is a command, decided purely on facts, written once.
//!
//! A batch of commands is carried out in one database transaction. [`Decider`] holds the facts of the batch
//! and decides its commands in order, each seeing the changes of the ones before it; what it has collected at
//! the end, [`Changes`], is written and committed as a whole.
//!
//! **Invariant:** deciding twice on the same facts gives the same answer. Time and randomness come in through
//! [`DecisionContext`]. A refused command leaves nothing in the changes.

mod audit;
mod audited_state;
mod changes;
mod command;
mod correction;
mod decide;
mod event;
mod facts;
mod head;
mod idempotency;
mod outcome;
mod rules;
mod totals;

pub use audit::{AuditAction, AuditEntry, AuditHash, ChainBreak, ChainError, ChainVerifier};
pub use audited_state::{AuditMismatch, verify_against_audit};
pub use changes::Changes;
pub use command::{Cancellation, Command, Correction, CorrectionRequest, Edit, Origin, Submission};
pub use decide::{Decider, DecisionContext, RandomSource};
pub use event::{Event, EventId, EventKind, EventPosition, OutboxEvent};
pub use facts::{FactQueries, Facts};
pub use head::{BatchToken, HeadId, LedgerHead};
pub use idempotency::{Digest, IdempotencyClaim, IdempotencyRecord, RecordedOutcome};
pub use outcome::{Effect, Outcome, Rejection};
pub use rules::Rules;
pub use totals::Totals;
