//! `cache_signing_key`: the key that signs the cache entries in Redis. Every instance on the database uses the same key.

use sea_orm_migration::sea_query::{Check, Expr, ExprTrait, Table};

use crate::columns::Columns;
use crate::step::Step;
use crate::table::NewTable;

pub(crate) const STEP: Step =
    Step::table("m20261130_000013_create_cache_signing_key", CACHE_SIGNING_KEY, create);

const CACHE_SIGNING_KEY: &str = "cache_signing_key";

/// The length of an HMAC-SHA-256 key, in bytes.
const SECRET_BYTES: u32 = 32;

fn create(column: Columns) -> NewTable {
    Table::create()
        .table(CACHE_SIGNING_KEY)
        .col(column.int("id").primary_key())
        .col(column.bytes("secret", SECRET_BYTES))
        .check(Check::named("cache_signing_key_single_row", Expr::col("id").eq(1)))
        .take()
        .into()
}
