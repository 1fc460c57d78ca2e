//! `statement_matches`: the payments that a line can pay. The rows are written outside of the ledger.

use sea_orm::entity::prelude::*;

/// One match.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "statement_matches")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The import.
    pub import_id: Uuid,
    /// The identity of the line, 32 bytes.
    #[sea_orm(column_type = "Binary(32)")]
    pub line_id: Vec<u8>,
    /// `creditor_reference`, `reference`, `repaired` or `amount_and_name`.
    pub certainty: String,
    /// The references and amounts, as JSON.
    #[sea_orm(column_type = "Text")]
    pub parts: String,
    /// The reasons, as a JSON array of sentences.
    #[sea_orm(column_type = "Text")]
    pub evidence: String,
    /// `proposed`, `posted`, `accepted`, `rejected` or `undone`.
    pub state: String,
    /// The actor that decided.
    pub decided_by: Option<String>,
    /// When the match was decided.
    pub decided_at: Option<DateTimeUtc>,
    /// When the match was proposed.
    pub created_at: DateTimeUtc,
}

impl ActiveModelBehavior for ActiveModel {}
