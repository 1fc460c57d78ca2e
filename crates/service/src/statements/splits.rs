//! Proposes several transfers of a payer for one payment, at the end of an import.

use hermes_domain::matching::{CreditLine, find_splits};
use hermes_domain::receipt::StatementLineId;
use hermes_domain::statement::{LineState, NewMatch};

use super::posting::Posting;
use super::{BATCH_LINES, ImportError};

/// The lines without a match among which transfers that pay one payment together are searched.
const MAX_SPLIT_LINES: u64 = 5_000;

impl Posting<'_> {
    /// Proposes several transfers of a payer for one payment, among the lines of the import without a match. All proposals are
    /// stored together: a part of them would hide the lines that the others need, when a killed process is continued.
    pub(super) async fn propose_splits(&mut self) -> Result<(), ImportError> {
        let store = &self.importer.deps.store;
        let lines = store.lines_of_import(self.id, LineState::Unallocated, 0, MAX_SPLIT_LINES).await?;
        let mut unmatched: Vec<(StatementLineId, CreditLine)> = Vec::new();
        for chunk in lines.chunks(BATCH_LINES) {
            let ids: Vec<StatementLineId> = chunk.iter().map(|stored| stored.line.id).collect();
            let matches = store.matches_of_lines(self.id, &ids).await?;
            let has_none = |id: StatementLineId| matches.iter().all(|row| row.proposal.line != id);
            let without = chunk.iter().filter(|stored| has_none(stored.line.id));
            unmatched.extend(without.map(|stored| (stored.line.id, stored.line.to_credit_line())));
        }
        let credit_lines: Vec<CreditLine> = unmatched.iter().map(|(_, line)| line.clone()).collect();
        // The search may take long, and nothing else needs the index any more.
        let index = std::mem::take(&mut self.index);
        let search = tokio::task::spawn_blocking(move || find_splits(&credit_lines, &index));
        let now = self.importer.deps.clock.now();
        let mut rows: Vec<NewMatch> = Vec::new();
        for (number, proposal) in search.await.map_err(|_| ImportError::Internal)? {
            if let Some((id, _)) = unmatched.get(number) {
                let rank = rows.iter().filter(|row| row.line == *id).count();
                rows.push(NewMatch::new(self.id, *id, rank, &proposal, now));
            }
        }
        if store.insert_matches(self.id, &rows).await? { Ok(()) } else { Err(ImportError::Claimed) }
    }
}
