//! Undoes an import: reverses its receipts, so that the file can be imported again.

use hermes_domain::ledger::Reversal;
use hermes_domain::ports::LineResult;
use hermes_domain::receipt::StatementLineId;
use hermes_domain::statement::{ImportId, ImportState, LineState, StatementImport, StoredLine};

use super::receipt_command::ReceiptCommands;
use super::{BATCH_LINES, ImportError, Progress, StatementImporter};

impl StatementImporter {
    /// Begins to undo an import that has ended. The worker reverses its receipts.
    ///
    /// # Errors
    /// Returns an error if the import does not exist or has not ended.
    pub async fn begin_undo(&self, id: ImportId, actor: &str, reason: &str) -> Result<(), ImportError> {
        if self.deps.store.begin_undo(id, actor, reason).await? {
            self.wake.notify_one();
            return Ok(());
        }
        match self.deps.store.find_import(id).await? {
            Some(import) => Err(ImportError::NotEnded(import.state)),
            None => Err(ImportError::NotFound(id)),
        }
    }

    /// Reverses the receipts of an import. The caller has claimed the import.
    pub(super) async fn undo(
        &self,
        import: &StatementImport,
        progress: Progress<'_>,
    ) -> Result<(), ImportError> {
        let id = import.file.id;
        let commands = self.commands(import.undone_by.as_deref().unwrap_or(&import.file.imported_by));
        let reason = import.reason.clone().unwrap_or_default();
        let mut done = 0;
        for state in [LineState::Posted, LineState::Unallocated, LineState::Other, LineState::Batch] {
            let mut after = 0;
            loop {
                let lines = self
                    .deps
                    .store
                    .lines_of_import(id, state, after, u64::try_from(BATCH_LINES).unwrap_or(1))
                    .await?;
                let Some(last) = lines.last() else { break };
                after = last.line.number;
                self.renew_claim(id).await?;
                done += i64::try_from(lines.len()).unwrap_or(i64::MAX);
                let results = self.reverse_lines(&commands, lines, &reason).await?;
                self.deps.store.finish_lines(id, &results, None).await?;
                let reversed: Vec<StatementLineId> = results.iter().map(|result| result.line).collect();
                self.deps.store.undo_matches(&reversed).await?;
                progress(done, import.file.lines);
            }
        }
        let now = self.deps.clock.now();
        self.deps
            .store
            .set_import_state(id, ImportState::Undone, import.reason.as_deref(), Some(now))
            .await?;
        Ok(())
    }

    /// Reverses the receipts of lines. Lines whose money was refunded keep their receipt.
    async fn reverse_lines(
        &self,
        commands: &ReceiptCommands,
        lines: Vec<StoredLine>,
        reason: &str,
    ) -> Result<Vec<LineResult>, ImportError> {
        let mut results = Vec::new();
        for stored in lines {
            let is_reversed = match stored.receipt {
                Some(number) => self.reverse_receipt(commands, number, Reversal::Undone, reason).await?,
                None => true,
            };
            if is_reversed {
                let (line, receipt) = (stored.line.id, stored.receipt);
                results.push(LineResult { line, state: LineState::Reversed, receipt });
            }
        }
        Ok(results)
    }
}
