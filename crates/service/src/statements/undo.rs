//! Undoes an import: reverses its receipts, so that the file can be imported again.
//!
//! **Nothing of an undone import is booked afterwards.** The state of the import changes first. From then on, the ledger
//! rejects its lines, and no process stores results of its posting. A line only moves from an earlier to a later state of
//! [`STATES`], so one pass over the states in this order meets every line, also one whose match a person accepts meanwhile.

use hermes_domain::ledger::{Rejection, Reversal};
use hermes_domain::ports::LineResult;
use hermes_domain::receipt::{ReceiptNumber, StatementLineId};
use hermes_domain::statement::{
    Direction, ImportId, ImportState, ImportWork, LineState, StatementImport, StoredLine,
};

use super::receipt_command::ReceiptCommands;
use super::{BATCH_LINES, ImportError, Progress, StatementImporter};
use crate::writer::SubmitError;

/// The states of lines to undo, in the order in which a line moves through them.
const STATES: [LineState; 6] = [
    LineState::New,
    LineState::Batch,
    LineState::Return,
    LineState::Other,
    LineState::Unallocated,
    LineState::Posted,
];

impl StatementImporter {
    /// Begins to undo an import. If the import is being posted, the posting stops. The worker reverses its receipts.
    ///
    /// # Errors
    /// Returns an error if the import does not exist, is being undone or is undone.
    pub async fn begin_undo(&self, id: ImportId, actor: &str, reason: &str) -> Result<(), ImportError> {
        if self.deps.store.begin_undo(id, actor, reason).await? {
            self.wake.notify_one();
            return Ok(());
        }
        match self.deps.store.find_import(id).await? {
            Some(import) => Err(ImportError::Undone(import.state)),
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
        for state in STATES {
            let mut after = 0;
            loop {
                self.renew_claim(id, ImportWork::Undo).await?;
                let limit = u64::try_from(BATCH_LINES).unwrap_or(1);
                let lines = self.deps.store.lines_of_import(id, state, after, limit).await?;
                let Some(last) = lines.last() else { break };
                after = last.line.number;
                done += i64::try_from(lines.len()).unwrap_or(i64::MAX);
                let results = self.reverse_lines(&commands, lines, &reason).await?;
                let reversed: Vec<StatementLineId> = results.iter().map(|result| result.line).collect();
                // The lines come last: until then, an interrupted run finds them again.
                self.deps.store.undo_matches(id, &reversed).await?;
                self.deps.store.finish_lines(id, &results, None, None).await?;
                progress(done, import.file.lines);
            }
        }
        let now = self.deps.clock.now();
        let reason = import.reason.as_deref();
        self.change_state(id, ImportWork::Undo, ImportState::Undone, reason, Some(now)).await?;
        super::remove_file(&self.spool_path(id));
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
            let receipt = self.receipt_of(commands, &stored, reason).await?;
            let reversed = match receipt {
                Some(number) => self.reverse_receipt(commands, number, Reversal::Undone, reason).await?,
                None => Ok(()),
            };
            let is_reversed = reversed
                .inspect_err(|rejection| log::warn!("line {} is not undone: {rejection}", stored.line.number))
                .is_ok();
            if is_reversed {
                results.push(LineResult { line: stored.line.id, state: LineState::Reversed, receipt });
            }
        }
        Ok(results)
    }

    /// Returns the receipt of a line. A process that was interrupted may have recorded it without storing its number. The
    /// ledger then names it instead of recording another; otherwise it rejects the line, now and later.
    ///
    /// If this process is slow, another one may have ended the undoing, and a later import may have taken the line over. The
    /// receipt then belongs to that import.
    async fn receipt_of(
        &self,
        commands: &ReceiptCommands,
        stored: &StoredLine,
        reason: &str,
    ) -> Result<Option<ReceiptNumber>, ImportError> {
        let is_credit = stored.line.direction == Direction::Credit && stored.line.amount.minor() > 0;
        let may_have_one = is_credit && matches!(stored.state, LineState::New | LineState::Unallocated);
        if stored.receipt.is_some() || !may_have_one {
            return Ok(stored.receipt);
        }
        self.renew_claim(stored.import, ImportWork::Undo).await?;
        match commands.record(&stored.line, &[], reason.to_owned()).await {
            Ok((number, _)) => {
                let current = self.deps.store.find_lines(&[stored.line.id]).await?;
                Ok(current.iter().any(|line| line.import == stored.import).then_some(number))
            }
            Err(SubmitError::Rejected(Rejection::StatementLineUndone)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}
