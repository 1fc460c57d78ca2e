//! The payments that the lines of a file are compared with.

use hermes_domain::matching::{CreditLine, PaymentIndex, find, mentioned_references};
use hermes_domain::payment::Reference;
use hermes_domain::statement::{BankLine, Direction};
use tokio::task::yield_now;

use super::{ImportError, StatementImporter};

/// The payments that one statement reads. A larger page would occupy a thread of the runtime for longer.
const INDEX_PAGE: u64 = 1_000;

impl StatementImporter {
    /// Reads all payments with an amount outstanding.
    pub(super) async fn load_index(&self) -> Result<PaymentIndex, ImportError> {
        let mut index = PaymentIndex::default();
        let mut after = None;
        loop {
            let page = self.deps.store.open_payments(after, INDEX_PAGE).await?;
            let Some(last) = page.last() else { return Ok(index) };
            after = Some(last.id);
            page.into_iter().for_each(|payment| index.insert(payment));
            yield_now().await;
        }
    }

    /// Reads the payments that the lines name or match again, because they may have changed or be settled.
    pub(super) async fn refresh(
        &self,
        index: &mut PaymentIndex,
        lines: &[BankLine],
    ) -> Result<(), ImportError> {
        let mut references: Vec<Reference> = Vec::new();
        let credits = lines.iter().filter(|line| line.direction == Direction::Credit);
        let credits: Vec<CreditLine> = credits.map(BankLine::to_credit_line).collect();
        for line in &credits {
            references.extend(named_payments(line, index));
            // Requests run in the same threads.
            yield_now().await;
        }
        references.sort_unstable();
        references.dedup();
        let payments = self.deps.store.payments(&references).await?;
        payments.into_iter().for_each(|payment| index.insert(payment));
        Ok(())
    }
}

/// Returns the payments that a line names or matches.
fn named_payments(line: &CreditLine, index: &PaymentIndex) -> Vec<Reference> {
    let mut named = mentioned_references(line);
    let mut payments = named.iter().filter_map(|reference| index.get(*reference));
    // Most lines name a payment with their amount, which needs no search.
    if !payments.any(|payment| payment.outstanding == line.amount) {
        let finding = find(line, index);
        let parts = finding.matches.iter().flat_map(|found| &found.parts);
        named.extend(parts.map(|part| part.reference));
    }
    named
}
