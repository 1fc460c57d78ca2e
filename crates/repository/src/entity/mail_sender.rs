//! `mail_sender`: the lease of the instance that sends mail, in a single row.

use sea_orm::entity::prelude::*;

/// The lease, the cursor and the outage.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mail_sender")]
pub struct Model {
    /// Always 1.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i32,
    /// The random id of the instance that holds or last held the lease.
    pub holder: Uuid,
    /// When the lease expires, in milliseconds since 1970 by the clock of the database.
    pub expires_at_ms: i64,
    /// The number of the last event whose message is in `mail_messages`; -1 before mail was configured.
    pub cursor_seq: i64,
    /// When the mail server failed first; `None` if it works.
    pub failing_since: Option<DateTimeUtc>,
    /// The error of the outage.
    pub last_error: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
