//! Imports of bank statements and their matches on the wire.

use hermes_domain::matching::Certainty;
use hermes_domain::money::Money;
use hermes_domain::statement::{
    ImportState, MatchState, StatementImport, StoredLine, StoredMatch, StoredPart,
};
use hermes_service::statements::{DryRun, StatementReport};
use serde::Serialize;
use utoipa::ToSchema;

use super::Rfc3339;
use super::values::{as_text, schemas, string_enum};

/// The import of a bank statement.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Statement)]
pub struct StatementBody<'a> {
    /// The ID of the import.
    #[schema(value_type = uuid::Uuid)]
    pub id: String,
    /// The name of the file.
    #[schema(example = "november.xml")]
    pub file_name: &'a str,
    /// The format.
    #[schema(example = "camt.053.001.08")]
    pub format: &'a str,
    /// The state.
    #[schema(value_type = StatementStateName, example = "done")]
    pub state: &'static str,
    /// Why the import was refused or undone.
    pub reason: Option<&'a str>,
    /// The number of lines.
    #[schema(example = 120, minimum = 0)]
    pub lines: i64,
    /// The number of lines that are processed.
    #[schema(example = 120, minimum = 0)]
    pub processed: i64,
    /// Credit lines that were recorded as receipts and allocated.
    #[schema(example = 100, minimum = 0)]
    pub posted: i64,
    /// Credit lines that were recorded as receipts with credit. Their matches wait for a decision.
    #[schema(example = 10, minimum = 0)]
    pub unallocated: i64,
    /// Returned transfers that wait for a person to name their receipt.
    #[schema(example = 0, minimum = 0)]
    pub returns: i64,
    /// Debit lines, and other lines without money for payments.
    #[schema(example = 5, minimum = 0)]
    pub other: i64,
    /// Batches of the bank that are not booked as one receipt. A camt.054 can contain their transfers.
    #[schema(example = 0, minimum = 0)]
    pub batches: i64,
    /// Lines whose receipt is reversed.
    #[schema(example = 0, minimum = 0)]
    pub reversed: i64,
    /// Lines that an earlier import has recorded.
    #[schema(example = 5, minimum = 0)]
    pub duplicates: i64,
    /// The actor that imported the file.
    #[schema(example = "key:7S3C4M0Q2D billing")]
    pub imported_by: &'a str,
    /// The actor that undid the import.
    pub undone_by: Option<&'a str>,
    /// The time of the import.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Rfc3339,
    /// The time of its end.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub finished_at: Option<Rfc3339>,
    /// The first 100 batches that are booked neither as one receipt nor by their transfers.
    pub open_batches: Vec<OpenLineBody<'a>>,
    /// The first 100 returned transfers that wait for a person to name their receipt.
    pub open_returns: Vec<OpenLineBody<'a>>,
}

/// A line that waits for a person: a batch with which the bank books several transfers at once, or a returned transfer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = OpenLine)]
pub struct OpenLineBody<'a> {
    /// The number of the line in the file.
    #[schema(example = 12, minimum = 1)]
    pub line: i64,
    /// The amount.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "35700.00")]
    pub amount: Money,
    /// The currency (ISO 4217).
    #[schema(example = "EUR", pattern = "^[A-Z]{3}$")]
    pub currency: &'static str,
    /// The day on which the bank booked the line.
    pub booking_date: chrono::NaiveDate,
    /// The bank's id of the line. A camt.054 with the transfers of a batch has the same one.
    #[schema(example = "2026113000012345")]
    pub bank_id: Option<&'a str>,
}

/// The form with which a page sends a statement.
#[derive(ToSchema)]
pub struct StatementForm {
    /// The file.
    #[schema(value_type = String, format = Binary)]
    #[expect(dead_code, reason = "only the schema is needed")]
    file: Vec<u8>,
}

impl<'a> StatementBody<'a> {
    /// Creates the body of an import with its open batches and returns.
    pub fn new(
        import: &'a StatementImport,
        open_batches: &'a [StoredLine],
        open_returns: &'a [StoredLine],
    ) -> Self {
        let (file, counts) = (&import.file, &import.counts);
        Self {
            id: file.id.to_string(),
            file_name: &file.file_name,
            format: &file.format,
            state: import.state.as_str(),
            reason: import.reason.as_deref(),
            lines: file.lines,
            processed: import.position,
            posted: counts.posted,
            unallocated: counts.unallocated,
            returns: counts.returns,
            other: counts.other,
            batches: counts.batches,
            reversed: counts.reversed,
            duplicates: counts.duplicates,
            imported_by: &file.imported_by,
            undone_by: import.undone_by.as_deref(),
            created_at: Rfc3339(file.created_at),
            finished_at: import.finished_at.map(Rfc3339),
            open_batches: open_batches.iter().map(OpenLineBody::from).collect(),
            open_returns: open_returns.iter().map(OpenLineBody::from).collect(),
        }
    }
}

impl<'a> From<&'a StoredLine> for OpenLineBody<'a> {
    fn from(stored: &'a StoredLine) -> Self {
        let line = &stored.line;
        Self {
            line: line.number,
            amount: line.amount,
            currency: line.amount.currency().code(),
            booking_date: line.booking_date,
            bank_id: line.bank_id.as_deref(),
        }
    }
}

