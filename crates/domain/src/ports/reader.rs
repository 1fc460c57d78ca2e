//! Reading what the ledger holds.

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::StoreError;
use crate::ledger::{AuditEntry, HeadId, LedgerHead, Totals};
use crate::payment::{Payment, PaymentId, PaymentKey, Status, ValidationStatus};

/// The limits of lists.
pub mod limits {
    /// The most rows of one page, and the default window of the list of bookings.
    pub const PAGE_MAX: u64 = 1_000;
    /// The rows of a page when nothing else is asked.
    pub const PAGE_DEFAULT: u64 = 100;
    /// The most audit rows of one read of the chain, about a megabyte: a round trip weighs nothing beside them.
    pub const AUDIT_CHUNK_MAX: u64 = 1_000;
}

/// A place in the list of payments, which is ordered by the time of booking and then the identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// When the payment there was booked.
    pub created_at: DateTime<Utc>,
    /// Its identifier.
    pub id: PaymentId,
}

impl Position {
    /// The place of a payment.
    pub fn of(payment: &Payment) -> Self {
        Self { created_at: payment.created_at, id: payment.id }
    }
}

/// Which page of a list, newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Page {
    /// The newest.
    First,
    /// Those that follow a place, older than it.
    After(Position),
    /// Those that come before a place, newer than it.
    Before(Position),
}

/// Which payments; every field that is given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PaymentFilter {
    /// Those of a status.
    pub status: Option<Status>,
    /// Those with or without flags.
    pub validation_status: Option<ValidationStatus>,
    /// Those of an e-mail address, in any case.
    pub email: Option<String>,
    /// Those of a school, in any case.
    pub school: Option<String>,
    /// The one with a reference.
    pub reference: Option<String>,
    /// Those with this text in reference, name, e-mail address, school or student's identifier.
    pub text: Option<String>,
    /// Those booked at or after an instant.
    pub created_from: Option<DateTime<Utc>>,
    /// Those booked before an instant.
    pub created_to: Option<DateTime<Utc>>,
}

/// Something with the head it was read at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AtHead<T> {
    /// The state of the ledger.
    pub head: HeadId,
    /// What was read.
    pub value: T,
}

/// A page of payments, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ListPage {
    /// The payments, with their checks.
    pub payments: Vec<Payment>,
    /// Whether there are older ones.
    pub has_next: bool,
    /// Whether there are newer ones.
    pub has_prev: bool,
}

/// A page of the audit log, in the order of its numbers.
pub type AuditPage = Vec<AuditEntry>;

/// Reads payments.
///
/// **Promise:** every answer is one consistent snapshot, and its `head` is the head of that very snapshot.
#[async_trait]
pub trait PaymentReader: Send + Sync {
    /// Reads the head.
    ///
    /// # Errors
    /// On a fault of the database; the same for all below.
    async fn head(&self) -> Result<LedgerHead, StoreError>;

    /// Finds one payment with its checks.
    ///
    /// # Errors
    /// As above.
    async fn find(&self, key: &PaymentKey) -> Result<Option<Payment>, StoreError>;

    /// Finds one payment with its checks, and the head that it was found at.
    ///
    /// # Errors
    /// As above.
    async fn find_at_head(&self, key: &PaymentKey) -> Result<AtHead<Option<Payment>>, StoreError>;

    /// Lists payments with their checks.
    ///
    /// # Errors
    /// As above.
    async fn list(
        &self,
        filter: &PaymentFilter,
        page: Page,
        limit: u64,
    ) -> Result<AtHead<ListPage>, StoreError>;

    /// Reads the sums of every currency.
    ///
    /// # Errors
    /// As above.
    async fn totals(&self) -> Result<AtHead<Vec<Totals>>, StoreError>;

    /// Reads the audit rows of one payment that follow a number, oldest first, at most [`limits::PAGE_MAX`].
    ///
    /// # Errors
    /// As above.
    async fn audit_of(&self, id: PaymentId, after: i64, limit: u64) -> Result<AuditPage, StoreError>;

    /// Reads audit rows that follow a number, at most [`limits::AUDIT_CHUNK_MAX`].
    ///
    /// # Errors
    /// As above.
    async fn audit_after(&self, seq: i64, limit: u64) -> Result<AuditPage, StoreError>;
}
