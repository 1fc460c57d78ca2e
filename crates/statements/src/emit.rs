//! Passes the parts of a file to the visitor: numbers and identifies lines, and verifies balances.

use std::borrow::Cow;
use std::ops::ControlFlow;

use chrono::NaiveDate;
use hermes_domain::money::Money;

use crate::identity::{IdentityFacts, IdentitySource, Ordinals};
use crate::{
    Batch, Counterparty, Direction, FileSummary, Item, Problem, Remittance, StatementHeader, StatementLine,
    StatementSummary,
};

/// The most statements of one file. Callers may store a report of each.
const MAX_STATEMENTS: u64 = 10_000;

/// A line as a reader found it, without number and identity.
#[derive(Debug)]
pub(crate) struct DraftLine {
    pub(crate) bank_id: Option<BankId>,
    pub(crate) direction: Direction,
    pub(crate) amount: Money,
    pub(crate) is_reversal: bool,
    pub(crate) booking_date: NaiveDate,
    pub(crate) value_date: NaiveDate,
    pub(crate) remittance: Remittance,
    pub(crate) counterparty: Counterparty,
    pub(crate) batch: Batch,
}

/// The bank's id of a line.
#[derive(Debug)]
pub(crate) enum BankId {
    /// The bank never uses the id twice.
    Unique(String),
    /// The id may be used again on another day.
    Daily(String),
}

/// The state between the reader of a file and the visitor.
pub(crate) struct Emitter<'a> {
    visit: &'a mut dyn FnMut(Item) -> ControlFlow<()>,
    file: FileSummary,
    ordinals: Ordinals,
    open: Option<OpenStatement>,
    previous: Option<ClosedStatement>,
}

struct OpenStatement {
    header: StatementHeader,
    summary: StatementSummary,
}

struct ClosedStatement {
    header: StatementHeader,
    closing: Option<Money>,
}

impl<'a> Emitter<'a> {
    pub(crate) fn new(visit: &'a mut dyn FnMut(Item) -> ControlFlow<()>) -> Self {
        Self {
            visit,
            file: FileSummary::default(),
            ordinals: Ordinals::default(),
            open: None,
            previous: None,
        }
    }

    /// Returns the counts so far.
    pub(crate) const fn file_summary(&self) -> FileSummary {
        self.file
    }

    /// Begins a statement.
    pub(crate) fn open(&mut self, header: StatementHeader) -> Result<(), Problem> {
        if !self.previous.as_ref().is_some_and(|previous| previous.is_continued_by(&header)) {
            self.ordinals.clear();
        }
        let zero = Money::zero(header.currency);
        let summary = StatementSummary { closing: None, lines: 0, pending: 0, credits: zero, debits: zero };
        self.file.statements += 1;
        if self.file.statements > MAX_STATEMENTS {
            return Err(Problem::TooManyStatements { limit: MAX_STATEMENTS });
        }
        self.visit(Item::Header(header.clone()))?;
        self.open = Some(OpenStatement { header, summary });
        Ok(())
    }

    /// Passes a line of the open statement.
    pub(crate) fn line(&mut self, draft: DraftLine) -> Result<(), Problem> {
        let Some(open) = &mut self.open else {
            return Err(Problem::Missing { field: "account" });
        };
        open.summary.add(&draft)?;
        let identity = self.ordinals.identify(&draft.identity_facts(&open.header))?;
        self.file.lines += 1;
        let line = StatementLine {
            number: self.file.lines,
            identity,
            bank_id: draft.bank_id.map(|(BankId::Unique(id) | BankId::Daily(id))| id),
            direction: draft.direction,
            amount: draft.amount,
            is_reversal: draft.is_reversal,
            booking_date: draft.booking_date,
            value_date: draft.value_date,
            remittance: draft.remittance,
            counterparty: draft.counterparty,
            batch: draft.batch,
        };
        self.visit(Item::Line(Box::new(line)))
    }

    /// Ends the open statement, and verifies its balances if both exist.
    pub(crate) fn close(
        &mut self,
        opening: Option<Money>,
        closing: Option<Money>,
        pending: u64,
    ) -> Result<(), Problem> {
        let Some(OpenStatement { header, mut summary }) = self.open.take() else {
            return Ok(());
        };
        if let (Some(opening), Some(closing)) = (opening, closing) {
            summary.verify(opening, closing)?;
        }
        summary.closing = closing;
        summary.pending = pending;
        self.previous = Some(ClosedStatement { header, closing });
        self.visit(Item::Summary(summary))
    }

    fn visit(&mut self, item: Item) -> Result<(), Problem> {
        match (self.visit)(item) {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(Problem::Stopped),
        }
    }
}

impl ClosedStatement {
    /// Returns whether the next statement of the file continues this one, so that equal lines of both are different.
    ///
    /// Otherwise both may cover the same days, and an equal line is the same line.
    fn is_continued_by(&self, next: &StatementHeader) -> bool {
        let is_repeated = self.header.id == next.id && self.header.page == next.page;
        !is_repeated
            && self.header.format == next.format
            && self.header.account.number == next.account.number
            && self.closing.is_some()
            && self.closing == next.opening
    }
}

impl StatementSummary {
    fn add(&mut self, draft: &DraftLine) -> Result<(), Problem> {
        let sum = match draft.direction {
            Direction::Credit => &mut self.credits,
            Direction::Debit => &mut self.debits,
        };
        *sum = sum.checked_add(draft.amount).map_err(|_| Problem::InvalidAmount {
            value: draft.amount.to_string(),
            currency: draft.amount.currency(),
        })?;
        self.lines += 1;
        Ok(())
    }

    fn verify(&self, opening: Money, closing: Money) -> Result<(), Problem> {
        let computed = opening.checked_add(self.credits).and_then(|sum| sum.checked_sub(self.debits));
        match computed {
            Ok(computed) if computed == closing => Ok(()),
            Ok(computed) => Err(Problem::BalanceMismatch { opening, computed, closing }),
            Err(_) => {
                Err(Problem::InvalidAmount { value: opening.to_string(), currency: opening.currency() })
            }
        }
    }
}

impl DraftLine {
    fn identity_facts<'a>(&'a self, header: &'a StatementHeader) -> IdentityFacts<'a> {
        let source = match &self.bank_id {
            Some(BankId::Unique(id)) => IdentitySource::BankId(id),
            Some(BankId::Daily(id)) => IdentitySource::DailyId(id),
            None => IdentitySource::Content(self.identifying_texts()),
        };
        IdentityFacts {
            account: &header.account,
            minor: self.amount.minor(),
            direction: self.direction,
            currency: header.currency.code(),
            booking_date: self.booking_date,
            source,
        }
    }

    fn identifying_texts(&self) -> Vec<Cow<'_, str>> {
        let remittance = &self.remittance;
        let references = remittance.creditor_references.iter().chain(&remittance.end_to_end_id);
        let batch_id = match &self.batch {
            Batch::Part { batch_id, .. } => batch_id.as_deref(),
            Batch::Single | Batch::Whole { .. } => None,
        };
        let mut texts: Vec<_> = references.map(|text| Cow::Borrowed(text.as_str())).collect();
        texts.push(remittance.joined());
        texts.extend(batch_id.map(Cow::Borrowed));
        texts
    }
}
