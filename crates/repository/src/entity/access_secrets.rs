//! `access_secrets`: the digests of the secrets of each API key. A rotated key has several for some days.

use sea_orm::entity::prelude::*;

/// One secret.
#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "access_secrets")]
pub struct Model {
    /// The id of the key.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key_id: String,
    /// SHA-256 of the secret, 32 bytes.
    #[sea_orm(primary_key, auto_increment = false, column_type = "Binary(32)")]
    pub digest: Vec<u8>,
    /// The time from which the secret is invalid; `None` means as long as the key is valid.
    pub expires_at: Option<DateTimeUtc>,
}

impl ActiveModelBehavior for ActiveModel {}
