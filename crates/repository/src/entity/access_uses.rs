//! `access_uses`: the days on which each API key was used. The rows are written outside of the ledger.

use sea_orm::entity::prelude::*;

/// One day on which a key was used.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "access_uses")]
pub struct Model {
    /// The id of the key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_id: String,
    /// The day (UTC).
    #[sea_orm(primary_key, auto_increment = false)]
    pub day: Date,
}

impl ActiveModelBehavior for ActiveModel {}
