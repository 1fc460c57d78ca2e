//! `access_keys`: the API keys, without their secrets.

use sea_orm::entity::prelude::*;

/// One key.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "access_keys")]
pub struct Model {
    /// The public id, 10 characters.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: String,
    /// The name, for people.
    pub name: String,
    /// The names of the scopes, separated by spaces.
    pub scopes: String,
    /// The actor that created the key.
    pub created_by: String,
    /// When the key was created.
    pub created_at: DateTimeUtc,
    /// The time from which the key is invalid; `None` means never.
    pub expires_at: Option<DateTimeUtc>,
    /// When the key was revoked.
    pub revoked_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
