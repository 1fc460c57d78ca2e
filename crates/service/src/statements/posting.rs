//! The second pass over a file: books its lines in batches.

use hermes_domain::ledger::Origin;
use hermes_domain::matching::{
    CreditLine, Finding, MatchedPart, PaymentIndex, find, find_splits, mentioned_references,
};
use hermes_domain::payment::Reference;
use hermes_domain::ports::LineResult;
use hermes_domain::receipt::StatementLineId;
use hermes_domain::statement::{
    BankLine, Direction, ImportId, ImportState, LineBatch, LineState, MatchState, NewMatch, StatementImport,
    StoredLine, StoredMatch,
};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::check::read_file;
use super::receipt_command::ReceiptCommands;
use super::{BATCH_LINES, FileOptions, ImportError, Progress, StatementImporter};

/// The payments that one statement reads.
const INDEX_PAGE: u64 = 5_000;
/// The lines without a match among which transfers that pay one payment together are searched.
const MAX_SPLIT_LINES: u64 = 5_000;

/// A line with what to do with it.
struct Planned {
    line: BankLine,
    /// The parts to allocate at once; empty if the line becomes credit.
    parts: Vec<MatchedPart>,
}

/// An import at work.
struct Posting<'a> {
    importer: &'a StatementImporter,
    id: ImportId,
    commands: ReceiptCommands,
    index: PaymentIndex,
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
        self.deps.store.set_import_state(id, ImportState::Posting, None, None).await?;
        let mut posting = Posting {
            importer: self,
            id,
            commands: self.commands(&import.file.imported_by),
            index: self.load_index().await?,
            is_resumed: true,
        };
        let (mut batches, reading) = self.read_batches(import);
        while let Some(batch) = batches.recv().await {
            let position = batch.last().map_or(0, |line| line.number);
            self.renew_claim(id).await?;
            posting.post_batch(batch).await?;
            progress(position, import.file.lines);
        }
        reading.await.map_err(|_| ImportError::Internal)??;
        posting.propose_splits().await?;
        let now = self.deps.clock.now();
        self.deps.store.set_import_state(id, ImportState::Done, None, Some(now)).await?;
        super::remove_file(&self.spool_path(id));
        Ok(())
    }

    /// Returns the commands of an actor.
    pub(super) fn commands(&self, actor: &str) -> ReceiptCommands {
        let origin = Origin { actor: actor.to_owned(), ..Origin::default() };
        ReceiptCommands { ledger: self.deps.ledger.clone(), origin }
    }

    /// Reads the lines after the position of an import in a task, a few batches ahead.
    fn read_batches(
        &self,
        import: &StatementImport,
    ) -> (mpsc::Receiver<Vec<BankLine>>, tokio::task::JoinHandle<Result<(), ImportError>>) {
        let (sender, receiver) = mpsc::channel(2);
        let options = FileOptions {
            csv_profile: import.file.csv_profile.clone(),
            csv_account: import.file.csv_account.clone(),
        };
        let (config, path, position) =
            (self.config.clone(), self.spool_path(import.file.id), import.position);
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

    /// Reads all payments with an amount outstanding.
    pub(super) async fn load_index(&self) -> Result<PaymentIndex, ImportError> {
        let mut index = PaymentIndex::default();
        let mut after = None;
        loop {
            let page = self.deps.store.open_payments(after, INDEX_PAGE).await?;
            let Some(last) = page.last() else { return Ok(index) };
            after = Some(last.id);
            page.into_iter().for_each(|payment| index.insert(payment));
        }
    }

    /// Reads the payments that the lines name or match again, because they may have changed or be settled.
    pub(super) async fn refresh(
        &self,
        index: &mut PaymentIndex,
        lines: &[BankLine],
    ) -> Result<(), ImportError> {
        let mut references: Vec<Reference> = Vec::new();
        for line in lines.iter().filter(|line| line.direction == Direction::Credit) {
            let line = line.to_credit_line();
            references.extend(mentioned_references(&line));
            let finding = find(&line, index);
            references
                .extend(finding.matches.iter().flat_map(|found| &found.parts).map(|part| part.reference));
        }
        references.sort_unstable();
        references.dedup();
        let payments = self.deps.store.payments(&references).await?;
        payments.into_iter().for_each(|payment| index.insert(payment));
        Ok(())
    }
}

