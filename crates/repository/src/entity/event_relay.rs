//! `event_relay`: the lease of the instance that publishes events, in a single row.

use sea_orm::entity::prelude::*;

/// The lease and the published position.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "event_relay")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// The random id of the instance that holds or last held the lease.
    pub holder: Uuid,
    /// When the lease expires, in milliseconds since 1970 by the clock of the database.
    pub expires_at_ms: i64,
    /// The number of the last event that a holder has recorded as published.
    pub published_seq: i64,
}

impl ActiveModelBehavior for ActiveModel {}
