//! `access_uses`: the days on which each API key was used. The rows are written outside of the ledger.

use sea_orm_migration::sea_query::{ForeignKey, Index, Table};

use crate::columns::Columns;
use crate::step::Step;
use crate::table::NewTable;

pub(crate) const STEP: Step = Step::table("m20261130_000020_create_access_uses", ACCESS_USES, create);

const ACCESS_USES: &str = "access_uses";

fn create(column: Columns) -> NewTable {
    Table::create()
        .table(ACCESS_USES)
        .col(column.code("key_id", 10))
        .col(column.date("day"))
        .primary_key(Index::create().col("key_id").col("day"))
        .foreign_key(
            ForeignKey::create()
                .name("access_uses_key_fk")
                .from(ACCESS_USES, "key_id")
                .to("access_keys", "id"),
        )
        .take()
        .into()
}
