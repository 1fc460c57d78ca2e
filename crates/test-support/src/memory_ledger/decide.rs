//! Deciding batches on the ledger in memory, with the facts that a database would load.

use hermes_domain::ledger::{
    Changes, Clocks, Command, Decider, DecisionContext, Facts, Outcome, ReceiptQuery, Rejection, Submission,
};
use hermes_domain::payment::{DuplicateKey, Payment, PaymentKey, Reference};
use hermes_domain::receipt::Receipt;

use super::MemoryLedger;

impl MemoryLedger {
    /// Decides a batch without applying its changes.
    pub fn decide(&self, submissions: &[Submission]) -> (Vec<Result<Outcome, Rejection>>, Changes) {
        let commands = || submissions.iter().map(|submission| &submission.command);
        assert!(submissions.len() == 1 || !commands().any(Command::requires_exclusive_batch));
        let context = DecisionContext {
            rules: &self.rules,
            now: self.head.next_timestamp(Clocks::same(self.clock)),
            random_source: &*self.random_source,
        };
        let mut facts = Facts::at(self.head);
        let targets = commands().flat_map(Command::targets);
        facts.payments.extend(targets.filter_map(|key| Some((key.clone(), self.find(key)?.clone()))));
        let mut query = ReceiptQuery::default();
        for command in commands() {
            command.add_receipts_to(&mut query);
            let payment = command.needs_receipts_of().and_then(|key| facts.payments.get(key));
            query.payments.extend(payment.map(|payment| payment.id));
        }
        for receipt in self.find_receipts(&query) {
            for allocation in &receipt.allocations {
                let key = PaymentKey::Id(allocation.payment);
                let payment = self.find(&key).unwrap().clone();
                facts.payments.insert(key, payment);
            }
            facts.receipts.insert(receipt.number, receipt);
        }
        facts.keys.extend(self.keys.iter().map(|key| (key.id, key.clone())));
        let records = self.idempotency.iter().map(|record| (record.claim.scope_hash, record.clone()));
        facts.idempotency.extend(records);
        let mut decider = Decider::new(context, facts);
        let queries = decider.fact_queries(commands());
        decider.add_facts(
            queries.duplicates.into_iter().filter_map(|key| Some((key.clone(), self.find_duplicate(&key)?))),
            queries.currencies.iter().filter_map(|currency| self.totals.get(currency).copied()),
        );
        let outcomes = submissions.iter().map(|submission| decider.decide(submission)).collect();
        (outcomes, decider.into_changes())
    }

    /// Finds receipts, as a database does.
    pub fn find_receipts(&self, query: &ReceiptQuery) -> Vec<Receipt> {
        let is_found = |receipt: &&Receipt| {
            query.numbers.contains(&receipt.number)
                || receipt.refunds.iter().any(|refund| query.refunds.contains(&refund.number))
                || receipt.statement_line.is_some_and(|line| query.statement_lines.contains(&line))
                || query.payments.iter().any(|payment| receipt.concerns(*payment))
        };
        self.receipts.iter().filter(is_found).cloned().collect()
    }

    /// Finds a payment.
    pub fn find(&self, key: &PaymentKey) -> Option<&Payment> {
        self.payments.iter().find(|payment| match key {
            PaymentKey::Id(id) => payment.id == *id,
            PaymentKey::Reference(reference) => payment.reference == *reference,
        })
    }

    /// Finds the latest live payment with all values of a key.
    pub fn find_duplicate(&self, key: &DuplicateKey) -> Option<Reference> {
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        let matches = |payment: &&Payment| {
            payment.cancelled_at.is_none()
                && payment.id != key.exclude_id
                && payment.details.email_key() == key.email_key
                && key.amount_minor.is_none_or(|minor| minor == payment.amount.minor())
                && key.currency_from.is_none_or(|code| code == payment.amount.currency().code())
                && key.school.as_ref().is_none_or(|school| *school == optional(&payment.details.school))
                && key.student_id.as_ref().is_none_or(|id| *id == optional(&payment.details.student_id))
                && key.created_from.is_none_or(|from| payment.created_at >= from)
        };
        self.payments.iter().rfind(matches).map(|payment| payment.reference)
    }
}
