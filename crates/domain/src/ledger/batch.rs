//! The inputs and the output of deciding a batch: rules, context, facts and changes.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::{AuditEntry, Digest, Event, IdempotencyRecord, LedgerHead, Rejection, Subject, Totals};
use crate::access::{KeyId, KeyRecord, StoredSecret};
use crate::institution::Institution;
use crate::money::{Currency, Fee, FeeBearer, FeeSchedule, Money};
use crate::payment::{
    DuplicateKey, DuplicateRule, PayerDetails, Payment, PaymentFields, PaymentId, PaymentKey, Reference,
    Status, Thresholds,
};
use crate::receipt::{Receipt, ReceiptNumber, StatementLineId};

/// The configured rules of the ledger, fixed at start-up.
#[derive(Debug, Clone)]
pub struct Rules {
    /// The fees.
    pub fees: FeeSchedule,
    /// The party that pays the fee of a new payment.
    pub fee_bearer: FeeBearer,
    /// The amounts above which a payment gets a flag.
    pub thresholds: Thresholds,
    /// The rule that finds duplicate payments.
    pub duplicates: DuplicateRule,
    /// The institution, which sets the payment term.
    pub institution: Arc<Institution>,
    /// How long the link of a payment's page works after the last change of a payment that is settled or cancelled.
    pub settled_link_lifetime: TimeDelta,
    /// The amounts above which a second person approves a refund.
    pub second_person_above: Thresholds,
    /// The largest difference of a payment or a receipt that can be written off.
    pub write_off_max: Thresholds,
}

/// A source of cryptographically secure randomness.
pub trait RandomSource: Send + Sync {
    /// Returns sixteen random bytes.
    fn random(&self) -> Uuid;
}

/// The inputs of a decision besides the command and the facts.
#[derive(Clone, Copy)]
pub struct DecisionContext<'a> {
    /// The configured rules.
    pub rules: &'a Rules,
    /// The time of the batch: [`LedgerHead::next_timestamp`].
    pub now: DateTime<Utc>,
    /// The randomness for identifiers and tokens.
    pub random_source: &'a dyn RandomSource,
}

impl DecisionContext<'_> {
    pub(super) fn duplicate_key(&self, id: PaymentId, details: &PayerDetails, amount: Money) -> DuplicateKey {
        self.rules.duplicates.duplicate_key(id, details, amount, self.now)
    }

    /// Returns the fields of a changed payment with the expiry of its link. The link of a settled or cancelled payment
    /// expires some time after the last change, because a message about the change contains it. Any other does not expire.
    pub(super) fn with_link_expiry(&self, payment: &Payment) -> PaymentFields {
        let fields = payment.clone().into_fields();
        let link_expires_at = match payment.status() {
            Status::Pending | Status::Underpayment => None,
            Status::Exact | Status::Overpayment | Status::Cancelled => {
                self.now.checked_add_signed(self.rules.settled_link_lifetime)
            }
        };
        PaymentFields { link_expires_at, ..fields }
    }

    pub(super) fn fee_for(&self, amount: Money) -> Result<Fee, Rejection> {
        self.rules.fees.fee_for(amount).map_err(|_| Rejection::OutOfRange)
    }
}

/// The facts to load before a batch can be decided, one database query for each kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FactQueries {
    /// Queries for other live payments of the same payers.
    pub duplicates: Vec<DuplicateKey>,
    /// The currencies whose totals the batch needs.
    pub currencies: Vec<Currency>,
}

/// The facts of a batch. They are read after the head is locked and therefore hold until the commit.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The head.
    pub head: LedgerHead,
    /// The existing payments that the batch names, by the key in the command.
    pub payments: HashMap<PaymentKey, Payment>,
    /// The existing receipts that the batch needs, by number.
    pub receipts: HashMap<ReceiptNumber, Receipt>,
    /// The statement lines that the batch would book although their import is undone.
    pub undone_lines: Vec<StatementLineId>,
    /// The existing API keys that the batch names.
    pub keys: HashMap<KeyId, KeyRecord>,
    /// The records of the batch's idempotency keys, by scope.
    pub idempotency: HashMap<Digest, IdempotencyRecord>,
    /// The latest live payment for each duplicate key that has one.
    pub duplicates: HashMap<DuplicateKey, Reference>,
    /// The totals of the batch's currencies; absent for a currency without payments.
    pub totals: HashMap<Currency, Totals>,
}

impl Facts {
    /// Creates facts that contain only the head.
    pub fn at(head: LedgerHead) -> Self {
        Self {
            head,
            payments: HashMap::new(),
            receipts: HashMap::new(),
            undone_lines: Vec::new(),
            keys: HashMap::new(),
            idempotency: HashMap::new(),
            duplicates: HashMap::new(),
            totals: HashMap::new(),
        }
    }
}

/// A change of an API key, as the database writes it.
#[derive(Debug, Clone)]
pub enum KeyChange {
    /// Adds a key and its first secret.
    Created {
        /// The key.
        record: KeyRecord,
        /// The secret.
        secret: StoredSecret,
    },
    /// Adds a secret. The earlier secrets of the key expire.
    Rotated {
        /// The secret.
        secret: StoredSecret,
        /// The latest time at which the earlier secrets expire. Those that expire sooner do not change.
        earlier_expire_at: DateTime<Utc>,
    },
    /// Revokes a key.
    Revoked {
        /// The key.
        id: KeyId,
        /// The time of revocation.
        revoked_at: DateTime<Utc>,
    },
}

/// The rows that a batch writes in one commit.
#[derive(Debug, Clone)]
pub struct Changes {
    /// The head after the batch.
    pub head: LedgerHead,
    /// New payments, with their checks.
    pub booked: Vec<Payment>,
    /// The last states of existing payments, each payment once.
    pub updated: Vec<Payment>,
    /// The last states of new and existing receipts, each receipt once.
    pub receipts: Vec<Receipt>,
    /// Subjects whose personal values leave all *earlier* audit rows ([`AuditEntry::erase`]) and idempotency records
    /// ([`IdempotencyRecord::erase`]).
    pub erased: Vec<Subject>,
    /// Changes of API keys, in order.
    pub keys: Vec<KeyChange>,
    /// New audit rows.
    pub audit: Vec<AuditEntry>,
    /// New events.
    pub events: Vec<Event>,
    /// New idempotency records.
    pub idempotency: Vec<IdempotencyRecord>,
    /// The new totals of the currencies that changed.
    pub totals: HashMap<Currency, Totals>,
}

impl Changes {
    /// Creates empty changes with the given new head.
    pub(super) fn new(head: LedgerHead) -> Self {
        Self {
            head,
            booked: Vec::new(),
            updated: Vec::new(),
            receipts: Vec::new(),
            erased: Vec::new(),
            keys: Vec::new(),
            audit: Vec::new(),
            events: Vec::new(),
            idempotency: Vec::new(),
            totals: HashMap::new(),
        }
    }

    /// Returns whether there is nothing to write.
    pub fn is_empty(&self) -> bool {
        self.booked.is_empty()
            && self.updated.is_empty()
            && self.receipts.is_empty()
            && self.keys.is_empty()
            && self.idempotency.is_empty()
    }
}
