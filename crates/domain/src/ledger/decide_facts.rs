//! The facts that the commands of a batch need.

use std::collections::HashSet;

use super::correction::apply_correction;
use super::decide::Decider;
use super::{Command, FactQueries, Reopening, Totals};
use crate::money::Currency;
use crate::payment::{DuplicateKey, PaymentId, Reference};

impl Decider<'_> {
    /// Returns the queries for the remaining facts that the commands need.
    pub fn fact_queries<'c>(&self, commands: impl IntoIterator<Item = &'c Command>) -> FactQueries {
        let mut queries = FactQueries::default();
        let mut seen = HashSet::new();
        for command in commands {
            for currency in self.currencies(command) {
                if !queries.currencies.contains(&currency) {
                    queries.currencies.push(currency);
                }
            }
            let Some(key) = self.duplicate_query(command) else { continue };
            if seen.insert(key.clone()) {
                queries.duplicates.push(key);
            }
        }
        queries
    }

    /// Adds the results of [`Self::fact_queries`].
    pub fn add_facts(
        &mut self,
        duplicates: impl IntoIterator<Item = (DuplicateKey, Reference)>,
        totals: impl IntoIterator<Item = Totals>,
    ) {
        self.facts.duplicates.extend(duplicates);
        self.facts.totals.extend(totals.into_iter().map(|totals| (totals.currency, totals)));
    }

    /// Returns the currencies whose totals the command can change.
    fn currencies(&self, command: &Command) -> Vec<Currency> {
        match command {
            Command::Book(booking) => vec![booking.amount.currency()],
            Command::Receipt(command) => self.currencies_of_receipt(command),
            Command::Refund(command) => self.currencies_of_refund(command),
            Command::Correct(_)
            | Command::Cancel(_)
            | Command::Reopen(_)
            | Command::RenewPageLink(_)
            | Command::Erase(_)
            | Command::Key(_) => {
                let targets = command.targets().into_iter();
                targets.filter_map(|key| Some(self.facts.payments.get(key)?.amount.currency())).collect()
            }
        }
    }

    /// Returns the duplicate key of the payment after the command.
    fn duplicate_query(&self, command: &Command) -> Option<DuplicateKey> {
        match command {
            Command::Book(booking) => {
                Some(self.context.duplicate_key(PaymentId::NIL, &booking.details, booking.amount))
            }
            Command::Correct(correction) => {
                let payment = self.facts.payments.get(&correction.target)?;
                let student_id = &self.context.rules.institution.student_id;
                let (details, amount) = apply_correction(payment, &correction.request, student_id).ok()?;
                Some(self.context.duplicate_key(payment.id, &details, amount))
            }
            Command::Reopen(Reopening { target, .. }) => {
                let payment = self.facts.payments.get(target)?;
                Some(self.context.duplicate_key(payment.id, &payment.details, payment.amount))
            }
            Command::Cancel(_)
            | Command::Erase(_)
            | Command::RenewPageLink(_)
            | Command::Receipt(_)
            | Command::Refund(_)
            | Command::Key(_) => None,
        }
    }
}
