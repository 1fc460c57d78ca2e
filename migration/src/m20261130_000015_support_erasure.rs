//! Columns for erasure, for subjects other than payments, for derived page links, and for keys.
//!
//! - `audit_log`, `outbox` and `idempotency_keys` name their subject. `payment_id` is NULL if the subject is no payment.
//! - `audit_log` has the salt of the personal values of each row. A longer `ip_address` holds a commitment.
//! - `payments` has the version of the page link instead of a stored secret.
//! - `ledger_head` counts the changes of keys and accounts.

use sea_orm_migration::sea_query::{MysqlQueryBuilder, Table, TableAlterStatement};

use crate::Dialect;
use crate::columns::Columns;
use crate::step::{Addition, Change, Step, TableChange};
use crate::table::{NewTable, belongs_to_payment, index, replace_table};

pub(crate) const STEP: Step =
    Step { name: "m20261130_000015_support_erasure", change: Change::Alter { tables } };

/// The width of `subject_type`.
const SUBJECT_TYPE_CHARS: u32 = 16;
/// The width of `subject_id`: a UUID.
const SUBJECT_ID_CHARS: u32 = 36;
/// The width of `actor`: `key:`, the id and the name of an API key.
const ACTOR_CHARS: u32 = 128;
/// The width of `ip_address`: a commitment of 32 bytes in hexadecimal digits.
const IP_ADDRESS_CHARS: u32 = 64;

/// Reads the subject of a row of an earlier release.
const SUBJECT: [(&str, &str); 2] = [("subject_type", "'payment'"), ("subject_id", "lower(hex(payment_id))")];

fn tables(column: Columns) -> Vec<TableChange> {
    vec![audit_log(column), outbox(column), idempotency_keys(column), payments(column), ledger_head(column)]
}

fn audit_log(column: Columns) -> TableChange {
    let alter = match column.0 {
        Dialect::MySql => alter("audit_log", |table| {
            table
                .modify_column(column.uuid("payment_id").null())
                .add_column(column.code("subject_type", SUBJECT_TYPE_CHARS))
                .add_column(column.code("subject_id", SUBJECT_ID_CHARS))
                .modify_column(column.text("actor", ACTOR_CHARS))
                .add_column(column.bytes("salt", 16).null())
                .modify_column(column.code("ip_address", IP_ADDRESS_CHARS).null());
        }),
        Dialect::Sqlite => {
            let unchanged = [
                "seq",
                "payment_id",
                "action",
                "actor",
                "reason",
                "old_value",
                "new_value",
                "user_agent",
                "ip_address",
                "created_at",
                "hash",
            ];
            replace_table("audit_log", new_audit_log(column), &values(&unchanged))
        }
    };
    TableChange {
        table: "audit_log",
        adds: Addition::Column("subject_id"),
        drops_triggers: &["audit_log_no_update"],
        alter,
        // The next step changes each row anyway.
        fill: Vec::new(),
    }
}

fn new_audit_log(column: Columns) -> NewTable {
    let table = Table::create()
        .table("audit_log_new")
        .col(column.bigint("seq").primary_key())
        .col(column.uuid("payment_id").null())
        .col(column.code("subject_type", SUBJECT_TYPE_CHARS))
        .col(column.code("subject_id", SUBJECT_ID_CHARS))
        .col(column.code("action", 32))
        .col(column.text("actor", ACTOR_CHARS))
        .col(column.bytes("salt", 16).null())
        .col(column.text("reason", 500).null())
        .col(column.document("old_value").null())
        .col(column.document("new_value").null())
        .col(column.text("user_agent", 255).null())
        .col(column.code("ip_address", IP_ADDRESS_CHARS).null())
        .col(column.timestamp("created_at"))
        .col(column.bytes("hash", 32))
        .foreign_key(&mut belongs_to_payment("audit_log_new", "audit_log_payment_fk"))
        .take();
    NewTable { table, indexes: vec![index("audit_log", "audit_log_payment", &["payment_id", "seq"])] }
}

fn outbox(column: Columns) -> TableChange {
    let alter = match column.0 {
        Dialect::MySql => add_subject("outbox", column),
        Dialect::Sqlite => {
            let table = Table::create()
                .table("outbox_new")
                .col(column.bigint("seq").primary_key())
                .col(column.bytes("batch_token", 16))
                .col(column.code("event_type", 64))
                .col(column.uuid("payment_id").null())
                .col(column.code("subject_type", SUBJECT_TYPE_CHARS))
                .col(column.code("subject_id", SUBJECT_ID_CHARS))
                .col(column.document("payload"))
                .col(column.timestamp("created_at"))
                .foreign_key(&mut belongs_to_payment("outbox_new", "outbox_payment_fk"))
                .take();
            let unchanged = ["seq", "batch_token", "event_type", "payment_id", "payload", "created_at"];
            replace_table("outbox", table.into(), &values(&unchanged))
        }
    };
    with_subject("outbox", column, alter)
}