impl Posting<'_> {
    async fn post_batch(&mut self, lines: Vec<BankLine>) -> Result<(), ImportError> {
        let store = &self.importer.deps.store;
        let position = lines.last().map(|line| line.number);
        let stored = store.insert_lines(self.id, &lines).await?;
        hit_fail_point(FailPointOfImport::LinesStored);
        let new: Vec<StoredLine> = stored.into_iter().filter(|line| line.state == LineState::New).collect();
        let (credits, others): (Vec<BankLine>, Vec<BankLine>) =
            new.into_iter().map(|stored| stored.line).partition(is_receipt);
        let (planned, matches) = self.plan(credits).await?;
        store.insert_matches(&matches).await?;
        hit_fail_point(FailPointOfImport::MatchesStored);
        let results = self.record(planned).await?;
        hit_fail_point(FailPointOfImport::LinesBooked);
        self.reject_failed(&results, &matches).await?;
        if others.is_empty() {
            store.finish_lines(self.id, &results, position).await?;
        } else {
            // A reversal can concern a line of the same batch, so the receipts are stored first.
            store.finish_lines(self.id, &results, None).await?;
            let others = self.importer.post_others(&self.commands, others).await?;
            store.finish_lines(self.id, &others, position).await?;
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
            let mut earlier = earlier.iter().filter(|known| known.proposal.line == line.id).peekable();
            let parts = if earlier.peek().is_some() {
                earlier
                    .find(|known| known.proposal.state == MatchState::Posted)
                    .map_or_else(Vec::new, |known| self.parts_of(known))
            } else {
                let finding = find(&line.to_credit_line(), &self.index);
                matches.extend(self.rows(&line, &finding, now));
                let chosen = finding.to_post(self.importer.config.auto_post);
                chosen.map_or_else(Vec::new, |chosen| chosen.parts.clone())
            };
            parts.iter().for_each(|part| self.index.allocate(part.reference, part.amount));
            planned.push(Planned { line, parts });
        }
        Ok((planned, matches))
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

    fn parts_of(&self, known: &StoredMatch) -> Vec<MatchedPart> {
        let parts = known.proposal.parts.iter().filter_map(|part| {
            let payment = self.index.get(part.reference)?.id;
            Some(MatchedPart { payment, reference: part.reference, amount: part.amount })
        });
        parts.collect()
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
        for Planned { line, parts } in planned {
            let (commands, id) = (self.commands.clone(), self.id);
            tasks.spawn(async move {
                let reason = format!("line {} of import {id}", line.number);
                let (receipt, state) = commands.record(&line, &parts, reason).await?;
                Ok(LineResult { line: line.id, state, receipt: Some(receipt) })
            });
        }
        let mut results = Vec::new();
        while let Some(result) = tasks.join_next().await {
            results.push(result.map_err(|_| ImportError::Internal)?.map_err(ImportError::Ledger)?);
        }
        Ok(results)
    }

    /// Rejects the matches that the ledger did not accept.
    async fn reject_failed(&self, results: &[LineResult], matches: &[NewMatch]) -> Result<(), ImportError> {
        let deps = &self.importer.deps;
        let is_credit = |result: &&LineResult| result.state == LineState::Unallocated;
        for result in results.iter().filter(is_credit) {
            let failed =
                matches.iter().find(|row| row.line == result.line && row.state == MatchState::Posted);
            if let Some(row) = failed {
                deps.store.withdraw_match(row.id, deps.clock.now()).await?;
            }
        }
        Ok(())
    }

    /// Proposes several transfers of a payer for one payment, among the lines of the import without a match.
    async fn propose_splits(&mut self) -> Result<(), ImportError> {
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
        let now = self.importer.deps.clock.now();
        let mut rows = Vec::new();
        for (number, proposal) in find_splits(&credit_lines, &self.index) {
            if let Some((id, _)) = unmatched.get(number) {
                let rank = rows.iter().filter(|row: &&NewMatch| row.line == *id).count();
                rows.push(NewMatch::new(self.id, *id, rank, &proposal, now));
            }
        }
        for chunk in rows.chunks(BATCH_LINES) {
            store.insert_matches(chunk).await?;
        }
        Ok(())
    }
}

/// Returns whether a line is recorded as a receipt: a credit that is neither zero nor a batch whose transfers may follow.
fn is_receipt(line: &BankLine) -> bool {
    line.direction == Direction::Credit
        && line.amount.minor() > 0
        && !matches!(line.batch, LineBatch::Whole(Some(_)))
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