/// What importing a file would do.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = StatementDryRun)]
pub struct DryRunBody<'a> {
    /// The format.
    #[schema(example = "camt.053.001.08")]
    pub format: &'a str,
    /// The statements of the file.
    pub statements: Vec<AccountStatementBody<'a>>,
    /// The number of lines.
    #[schema(example = 120, minimum = 0)]
    pub lines: i64,
    /// Credit lines that would be recorded as receipts and allocated.
    #[schema(example = 100, minimum = 0)]
    pub to_post: i64,
    /// Credit lines with matches that would wait for a decision.
    #[schema(example = 8, minimum = 0)]
    pub to_decide: i64,
    /// Credit lines without a match.
    #[schema(example = 2, minimum = 0)]
    pub unmatched: i64,
    /// Debit lines, and batches without their transfers.
    #[schema(example = 5, minimum = 0)]
    pub other: i64,
    /// Lines that an earlier import has recorded.
    #[schema(example = 5, minimum = 0)]
    pub duplicates: i64,
}

/// One statement of a file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AccountStatement)]
pub struct AccountStatementBody<'a> {
    /// The account.
    #[schema(example = "DE02120300000000202051")]
    pub account: &'a str,
    /// The currency (ISO 4217).
    #[schema(example = "EUR", pattern = "^[A-Z]{3}$")]
    pub currency: &'static str,
    /// The balance before the first line.
    #[schema(example = "10000.00")]
    pub opening: Option<String>,
    /// The balance after the last line.
    #[schema(example = "12000.00")]
    pub closing: Option<String>,
    /// The number of lines.
    #[schema(example = 120, minimum = 0)]
    pub lines: u64,
    /// The number of entries that the bank has not booked yet. They are not imported.
    #[schema(example = 0, minimum = 0)]
    pub pending: u64,
    /// The sum of the credit lines.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "2500.00")]
    pub credits: Money,
    /// The sum of the debit lines.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "500.00")]
    pub debits: Money,
}

impl<'a> From<&'a DryRun> for DryRunBody<'a> {
    fn from(report: &'a DryRun) -> Self {
        Self {
            format: &report.format,
            statements: report.statements.iter().map(AccountStatementBody::from).collect(),
            lines: report.lines,
            to_post: report.to_post,
            to_decide: report.to_decide,
            unmatched: report.unmatched,
            other: report.other,
            duplicates: report.duplicates,
        }
    }
}

impl<'a> From<&'a StatementReport> for AccountStatementBody<'a> {
    fn from(report: &'a StatementReport) -> Self {
        Self {
            account: &report.account,
            currency: report.currency.code(),
            opening: report.opening.map(|amount| amount.to_string()),
            closing: report.closing.map(|amount| amount.to_string()),
            lines: report.lines,
            pending: report.pending,
            credits: report.credits,
            debits: report.debits,
        }
    }
}

/// The payments that a statement line can pay, with the reasons.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Match)]
pub struct MatchBody<'a> {
    /// The ID.
    #[schema(value_type = uuid::Uuid)]
    pub id: String,
    /// The import of the line.
    #[schema(value_type = uuid::Uuid)]
    pub statement: String,
    /// The state.
    #[schema(value_type = MatchStateName, example = "proposed")]
    pub state: &'static str,
    /// The criterion, which tells how certain the match is.
    #[schema(value_type = CertaintyName, example = "creditor_reference")]
    pub certainty: &'static str,
    /// The amount of the line.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "35700.00")]
    pub amount: Money,
    /// The currency (ISO 4217).
    #[schema(example = "USD", pattern = "^[A-Z]{3}$")]
    pub currency: &'static str,
    /// The receipt that books the line.
    #[schema(example = "RCT-2026-000001")]
    pub receipt: Option<String>,
    /// The payments, with the amount for each.
    pub payments: Vec<MatchedPaymentBody>,
    /// The reasons, as sentences.
    #[schema(example = json!(["the text contains RF59REF001, and its check digits are right"]))]
    pub evidence: &'a [String],
    /// The actor that decided.
    pub decided_by: Option<&'a str>,
    /// The time of the decision.
    #[schema(value_type = Option<chrono::DateTime<chrono::Utc>>)]
    pub decided_at: Option<Rfc3339>,
    /// The time of the proposal.
    #[schema(value_type = chrono::DateTime<chrono::Utc>)]
    pub created_at: Rfc3339,
}

/// The part of a line for one payment.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MatchedPayment)]
pub struct MatchedPaymentBody {
    /// The reference of the payment.
    #[schema(example = "REF001", pattern = "^REF[0-9]{3,18}$")]
    pub reference: String,
    /// The amount.
    #[serde(serialize_with = "as_text")]
    #[schema(value_type = String, example = "35700.00")]
    pub amount: Money,
}

impl<'a> From<&'a StoredMatch> for MatchBody<'a> {
    fn from(stored: &'a StoredMatch) -> Self {
        let proposal = &stored.proposal;
        let payment = |part: &StoredPart| MatchedPaymentBody {
            reference: part.reference.to_string(),
            amount: part.amount,
        };
        Self {
            id: proposal.id.to_string(),
            statement: proposal.import.to_string(),
            state: proposal.state.as_str(),
            certainty: proposal.certainty.as_str(),
            amount: stored.amount,
            currency: stored.amount.currency().code(),
            receipt: stored.receipt.map(|number| number.to_string()),
            payments: proposal.parts.iter().map(payment).collect(),
            evidence: &proposal.evidence,
            decided_by: stored.decided_by.as_deref(),
            decided_at: stored.decided_at.map(Rfc3339),
            created_at: Rfc3339(proposal.created_at),
        }
    }
}

schemas! {
    /// The schema of the state of an import.
    StatementStateName as "StatementState" = string_enum(ImportState::ALL.map(ImportState::as_str));
    /// The schema of the state of a match.
    MatchStateName as "MatchState" = string_enum(MatchState::ALL.map(MatchState::as_str));
    /// The schema of the certainty of a match.
    CertaintyName as "Certainty" = string_enum(Certainty::ALL.map(Certainty::as_str));
}
