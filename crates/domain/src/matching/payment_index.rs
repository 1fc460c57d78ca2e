//! The payments that lines are compared with.

use std::collections::HashMap;

use chrono::NaiveDate;

use super::name::{is_same, words};
use crate::money::Money;
use crate::payment::{Payment, PaymentId, Reference};

/// A payment, as matching sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexedPayment {
    /// The identifier.
    pub id: PaymentId,
    /// The reference.
    pub reference: Reference,
    /// The amount outstanding; zero for a settled payment.
    pub outstanding: Money,
    /// Whether the payment is cancelled. A cancelled payment is found, but never matched.
    pub is_cancelled: bool,
    /// The names of the payer and the sender.
    pub names: Vec<String>,
    /// The day of the booking.
    pub booked_on: NaiveDate,
}

impl From<&Payment> for IndexedPayment {
    fn from(payment: &Payment) -> Self {
        let details = &payment.details;
        Self {
            id: payment.id,
            reference: payment.reference,
            outstanding: payment.amount_outstanding(),
            is_cancelled: payment.cancelled_at.is_some(),
            names: std::iter::once(details.name.clone()).chain(details.sender_full_name.clone()).collect(),
            booked_on: payment.created_at.date_naive(),
        }
    }
}

/// The payments by reference and by the words of their names.
#[derive(Debug, Clone, Default)]
pub struct PaymentIndex {
    entries: HashMap<Reference, Entry>,
    /// The number of each word, by which names are compared.
    word_numbers: HashMap<String, usize>,
    /// The references whose names contain a word, by the number of the word.
    by_word: Vec<Vec<Reference>>,
}

#[derive(Debug, Clone)]
struct Entry {
    payment: IndexedPayment,
    /// The numbers of the words of each name.
    names: Vec<Vec<usize>>,
}

impl PaymentIndex {
    /// Adds a payment, or replaces the one with its reference.
    pub fn insert(&mut self, payment: IndexedPayment) {
        let reference = payment.reference;
        let is_known = self.entries.get(&reference).is_some_and(|known| known.payment.names == payment.names);
        let mut names = Vec::new();
        for name in &payment.names {
            names.push(words(name).into_iter().map(|word| self.word_number(word)).collect::<Vec<_>>());
        }
        if !is_known {
            let mut numbers: Vec<usize> = names.iter().flatten().copied().collect();
            numbers.sort_unstable();
            numbers.dedup();
            for number in numbers {
                if let Some(references) = self.by_word.get_mut(number) {
                    references.push(reference);
                }
            }
        }
        self.entries.insert(reference, Entry { payment, names });
    }

    /// Returns whether the index has a payment.
    pub fn contains(&self, reference: Reference) -> bool {
        self.entries.contains_key(&reference)
    }

    /// Returns a payment.
    pub fn get(&self, reference: Reference) -> Option<&IndexedPayment> {
        self.entries.get(&reference).map(|entry| &entry.payment)
    }

    /// Reduces the amount outstanding of a payment after an allocation, down to zero.
    pub fn allocate(&mut self, reference: Reference, amount: Money) {
        let Some(entry) = self.entries.get_mut(&reference) else { return };
        let outstanding = entry.payment.outstanding;
        let left = outstanding.checked_sub(amount).unwrap_or(outstanding);
        entry.payment.outstanding = Money::from_minor(left.minor().max(0), left.currency());
    }

    /// Returns whether a name is one of a payment's names.
    pub(super) fn has_name(&self, reference: Reference, name: &str) -> bool {
        let wanted = self.known_words(name);
        self.entries.get(&reference).is_some_and(|entry| entry.has_name(&wanted))
    }

    /// Returns the live payments with an amount outstanding in the currency of `amount` and a matching name, oldest first.
    pub(super) fn open_of(&self, name: &str, amount: Money) -> Vec<&IndexedPayment> {
        let wanted = self.known_words(name);
        let numbers = wanted.numbers.iter().filter_map(|number| self.by_word.get(*number));
        let mut references: Vec<Reference> = numbers.flatten().copied().collect();
        references.sort_unstable();
        references.dedup();
        references
            .into_iter()
            .filter_map(|reference| self.entries.get(&reference))
            .filter(|entry| entry.payment.is_open_in(amount) && entry.has_name(&wanted))
            .map(|entry| &entry.payment)
            .collect()
    }

    fn known_words(&self, name: &str) -> WantedName {
        let words = words(name);
        let numbers = words.iter().filter_map(|word| self.word_numbers.get(word).copied()).collect();
        WantedName { words: words.len(), numbers }
    }

    fn word_number(&mut self, word: String) -> usize {
        let next = self.by_word.len();
        let number = *self.word_numbers.entry(word).or_insert(next);
        if number == next {
            self.by_word.push(Vec::new());
        }
        number
    }
}

/// A name to look up. Words that no payment has do not have a number.
struct WantedName {
    words: usize,
    numbers: Vec<usize>,
}

impl Entry {
    fn has_name(&self, wanted: &WantedName) -> bool {
        self.names.iter().any(|name| {
            let shared = wanted.numbers.iter().filter(|number| name.contains(number)).count();
            is_same(name.len(), wanted.words, shared)
        })
    }
}

impl IndexedPayment {
    /// Returns whether the payment is live and has an amount outstanding in the currency of `amount`.
    pub(super) fn is_open_in(&self, amount: Money) -> bool {
        !self.is_cancelled && self.outstanding.currency() == amount.currency() && self.outstanding.minor() > 0
    }
}
