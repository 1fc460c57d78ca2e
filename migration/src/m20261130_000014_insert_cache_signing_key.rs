//! The row of `cache_signing_key`: a secret that the database draws. The migration lock lets only one instance draw it.

use crate::Dialect;
use crate::step::{Change, Step};

pub(crate) const STEP: Step = Step {
    name: "m20261130_000014_insert_cache_signing_key",
    change: Change::Row { table: "cache_signing_key", insert },
};

fn insert(dialect: Dialect) -> String {
    // Both functions use a cryptographic generator.
    let random = match dialect {
        Dialect::MySql => "RANDOM_BYTES(32)",
        Dialect::Sqlite => "randomblob(32)",
    };
    format!("INSERT INTO cache_signing_key (id, secret)\nVALUES (1, {random})")
}
