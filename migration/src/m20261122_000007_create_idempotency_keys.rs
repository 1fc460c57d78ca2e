//! `idempotency_keys`: the outcome of each key, so that a repeated request gets the same response.

use sea_orm_migration::sea_query::Table;

use crate::{
    Dialect,
    columns::Columns,
    step::{Change, Step},
    table::{belongs_to_payment, create_table, index},
};

pub(crate) const STEP: Step = Step {
    name: "m20261122_000007_create_idempotency_keys",
    change: Change::Table { name: IDEMPOTENCY_KEYS, create },
};

const IDEMPOTENCY_KEYS: &str = "idempotency_keys";

fn create(dialect: Dialect) -> Vec<String> {
    let column = Columns(dialect);
    let table = Table::create()
        .table(IDEMPOTENCY_KEYS)
        .col(column.bytes("scope_hash", 32).primary_key())
        .col(column.bytes("fingerprint", 32))
        .col(column.uuid("payment_id"))
        .col(column.document("outcome"))
        .col(column.timestamp("created_at"))
        .foreign_key(&mut belongs_to_payment(IDEMPOTENCY_KEYS, "idempotency_keys_payment_fk"))
        .take();
    create_table(
        dialect,
        table,
        vec![index(IDEMPOTENCY_KEYS, "idempotency_keys_created_at", &["created_at"])],
    )
}
