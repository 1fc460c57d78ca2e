//! The first pass over a file: it must be readable to its end and report accounts of the institution.

use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;

use hermes_domain::institution::AccountNumber;
use hermes_domain::matching::{PaymentIndex, find};
use hermes_domain::money::{Currency, MAX_MINOR, Money};
use hermes_domain::receipt::StatementLineId;
use hermes_domain::statement::{BankLine, Direction};
use hermes_statements::{Account, Item, Limits, ReadOptions, StatementHeader, StatementSummary};
use tokio::task::yield_now;

use super::convert::bank_line;
use super::posting::is_receipt;
use super::{FileOptions, ImportError, ImporterConfig, StatementImporter};

/// What importing a file would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DryRun {
    /// The format, such as `camt.053.001.08`.
    pub format: String,
    /// The statements of the file.
    pub statements: Vec<StatementReport>,
    /// The number of lines.
    pub lines: i64,
    /// Lines that an earlier import has recorded.
    pub duplicates: i64,
    /// Credit lines that would be recorded and allocated.
    pub to_post: i64,
    /// Credit lines that would be recorded as credit, with matches that wait for a decision.
    pub to_decide: i64,
    /// Credit lines that would be recorded as credit, without a match.
    pub unmatched: i64,
    /// Debit lines, and batches without their transfers.
    pub other: i64,
}

/// One statement of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementReport {
    /// The account.
    pub account: String,
    /// The currency.
    pub currency: Currency,
    /// The balance before the first line, if the file states it.
    pub opening: Option<Money>,
    /// The balance after the last line, if the file states it.
    pub closing: Option<Money>,
    /// The number of lines.
    pub lines: u64,
    /// The number of entries that the bank has not booked yet; they are not imported.
    pub pending: u64,
    /// The sum of the credit lines.
    pub credits: Money,
    /// The sum of the debit lines.
    pub debits: Money,
}

/// A file that was read to its end.
#[derive(Debug, Clone, Default)]
pub(super) struct CheckedFile {
    pub(super) format: String,
    pub(super) lines: i64,
    statements: Vec<StatementReport>,
}

impl ImporterConfig {
    /// Returns the options of the reader.
    pub(super) fn read_options(&self, options: &FileOptions) -> Result<ReadOptions, ImportError> {
        let profile = options.csv_profile.as_ref().map(|name| {
            let profile = self.csv_profiles.get(name).cloned();
            profile.ok_or_else(|| ImportError::UnknownProfile(name.clone()))
        });
        let account = options
            .csv_account
            .as_ref()
            .map(|number| Account { number: number.split_whitespace().collect::<String>().to_uppercase() });
        Ok(ReadOptions {
            limits: Limits { max_bytes: self.max_bytes },
            csv_profile: profile.transpose()?,
            csv_account: account,
        })
    }

    fn check_account(&self, header: &StatementHeader) -> Result<(), ImportError> {
        let number = AccountNumber::from_statement(&header.account.number);
        let is_known = self
            .accounts
            .iter()
            .any(|account| account.currency == header.currency && account.number.is_same(&number));
        if is_known || self.accepts_any_account {
            return Ok(());
        }
        let account = header.account.number.clone();
        Err(ImportError::UnknownAccount { account, currency: header.currency })
    }
}

impl StatementImporter {
    /// Reads a file to its end.
    pub(super) async fn check(&self, path: &Path, options: &FileOptions) -> Result<CheckedFile, ImportError> {
        let (config, path) = (self.config.clone(), path.to_owned());
        let read_options = config.read_options(options)?;
        let read = move || read_file(&config, &path, &read_options, &mut |_| {});
        tokio::task::spawn_blocking(read).await.map_err(|_| ImportError::Internal)?
    }

    /// Reports what importing a file would do, and stores nothing.
    ///
    /// # Errors
    /// Returns an error if the file would be refused.
    pub async fn dry_run(&self, path: &Path, options: &FileOptions) -> Result<DryRun, ImportError> {
        let checked = self.check(path, options).await?;
        let mut report = DryRun {
            format: checked.format,
            statements: checked.statements,
            lines: checked.lines,
            ..DryRun::default()
        };
        let mut index = self.load_index().await?;
        let (mut batches, reading) = self.read_batches(path.to_owned(), options.clone(), 0);
        while let Some(batch) = batches.recv().await {
            self.report_batch(&mut report, &mut index, &batch).await?;
        }
        reading.await.map_err(|_| ImportError::Internal)??;
        Ok(report)
    }

    /// Adds lines to a report.
    async fn report_batch(
        &self,
        report: &mut DryRun,
        index: &mut PaymentIndex,
        batch: &[BankLine],
    ) -> Result<(), ImportError> {
        let ids: Vec<StatementLineId> = batch.iter().map(|line| line.id).collect();
        let known = self.deps.store.find_lines(&ids).await?;
        let is_new = |line: &&BankLine| known.iter().all(|stored| stored.line.id != line.id);
        let new: Vec<BankLine> = batch.iter().filter(is_new).cloned().collect();
        report.duplicates += i64::try_from(batch.len() - new.len()).unwrap_or(i64::MAX);
        let covered = self.lines_booked_by_others(&new).await?;
        self.refresh(index, &new).await?;
        for line in &new {
            if !is_receipt(line) || covered.iter().any(|result| result.line == line.id) {
                report.other += 1;
                continue;
            }
            let finding = find(&line.to_credit_line(), index);
            if let Some(chosen) = finding.to_post(self.config.auto_post) {
                report.to_post += 1;
                chosen.parts.iter().for_each(|part| index.allocate(part.reference, part.amount));
            } else if finding.matches.is_empty() {
                report.unmatched += 1;
            } else {
                report.to_decide += 1;
            }
            yield_now().await;
        }
        Ok(())
    }
}

/// Reads a file to its end and passes its lines to `visit`.
pub(super) fn read_file(
    config: &ImporterConfig,
    path: &Path,
    options: &ReadOptions,
    visit: &mut dyn FnMut(BankLine),
) -> Result<CheckedFile, ImportError> {
    let mut checked = CheckedFile::default();
    let mut header: Option<StatementHeader> = None;
    let mut refusal = None;
    let summary = hermes_statements::read(File::open(path)?, options, &mut |item| match item {
        Item::Header(next) => {
            checked.format = next.format.to_string();
            if let Err(error) = config.check_account(&next) {
                refusal = Some(error);
                return ControlFlow::Break(());
            }
            header = Some(next);
            ControlFlow::Continue(())
        }
        Item::Line(line) => {
            let account = header.as_ref().map_or("", |header| header.account.number.as_str());
            let line = bank_line(account, *line);
            if line.amount.minor() > MAX_MINOR && line.direction == Direction::Credit {
                refusal = Some(ImportError::AmountTooLarge(line.number, line.amount));
                return ControlFlow::Break(());
            }
            visit(line);
            ControlFlow::Continue(())
        }
        Item::Summary(summary) => {
            checked.statements.extend(header.as_ref().map(|header| report(header, &summary)));
            ControlFlow::Continue(())
        }
    });
    if let Some(refusal) = refusal {
        return Err(refusal);
    }
    checked.lines = i64::try_from(summary?.lines).unwrap_or(i64::MAX);
    Ok(checked)
}

fn report(header: &StatementHeader, summary: &StatementSummary) -> StatementReport {
    StatementReport {
        account: header.account.number.clone(),
        currency: header.currency,
        opening: header.opening,
        closing: summary.closing,
        lines: summary.lines,
        pending: summary.pending,
        credits: summary.credits,
        debits: summary.debits,
    }
}
