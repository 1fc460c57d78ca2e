//! `event_relay`: the single row that says which instance publishes the events.

use sea_orm::entity::prelude::*;

/// The identifier of the only row.
pub const ROW_ID: i32 = 1;

/// Who publishes, and how far they are.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_relay")]
pub struct Model {
    /// [`ROW_ID`].
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// The random name of the instance that has the lease, or had it last.
    pub holder: Uuid,
    /// When the lease expires, in milliseconds since 1970 by the database's clock.
    pub expires_at_ms: i64,
    /// The number of the last event that a holder has noted as published.
    pub published_seq: i64,
}

impl ActiveModelBehavior for ActiveModel {}
