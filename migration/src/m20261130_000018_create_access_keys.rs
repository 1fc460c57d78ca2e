//! `access_keys`: the API keys, without their secrets.

use sea_orm_migration::sea_query::Table;

use crate::columns::Columns;
use crate::step::Step;
use crate::table::NewTable;

pub(crate) const STEP: Step = Step::table("m20261130_000018_create_access_keys", ACCESS_KEYS, create);

const ACCESS_KEYS: &str = "access_keys";

fn create(column: Columns) -> NewTable {
    Table::create()
        .table(ACCESS_KEYS)
        .col(column.code("id", 10).primary_key())
        .col(column.text("name", 100))
        // The names of the scopes, separated by spaces.
        .col(column.code("scopes", 1_000))
        .col(column.text("created_by", 128))
        .col(column.timestamp("created_at"))
        .col(column.timestamp("expires_at").null())
        .col(column.timestamp("revoked_at").null())
        .take()
        .into()
}
