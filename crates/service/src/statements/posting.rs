//! The second pass over a file: books its lines in batches.

use std::path::PathBuf;
use std::sync::Arc;

use hermes_domain::ledger::{Origin, Rejection};
use hermes_domain::matching::{Finding, PaymentIndex, find};
use hermes_domain::ports::LineResult;
use hermes_domain::receipt::StatementLineId;
use hermes_domain::statement::{
    BankLine, Direction, ImportId, ImportState, ImportWork, LineBatch, LineState, MatchId, MatchState,
    NewMatch, StatementImport, StoredLine, StoredMatch, StoredPart,
};
use tokio::sync::mpsc;
use tokio::task::{JoinSet, yield_now};

use super::check::read_file;
use super::receipt_command::ReceiptCommands;
use super::{BATCH_LINES, FileOptions, ImportError, Progress, StatementImporter};
use crate::writer::SubmitError;

/// The only state that results of a posting change. A process that was slow changes no line that is further.
const NEW: Option<LineState> = Some(LineState::New);

/// A line with what to do with it.
struct Planned {
    line: BankLine,
    /// The match to post.
    posted: Option<MatchId>,
    /// The parts of that match; empty if the line becomes credit.
    parts: Vec<StoredPart>,
}

/// An import at work.
pub(super) struct Posting<'a> {
    pub(super) importer: &'a StatementImporter,
    pub(super) id: ImportId,
    pub(super) commands: ReceiptCommands,
    pub(super) index: PaymentIndex,
    /// Whether an earlier run may have stored matches of the next batch.
    is_resumed: bool,
}

impl StatementImporter {
    /// Books the lines of an import from its position on. The caller has claimed the import.
    pub(super) async fn post(
        &self,
        import: &StatementImport,
        progress: Progress<'_>,
    ) -> Result<(), ImportError> {
        let id = import.file.id;
        self.change_state(id, ImportWork::Post, ImportState::Posting, None, None).await?;
        let mut posting = Posting {
            importer: self,
            id,
            commands: self.commands(&import.file.imported_by),
            index: self.load_index().await?,
            is_resumed: true,
        };
        let options = FileOptions {
            csv_profile: import.file.csv_profile.clone(),
            csv_account: import.file.csv_account.clone(),
        };
        let (mut batches, reading) = self.read_batches(self.spool_path(id), options, import.position);
        while let Some(batch) = batches.recv().await {
            let position = batch.last().map_or(0, |line| line.number);
            self.renew_claim(id, ImportWork::Post).await?;
            posting.post_batch(batch).await?;
            progress(position, import.file.lines);
        }
        reading.await.map_err(|_| ImportError::Internal)??;
        posting.post_open_returns().await?;
        posting.propose_splits().await?;
        let now = self.deps.clock.now();
        self.change_state(id, ImportWork::Post, ImportState::Done, None, Some(now)).await?;
        super::remove_file(&self.spool_path(id));
        Ok(())
    }

    /// Returns the commands of an actor.
    pub(super) fn commands(&self, actor: &str) -> ReceiptCommands {
        self.commands_from(Origin { actor: actor.to_owned(), ..Origin::default() })
    }

    /// Returns the commands of a request.
    pub(super) fn commands_from(&self, origin: Origin) -> ReceiptCommands {
        ReceiptCommands { ledger: self.deps.ledger.clone(), store: Arc::clone(&self.deps.store), origin }
    }

    /// Reads the lines of a file after a position in a task, a few batches ahead.
    pub(super) fn read_batches(
        &self,
        path: PathBuf,
        options: FileOptions,
        position: i64,
    ) -> (mpsc::Receiver<Vec<BankLine>>, tokio::task::JoinHandle<Result<(), ImportError>>) {
        let (sender, receiver) = mpsc::channel(2);
        let config = self.config.clone();
        let reading = tokio::task::spawn_blocking(move || {
            let read_options = config.read_options(&options)?;
            let mut batch = Vec::with_capacity(BATCH_LINES);
            read_file(&config, &path, &read_options, &mut |line| {
                if line.number > position {
                    batch.push(line);
                }
                if batch.len() == BATCH_LINES {
                    // The receiver is gone if the import failed; its error is reported there.
                    let _ = sender.blocking_send(std::mem::take(&mut batch));
                }
            })?;
            if !batch.is_empty() {
                let _ = sender.blocking_send(batch);
            }
            Ok(())
        });
        (receiver, reading)
    }
}

