//! What a batch writes.

use std::collections::HashMap;

use super::{AuditEntry, Event, IdempotencyRecord, LedgerHead, Totals};
use crate::money::Currency;
use crate::payment::Payment;

/// The rows of one commit.
#[derive(Debug, Clone)]
pub struct Changes {
    /// The head after the batch.
    pub head: LedgerHead,
    /// New payments, with their checks.
    pub booked: Vec<Payment>,
    /// New states of payments there are.
    pub altered: Vec<Payment>,
    /// New rows of the audit log.
    pub audit: Vec<AuditEntry>,
    /// New events.
    pub events: Vec<Event>,
    /// New idempotency records.
    pub idempotency: Vec<IdempotencyRecord>,
    /// The new sums of the currencies that moved.
    pub totals: HashMap<Currency, Totals>,
}

impl Changes {
    /// Nothing yet, after a head.
    pub(super) fn after(head: LedgerHead) -> Self {
        Self {
            head,
            booked: Vec::new(),
            altered: Vec::new(),
            audit: Vec::new(),
            events: Vec::new(),
            idempotency: Vec::new(),
            totals: HashMap::new(),
        }
    }

    /// Whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.booked.is_empty() && self.altered.is_empty() && self.idempotency.is_empty()
    }
}
