//! What must be known to decide a batch.

use std::collections::HashMap;

use super::{Digest, IdempotencyRecord, LedgerHead, Totals};
use crate::money::Currency;
use crate::payment::{DuplicateKey, Payment, PaymentKey, Reference};

/// What a batch asks of the database, each kind with one query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FactQueries {
    /// Which live payments are the same payer's.
    pub duplicates: Vec<DuplicateKey>,
    /// The sums of which currencies.
    pub currencies: Vec<Currency>,
}

/// What is known, read after the head was locked and so true until the commit.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The head.
    pub head: LedgerHead,
    /// The payments that the batch names, by the name it uses.
    pub payments: HashMap<PaymentKey, Payment>,
    /// What became of the keys that the batch claims.
    pub idempotency: HashMap<Digest, IdempotencyRecord>,
    /// The latest live payment of the same payer, where there is one.
    pub duplicates: HashMap<DuplicateKey, Reference>,
    /// The sums of the batch's currencies, where there are some.
    pub totals: HashMap<Currency, Totals>,
}

impl Facts {
    /// Nothing but the head.
    pub fn at(head: LedgerHead) -> Self {
        Self {
            head,
            payments: HashMap::new(),
            idempotency: HashMap::new(),
            duplicates: HashMap::new(),
            totals: HashMap::new(),
        }
    }
}
