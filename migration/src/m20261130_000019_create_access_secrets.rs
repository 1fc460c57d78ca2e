//! `access_secrets`: the digests of the secrets of each API key. A rotated key has two for some days.

use sea_orm_migration::sea_query::{ForeignKey, Index, Table};

use crate::columns::Columns;
use crate::step::Step;
use crate::table::NewTable;

pub(crate) const STEP: Step = Step::table("m20261130_000019_create_access_secrets", ACCESS_SECRETS, create);

const ACCESS_SECRETS: &str = "access_secrets";

fn create(column: Columns) -> NewTable {
    Table::create()
        .table(ACCESS_SECRETS)
        .col(column.code("key_id", 10))
        .col(column.bytes("digest", 32))
        .col(column.timestamp("expires_at").null())
        .primary_key(Index::create().col("key_id").col("digest"))
        .foreign_key(
            ForeignKey::create()
                .name("access_secrets_key_fk")
                .from(ACCESS_SECRETS, "key_id")
                .to("access_keys", "id"),
        )
        .take()
        .into()
}