fn idempotency_keys(column: Columns) -> TableChange {
    let alter = match column.0 {
        Dialect::MySql => add_subject("idempotency_keys", column),
        Dialect::Sqlite => {
            let table = Table::create()
                .table("idempotency_keys_new")
                .col(column.bytes("scope_hash", 32).primary_key())
                .col(column.bytes("fingerprint", 32))
                .col(column.uuid("payment_id").null())
                .col(column.code("subject_type", SUBJECT_TYPE_CHARS))
                .col(column.code("subject_id", SUBJECT_ID_CHARS))
                .col(column.document("outcome"))
                .col(column.timestamp("created_at"))
                .foreign_key(&mut belongs_to_payment("idempotency_keys_new", "idempotency_keys_payment_fk"))
                .take();
            let indexes = vec![index("idempotency_keys", "idempotency_keys_created_at", &["created_at"])];
            let unchanged = ["scope_hash", "fingerprint", "payment_id", "outcome", "created_at"];
            replace_table("idempotency_keys", NewTable { table, indexes }, &values(&unchanged))
        }
    };
    with_subject("idempotency_keys", column, alter)
}

fn payments(column: Columns) -> TableChange {
    let (version, expires_at) =
        (column.bigint("link_version").default(1).take(), column.timestamp("link_expires_at").null().take());
    let alter = match column.0 {
        Dialect::MySql => alter("payments", |table| {
            table.drop_column("page_token").add_column(version).add_column(expires_at);
        }),
        // SQLite changes one column at a time.
        Dialect::Sqlite => vec![
            "ALTER TABLE payments DROP COLUMN page_token".to_owned(),
            "ALTER TABLE payments ADD COLUMN link_version integer NOT NULL DEFAULT 1".to_owned(),
            "ALTER TABLE payments ADD COLUMN link_expires_at datetime_text NULL".to_owned(),
        ],
    };
    TableChange {
        table: "payments",
        adds: Addition::Column("link_version"),
        drops_triggers: &[],
        alter,
        fill: Vec::new(),
    }
}

fn ledger_head(column: Columns) -> TableChange {
    let alter = match column.0 {
        Dialect::MySql => alter("ledger_head", |table| {
            table.add_column(column.bigint("access_seq").default(0));
        }),
        Dialect::Sqlite => {
            vec!["ALTER TABLE ledger_head ADD COLUMN access_seq integer NOT NULL DEFAULT 0".to_owned()]
        }
    };
    TableChange {
        table: "ledger_head",
        adds: Addition::Column("access_seq"),
        drops_triggers: &[],
        alter,
        fill: Vec::new(),
    }
}

/// Builds the single statement that alters a table of MySQL.
fn alter(table: &'static str, change: impl FnOnce(&mut TableAlterStatement)) -> Vec<String> {
    let mut statement = Table::alter().table(table).take();
    change(&mut statement);
    vec![statement.to_string(MysqlQueryBuilder)]
}

fn add_subject(table: &'static str, column: Columns) -> Vec<String> {
    alter(table, |table| {
        table
            .modify_column(column.uuid("payment_id").null())
            .add_column(column.code("subject_type", SUBJECT_TYPE_CHARS))
            .add_column(column.code("subject_id", SUBJECT_ID_CHARS));
    })
}

/// Fills the subject of existing rows. On SQLite, the new table is created with the values.
fn with_subject(table: &'static str, column: Columns, alter: Vec<String>) -> TableChange {
    let [(kind, payment), (id, payment_id)] = SUBJECT;
    let fill = match column.0 {
        Dialect::MySql => {
            vec![format!("UPDATE {table} SET {kind} = {payment}, {id} = {payment_id} WHERE {id} = ''")]
        }
        Dialect::Sqlite => Vec::new(),
    };
    TableChange { table, adds: Addition::Column(id), drops_triggers: &[], alter, fill }
}

/// Returns the values of a new table: unchanged columns, and the subject.
fn values(unchanged: &[&'static str]) -> Vec<(&'static str, &'static str)> {
    unchanged.iter().map(|column| (*column, *column)).chain(SUBJECT).collect()
}
