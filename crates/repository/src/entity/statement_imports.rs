//! `statement_imports`: the imported statement files. The rows are written outside of the ledger.

use sea_orm::entity::prelude::*;

/// One imported file.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "statement_imports")]
pub struct Model {
    /// The id.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// The name of the file, for people.
    pub file_name: String,
    /// The format, such as `camt.053.001.08`.
    pub format: String,
    /// The profile of a CSV file.
    pub csv_profile: Option<String>,
    /// The account of a CSV file that does not name it.
    pub csv_account: Option<String>,
    /// `checking`, `posting`, `done`, `refused`, `undoing` or `undone`.
    pub state: String,
    /// Why the import was refused or undone.
    pub reason: Option<String>,
    /// The number of lines.
    pub line_count: i64,
    /// The number of processed lines.
    pub position: i64,
    /// The actor that imported the file.
    pub imported_by: String,
    /// The actor that undid the import.
    pub undone_by: Option<String>,
    /// The process that works on the import.
    pub claimed_by: Option<Uuid>,
    /// Until when no other process may work on the import.
    pub claimed_until: Option<DateTimeUtc>,
    /// When the file was accepted.
    pub created_at: DateTimeUtc,
    /// When the import ended.
    pub finished_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
