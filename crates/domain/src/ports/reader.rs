//! The port that reads payments, totals and the audit log.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::ledger::{AuditEntry, Digest, HeadId, IdempotencyRecord, LedgerHead, Totals};
use crate::payment::{Payment, PaymentId, PaymentKey, Status, ValidationStatus};

/// The limits of lists.
pub mod limits {
    /// The most rows of one page, and the default size of the list of bookings.
    pub const PAGE_MAX: u64 = 1_000;
    /// The default number of rows of a page.
    pub const PAGE_DEFAULT: u64 = 100;
    /// The most audit rows of one read, about a megabyte; the round trip is negligible at this size.
    pub const AUDIT_CHUNK_MAX: u64 = 1_000;
}

/// A position in the list of payments, which is ordered by booking time and then by identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// The booking time of the payment at the position.
    pub created_at: DateTime<Utc>,
    /// The identifier of the payment at the position.
    pub id: PaymentId,
}

impl From<&Payment> for Position {
    fn from(payment: &Payment) -> Self {
        Self { created_at: payment.created_at, id: payment.id }
    }
}

/// A page of a list, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The newest payments.
    First,
    /// The payments that follow a position, which are older.
    After(Position),
    /// The payments that precede a position, which are newer.
    Before(Position),
}

/// A filter for payments. A payment matches if it matches every given field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PaymentFilter {
    /// The status.
    pub status: Option<Status>,
    /// The combined result of the checks.
    pub validation_status: Option<ValidationStatus>,
    /// The e-mail address, ignoring case.
    pub email: Option<String>,
    /// The school, ignoring case.
    pub school: Option<String>,
    /// The reference.
    pub reference: Option<String>,
    /// A text contained in the reference, name, e-mail address, school or student's identifier.
    pub text: Option<String>,
    /// The earliest booking time, inclusive.
    pub created_from: Option<DateTime<Utc>>,
    /// The latest booking time, exclusive.
    pub created_to: Option<DateTime<Utc>>,
}

/// A value with the head at which it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtHead<T> {
    /// The identity of the head.
    pub head: HeadId,
    /// The value.
    pub value: T,
}

/// A page of payments, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListPage {
    /// The payments, with their checks.
    pub payments: Vec<Payment>,
    /// Whether older payments follow.
    pub has_next: bool,
    /// Whether newer payments precede.
    pub has_prev: bool,
}

/// A page of the audit log, in the order of its numbers.
pub type AuditPage = Vec<AuditEntry>;

/// Reads payments.
///
/// # Contract
/// Every result is one consistent snapshot, and its `head` is the head of the same snapshot.
///
/// # Errors
/// All methods return an error if the database fails.
#[async_trait]
pub trait PaymentReader: Send + Sync {
    /// Reads the head.
    async fn head(&self) -> Result<LedgerHead, StoreError>;

    /// Finds one payment with its checks.
    async fn find(&self, key: &PaymentKey) -> Result<Option<Payment>, StoreError>;

    /// Finds the record of an idempotency key by its scope. A command that is being executed has no record yet.
    async fn find_idempotency(&self, scope: &Digest) -> Result<Option<IdempotencyRecord>, StoreError>;

    /// Finds one payment with its checks, and the head at which it was read.
    async fn find_at_head(&self, key: &PaymentKey) -> Result<AtHead<Option<Payment>>, StoreError>;

    /// Lists payments with their checks, at most [`limits::PAGE_MAX`].
    async fn list(
        &self,
        filter: &PaymentFilter,
        page: Page,
        limit: u64,
    ) -> Result<AtHead<ListPage>, StoreError>;

    /// Reads the totals of every currency.
    async fn totals(&self) -> Result<AtHead<Vec<Totals>>, StoreError>;

    /// Reads the audit rows of one payment after a number, oldest first, at most [`limits::PAGE_MAX`].
    async fn audit_of(&self, id: PaymentId, after: i64, limit: u64) -> Result<AuditPage, StoreError>;

    /// Reads the audit rows after a number, oldest first, at most [`limits::AUDIT_CHUNK_MAX`].
    async fn audit_after(&self, seq: i64, limit: u64) -> Result<AuditPage, StoreError>;
}
