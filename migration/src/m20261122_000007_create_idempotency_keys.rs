//! `idempotency_keys`: the outcome of each key, so that a repeated request gets the same response.

use sea_orm_migration::sea_query::Table;

use crate::columns::Columns;
use crate::step::Step;
use crate::table::{NewTable, belongs_to_payment, index};

pub(crate) const STEP: Step =
    Step::table("m20261122_000007_create_idempotency_keys", IDEMPOTENCY_KEYS, create);

const IDEMPOTENCY_KEYS: &str = "idempotency_keys";

fn create(column: Columns) -> NewTable {
    let table = Table::create()
        .table(IDEMPOTENCY_KEYS)
        .col(column.bytes("scope_hash", 32).primary_key())
        .col(column.bytes("fingerprint", 32))
        .col(column.uuid("payment_id"))
        .col(column.document("outcome"))
        .col(column.timestamp("created_at"))
        .foreign_key(&mut belongs_to_payment(IDEMPOTENCY_KEYS, "idempotency_keys_payment_fk"))
        .take();
    NewTable { table, indexes: vec![index(IDEMPOTENCY_KEYS, "idempotency_keys_created_at", &["created_at"])] }
}
