//! The ledger: every change is a command, decided by a pure function and written once.
//!
//! The ledger writer executes a batch of commands in one database transaction. [`Decider`] holds the facts of the
//! batch and decides its commands in order; each command sees the changes of earlier ones. The transaction writes
//! the collected [`Changes`] and commits them together.
//!
//! **Invariants.** The same facts and commands always produce the same decisions; time and randomness come from
//! [`DecisionContext`]. A rejected command adds nothing to the changes.

mod apply;
mod audit;
mod audited_state;
mod batch;
mod chain;
mod clocks;
mod command;
mod correction;
mod decide;
mod decide_facts;
mod decide_key;
mod decide_receipt;
mod decide_refund;
mod decide_settlement;
mod effect;
mod event;
mod event_payload;
mod head;
mod key_command;
mod money_draft;
mod outcome;
mod receipt_command;
mod rejection;
mod subject;
mod totals;

pub use audit::{AuditEntry, AuditHash, AuditSalt};
pub use audited_state::{AuditMismatch, verify_against_audit};
pub use batch::{Changes, DecisionContext, FactQueries, Facts, KeyChange, RandomSource, Rules};
pub use chain::{ChainBreak, ChainError, ChainVerifier};
pub use clocks::{ClockAgreement, Clocks, MAX_CLOCK_DIFFERENCE, MAX_WRITABLE_CLOCK_DIFFERENCE};
pub use command::{
    Cancellation, Command, Digest, Erasure, ErasureScope, HeldMoney, IdempotencyClaim, Origin, Reopening,
    Submission,
};
pub use correction::{Correction, MAX_REASON_CHARS};
pub use decide::Decider;
pub use decide_settlement::ensure_no_refund_to_send;
pub use effect::{Effect, KeyEffect, ReceiptEffect};
pub use event::{Event, EventId, EventKind, EventPosition, OutboxEvent};
pub use head::{BatchToken, HeadId, LedgerHead};
pub use key_command::{
    InvalidOverlap, KEY_LIFETIME_DAYS_MAX, KEY_ROTATION_DAYS_MAX, KeyCommand, KeyRotation, NewKey,
};
pub use outcome::{
    IdempotencyRecord, KeyOutcome, Outcome, OutcomeMismatch, PaymentOutcome, ReceiptOutcome, RecordedOutcome,
    RecordedPayment, RecordedReceipt,
};
pub use receipt_command::{
    Difference, NewAllocation, ReceiptCommand, ReceiptQuery, ReceiptTarget, RefundCommand, RefundTarget,
    Reversal,
};
pub use rejection::Rejection;
pub use subject::{KEY_SUBJECT, PAYMENT_SUBJECT, RECEIPT_SUBJECT, REFUND_SUBJECT, Subject};
pub use totals::Totals;
