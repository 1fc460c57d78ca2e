//! Rows of imported statements, their lines and matches.

use std::str::FromStr;

use hermes_domain::matching::Certainty;
use hermes_domain::money::{Currency, Money};
use hermes_domain::ports::StoreError;
use hermes_domain::receipt::{ReceiptNumber, StatementLineId};
use hermes_domain::statement::{
    BankLine, Direction, ImportCounts, ImportId, LineBatch, MatchId, NewImport, NewMatch, StatementImport,
    StoredLine, StoredMatch,
};
use sea_orm::ActiveValue::Set;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{corrupt, digest};
use crate::entity::{statement_imports, statement_lines, statement_matches};

const IMPORT: &str = "statement import";
const LINE: &str = "statement line";
const MATCH: &str = "statement match";

/// The texts of a statement line without any text, as JSON.
pub(crate) const ERASED_TEXTS: &str = "{}";

impl From<&NewImport> for statement_imports::ActiveModel {
    fn from(import: &NewImport) -> Self {
        Self {
            id: Set(import.id.0),
            file_name: Set(import.file_name.clone()),
            format: Set(import.format.clone()),
            csv_profile: Set(import.csv_profile.clone()),
            csv_account: Set(import.csv_account.clone()),
            state: Set(hermes_domain::statement::ImportState::Checking.as_str().to_owned()),
            reason: Set(None),
            line_count: Set(import.lines),
            position: Set(0),
            imported_by: Set(import.imported_by.clone()),
            undone_by: Set(None),
            claimed_by: Set(None),
            claimed_until: Set(None),
            created_at: Set(import.created_at),
            finished_at: Set(None),
        }
    }
}

/// Combines the row of an import with the counts of its lines.
pub(crate) fn import(
    row: statement_imports::Model,
    counts: ImportCounts,
) -> Result<StatementImport, StoreError> {
    let state = parse(&row.state).ok_or_else(|| corrupt(IMPORT, row.id, "state"))?;
    Ok(StatementImport {
        state,
        reason: row.reason,
        undone_by: row.undone_by,
        position: row.position,
        counts,
        finished_at: row.finished_at,
        file: NewImport {
            id: ImportId(row.id),
            file_name: row.file_name,
            format: row.format,
            csv_profile: row.csv_profile,
            csv_account: row.csv_account,
            lines: row.line_count,
            imported_by: row.imported_by,
            created_at: row.created_at,
        },
    })
}

/// Creates the row of a line that is not processed yet.
pub(crate) fn new_line(
    import: ImportId,
    line: &BankLine,
) -> Result<statement_lines::ActiveModel, StoreError> {
    let (batch_role, batch_id) = match &line.batch {
        // A camt.054 may itemise an entry that does not say that it is a batch.
        LineBatch::Single => ("single", line.bank_id.clone()),
        LineBatch::Whole(id) => ("whole", id.clone()),
        LineBatch::Part(id) => ("part", id.clone()),
    };
    Ok(statement_lines::ActiveModel {
        id: Set(line.id.0.to_vec()),
        import_id: Set(import.0),
        number: Set(line.number),
        account: Set(line.account.clone()),
        direction: Set(line.direction.as_str().to_owned()),
        currency: Set(line.amount.currency().code().to_owned()),
        amount: Set(line.amount.minor()),
        is_reversal: Set(i32::from(line.is_reversal)),
        booking_date: Set(line.booking_date),
        value_date: Set(line.value_date),
        bank_id: Set(line.bank_id.clone()),
        batch_role: Set(batch_role.to_owned()),
        batch_id: Set(batch_id),
        texts: Set(to_json(&line.texts)?),
        state: Set(hermes_domain::statement::LineState::New.as_str().to_owned()),
        receipt: Set(None),
    })
}

impl TryFrom<statement_lines::Model> for StoredLine {
    type Error = StoreError;

    fn try_from(row: statement_lines::Model) -> Result<Self, StoreError> {
        let invalid = |column| corrupt(LINE, row.number, column);
        let currency: Currency = row.currency.parse().map_err(|_| invalid("currency"))?;
        let batch = match row.batch_role.as_str() {
            "single" => LineBatch::Single,
            "whole" => LineBatch::Whole(row.batch_id.clone()),
            "part" => LineBatch::Part(row.batch_id.clone()),
            _ => return Err(invalid("batch_role")),
        };
        Ok(Self {
            import: ImportId(row.import_id),
            state: parse(&row.state).ok_or_else(|| invalid("state"))?,
            receipt: receipt_number(row.receipt.as_deref()).ok_or_else(|| invalid("receipt"))?,
            line: BankLine {
                id: StatementLineId(digest(&row.id, LINE, row.number, "id")?),
                number: row.number,
                account: row.account.clone(),
                direction: parse::<Direction>(&row.direction).ok_or_else(|| invalid("direction"))?,
                amount: Money::from_minor(row.amount, currency),
                is_reversal: row.is_reversal != 0,
                booking_date: row.booking_date,
                value_date: row.value_date,
                bank_id: row.bank_id.clone(),
                batch,
                texts: from_json(&row.texts).ok_or_else(|| invalid("texts"))?,
            },
        })
    }
}

/// Creates the row of a proposed match.
pub(crate) fn new_match(proposal: &NewMatch) -> Result<statement_matches::ActiveModel, StoreError> {
    Ok(statement_matches::ActiveModel {
        id: Set(proposal.id.0),
        import_id: Set(proposal.import.0),
        line_id: Set(proposal.line.0.to_vec()),
        certainty: Set(proposal.certainty.as_str().to_owned()),
        parts: Set(to_json(&proposal.parts)?),
        evidence: Set(to_json(&proposal.evidence)?),
        state: Set(proposal.state.as_str().to_owned()),
        decided_by: Set(None),
        decided_at: Set(None),
        created_at: Set(proposal.created_at),
    })
}

/// Combines the rows of a match and its line.
pub(crate) fn stored_match(
    row: statement_matches::Model,
    line: &statement_lines::Model,
) -> Result<StoredMatch, StoreError> {
    let invalid = |column| corrupt(MATCH, row.id, column);
    let currency: Currency = line.currency.parse().map_err(|_| invalid("currency"))?;
    Ok(StoredMatch {
        amount: Money::from_minor(line.amount, currency),
        receipt: receipt_number(line.receipt.as_deref()).ok_or_else(|| invalid("receipt"))?,
        decided_by: row.decided_by.clone(),
        decided_at: row.decided_at,
        proposal: NewMatch {
            id: MatchId(row.id),
            import: ImportId(row.import_id),
            line: StatementLineId(digest(&row.line_id, MATCH, row.id, "line_id")?),
            certainty: Certainty::from_code(&row.certainty).ok_or_else(|| invalid("certainty"))?,
            parts: from_json(&row.parts).ok_or_else(|| invalid("parts"))?,
            evidence: from_json(&row.evidence).ok_or_else(|| invalid("evidence"))?,
            state: parse(&row.state).ok_or_else(|| invalid("state"))?,
            created_at: row.created_at,
        },
    })
}

fn parse<T: FromStr>(code: &str) -> Option<T> {
    code.parse().ok()
}

/// Parses the number of a receipt, if there is one. Returns `None` if the text is not a number.
#[expect(clippy::option_option, reason = "the outer option is the error")]
fn receipt_number(text: Option<&str>) -> Option<Option<ReceiptNumber>> {
    text.map(ReceiptNumber::parse).transpose().ok()
}

fn to_json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Internal(error.to_string()))
}

fn from_json<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}