impl Posting<'_> {
    async fn post_batch(&mut self, lines: Vec<BankLine>) -> Result<(), ImportError> {
        let store = &self.importer.deps.store;
        let position = lines.last().map(|line| line.number);
        let stored = store.insert_lines(self.id, &lines).await?.ok_or(ImportError::Claimed)?;
        hit_fail_point(FailPointOfImport::LinesStored);
        let new: Vec<StoredLine> = stored.into_iter().filter(|line| line.state == LineState::New).collect();
        let new: Vec<BankLine> = new.into_iter().map(|stored| stored.line).collect();
        let covered = self.importer.lines_booked_by_others(&new).await?;
        let is_covered = |line: &BankLine| covered.iter().any(|result| result.line == line.id);
        let new = new.into_iter().filter(|line| !is_covered(line));
        let (credits, others): (Vec<BankLine>, Vec<BankLine>) = new.partition(is_receipt);
        let (planned, matches) = self.plan(credits).await?;
        if !store.insert_matches(self.id, &matches).await? {
            return Err(ImportError::Claimed);
        }
        hit_fail_point(FailPointOfImport::MatchesStored);
        let posted: Vec<(StatementLineId, MatchId)> =
            planned.iter().filter_map(|planned| Some((planned.line.id, planned.posted?))).collect();
        let mut results = self.record(planned).await?;
        hit_fail_point(FailPointOfImport::LinesBooked);
        self.reject_failed(&results, &posted).await?;
        results.extend(covered);
        if others.is_empty() {
            store.finish_lines(self.id, &results, NEW, position).await?;
        } else {
            // A reversal can concern a line of the same batch, so the receipts are stored first.
            store.finish_lines(self.id, &results, NEW, None).await?;
            let others = self.importer.post_others(&self.commands, self.id, others).await?;
            store.finish_lines(self.id, &others, NEW, position).await?;
        }
        hit_fail_point(FailPointOfImport::BatchFinished);
        Ok(())
    }

    /// Matches credit lines in the order of the file; each line sees the allocations of earlier ones.
    async fn plan(&mut self, lines: Vec<BankLine>) -> Result<(Vec<Planned>, Vec<NewMatch>), ImportError> {
        let earlier = self.earlier_matches(&lines).await?;
        self.importer.refresh(&mut self.index, &lines).await?;
        let now = self.importer.deps.clock.now();
        let (mut planned, mut matches) = (Vec::new(), Vec::new());
        for line in lines {
            let (chosen, new) = self.choose(&line, &earlier, now);
            matches.extend(new);
            let posted = chosen.as_ref().map(|chosen| chosen.id);
            let parts = chosen.map_or_else(Vec::new, |chosen| chosen.parts);
            parts.iter().for_each(|part| self.index.allocate(part.reference, part.amount));
            planned.push(Planned { line, posted, parts });
            // Requests run in the same threads.
            yield_now().await;
        }
        Ok((planned, matches))
    }

    /// Returns the match of a line to post, if there is one, and the new matches of the line.
    fn choose(
        &self,
        line: &BankLine,
        earlier: &[StoredMatch],
        now: chrono::DateTime<chrono::Utc>,
    ) -> (Option<NewMatch>, Vec<NewMatch>) {
        let is_posted = |row: &&NewMatch| row.state == MatchState::Posted;
        let known: Vec<&NewMatch> =
            earlier.iter().map(|known| &known.proposal).filter(|known| known.line == line.id).collect();
        if !known.is_empty() {
            return (known.into_iter().find(is_posted).cloned(), Vec::new());
        }
        let rows = self.rows(line, &find(&line.to_credit_line(), &self.index), now);
        (rows.iter().find(is_posted).cloned(), rows)
    }

    /// Returns the matches that an interrupted run has stored for the first batch. Matching again could decide otherwise,
    /// because that run may have booked the lines.
    async fn earlier_matches(&mut self, lines: &[BankLine]) -> Result<Vec<StoredMatch>, ImportError> {
        if !std::mem::take(&mut self.is_resumed) {
            return Ok(Vec::new());
        }
        let ids: Vec<StatementLineId> = lines.iter().map(|line| line.id).collect();
        Ok(self.importer.deps.store.matches_of_lines(self.id, &ids).await?)
    }

    fn rows(&self, line: &BankLine, finding: &Finding, now: chrono::DateTime<chrono::Utc>) -> Vec<NewMatch> {
        let is_posted = finding.to_post(self.importer.config.auto_post).is_some();
        let row = |(rank, proposal)| {
            let mut row = NewMatch::new(self.id, line.id, rank, proposal, now);
            row.evidence.extend(finding.hints.iter().map(ToString::to_string));
            row.state = if is_posted { MatchState::Posted } else { MatchState::Proposed };
            row
        };
        finding.matches.iter().enumerate().map(row).collect()
    }

    /// Records the receipts. The commands run together, so that they share the transactions of the ledger.
    async fn record(&self, planned: Vec<Planned>) -> Result<Vec<LineResult>, ImportError> {
        let mut tasks = JoinSet::new();
        for Planned { line, parts, .. } in planned {
            let (commands, id) = (self.commands.clone(), self.id);
            tasks.spawn(async move {
                let reason = format!("line {} of import {id}", line.number);
                let (receipt, state) = commands.record(&line, &parts, reason).await?;
                Ok(LineResult { line: line.id, state, receipt: Some(receipt) })
            });
        }
        let mut results = Vec::new();
        while let Some(result) = tasks.join_next().await {
            results.push(result.map_err(|_| ImportError::Internal)?.map_err(|error| match error {
                SubmitError::Rejected(Rejection::StatementLineUndone) => ImportError::Claimed,
                error => ImportError::Ledger(error),
            })?);
        }
        Ok(results)
    }

    /// Rejects the matches that the ledger did not accept.
    async fn reject_failed(
        &self,
        results: &[LineResult],
        posted: &[(StatementLineId, MatchId)],
    ) -> Result<(), ImportError> {
        let deps = &self.importer.deps;
        let is_credit = |result: &&LineResult| result.state == LineState::Unallocated;
        for result in results.iter().filter(is_credit) {
            if let Some((_, id)) = posted.iter().find(|(line, _)| *line == result.line) {
                deps.store.withdraw_match(*id, deps.clock.now()).await?;
            }
        }
        Ok(())
    }
}

/// Returns whether a line is recorded as a receipt: a credit that is neither zero nor a batch whose transfers may follow.
pub(super) fn is_receipt(line: &BankLine) -> bool {
    line.direction == Direction::Credit
        && line.amount.minor() > 0
        && !matches!(line.batch, LineBatch::Whole(_))
}

/// The steps of a batch at which tests kill the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum FailPointOfImport {
    LinesStored,
    MatchesStored,
    LinesBooked,
    BatchFinished,
}

#[cfg(feature = "fault-injection")]
fn hit_fail_point(step: FailPointOfImport) {
    hermes_fault::hit(match step {
        FailPointOfImport::LinesStored => hermes_fault::FailPoint::AfterLinesStored,
        FailPointOfImport::MatchesStored => hermes_fault::FailPoint::AfterMatchesStored,
        FailPointOfImport::LinesBooked => hermes_fault::FailPoint::AfterLinesBooked,
        FailPointOfImport::BatchFinished => hermes_fault::FailPoint::AfterImportBatch,
    });
}

#[cfg(not(feature = "fault-injection"))]
const fn hit_fail_point(_step: FailPointOfImport) {}
