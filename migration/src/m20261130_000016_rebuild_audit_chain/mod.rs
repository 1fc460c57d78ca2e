//! Rebuilds the hash chain of the audit log with commitments to personal values.
//!
//! The program verifies each row against the chain of the earlier release before it writes the new hash, so that a rebuild
//! never hides a manipulation. A row is updated together with the position, which `audit_rebuild` stores. After an
//! interruption, the next run continues at that position. At the end, the log gets a row with both heads.
//!
//! Both algorithms are part of this step, because a released step never changes.

pub(crate) mod row;

use sea_orm::prelude::DateTimeUtc;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, TryGetable, Value};
use sea_orm_migration::SchemaManager;
use uuid::Uuid;

use self::row::{Hash, Row};
use crate::step::{Change, CodeResult, Step};

pub(crate) const STEP: Step = Step {
    name: "m20261130_000016_rebuild_audit_chain",
    change: Change::Code { run, tables: &["audit_log"] },
};

/// Rows per transaction. An audit row has about one kilobyte.
const CHUNK_ROWS: i64 = 2_000;

fn run<'a>(manager: &'a SchemaManager<'a>) -> CodeResult<'a> {
    Box::pin(rebuild(manager))
}

/// The last rebuilt row and its hashes in both chains.
#[derive(Debug, Clone, Copy)]
struct Position {
    seq: i64,
    old_hash: Hash,
    new_hash: Hash,
}

async fn rebuild(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    if is_finished(manager).await? {
        return Ok(());
    }
    create_position(manager).await?;
    let mut position = read_position(manager).await?;
    while let Some(next) = rebuild_chunk(manager, position).await? {
        position = next;
        #[cfg(feature = "fault-injection")]
        hermes_fault::hit(hermes_fault::FailPoint::AfterRebuiltChunk);
        if position.seq % (50 * CHUNK_ROWS) == 0 {
            log::info!(rows = position.seq; "rebuilt {} rows of the audit log", position.seq);
        }
    }
    record_rebuild(manager, position).await?;
    manager.get_connection().execute_unprepared("DROP TABLE audit_rebuild").await.map(drop)
}

/// Returns whether there is nothing to rebuild: the log is empty, or an interrupted run has recorded the rebuild.
///
/// Searches all rows: the last one may be missing, which the rebuild must report.
async fn is_finished(manager: &SchemaManager<'_>) -> Result<bool, DbErr> {
    let unsalted = "SELECT COUNT(*) FROM (SELECT 1 FROM audit_log WHERE salt IS NULL LIMIT 1) AS unsalted";
    if count(manager, unsalted).await? > 0 {
        return Ok(false);
    }
    if manager.has_table("audit_rebuild").await? {
        if count(manager, "SELECT COUNT(*) FROM audit_rebuild").await? > 0 {
            return Ok(false);
        }
        manager.get_connection().execute_unprepared("DROP TABLE audit_rebuild").await?;
    }
    Ok(true)
}

async fn create_position(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let binary = match manager.get_database_backend() {
        DbBackend::Sqlite => "blob",
        _ => "binary(32)",
    };
    let create = format!(
        "CREATE TABLE IF NOT EXISTS audit_rebuild (seq bigint NOT NULL, old_hash {binary} NOT NULL, \
         new_hash {binary} NOT NULL)"
    );
    manager.get_connection().execute_unprepared(&create).await?;
    if count(manager, "SELECT COUNT(*) FROM audit_rebuild").await? == 0 {
        let genesis: Value = vec![0_u8; 32].into();
        execute(
            manager,
            "INSERT INTO audit_rebuild (seq, old_hash, new_hash) VALUES (0, ?, ?)",
            [genesis.clone(), genesis],
        )
        .await?;
    }
    Ok(())
}

async fn read_position(manager: &SchemaManager<'_>) -> Result<Position, DbErr> {
    let row = query_row(manager, "SELECT seq, old_hash, new_hash FROM audit_rebuild").await?;
    Ok(Position { seq: at(&row, 0)?, old_hash: hash(&row, 1)?, new_hash: hash(&row, 2)? })
}

/// Rebuilds the rows after a position in one transaction. Returns the new position, or `None` if no rows are left.
async fn rebuild_chunk(manager: &SchemaManager<'_>, from: Position) -> Result<Option<Position>, DbErr> {
    let rows = manager.get_connection().query_all_raw(statement(
        manager,
        "SELECT seq, payment_id, action, actor, reason, old_value, new_value, user_agent, ip_address, created_at, hash \
         FROM audit_log WHERE seq > ? ORDER BY seq LIMIT ?",
        [from.seq.into(), CHUNK_ROWS.into()],
    ));
    let rows = rows.await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let (mut position, mut salts, mut hashes) = (from, Vec::new(), Vec::new());
    for row in &rows {
        let row = Row::read(row)?;
        let old_hash = row.old_hash_after(position.old_hash);
        if row.seq != position.seq + 1 || old_hash != row.hash {
            return Err(tampered(position.seq + 1));
        }
        let salt = Uuid::new_v4().into_bytes();
        position = Position { seq: row.seq, old_hash, new_hash: row.new_hash_after(position.new_hash, salt) };
        salts.extend(salt);
        hashes.extend(position.new_hash);
    }
    let transaction = manager.begin().await?;
    // The rows have consecutive numbers, so each finds its salt and its hash by its number in one text.
    execute(
        &transaction,
        "UPDATE audit_log SET subject_type = 'payment', subject_id = LOWER(HEX(payment_id)), \
         salt = SUBSTR(?, (seq - ?) * 16 + 1, 16), hash = SUBSTR(?, (seq - ?) * 32 + 1, 32) \
         WHERE seq BETWEEN ? AND ?",
        [
            salts.into(),
            (from.seq + 1).into(),
            hashes.into(),
            (from.seq + 1).into(),
            (from.seq + 1).into(),
            position.seq.into(),
        ],
    )
    .await
    .map_err(explain_guard)?;
    let [old_hash, new_hash] = [position.old_hash, position.new_hash].map(|hash| Value::from(hash.to_vec()));
    let advance = "UPDATE audit_rebuild SET seq = ?, old_hash = ?, new_hash = ? WHERE seq = ?";
    let values = [position.seq.into(), old_hash, new_hash, from.seq.into()];
    if execute(&transaction, advance, values).await? != 1 {
        return Err(DbErr::Custom("another process rebuilds the audit log".to_owned()));
    }
    transaction.commit().await?;
    Ok(Some(position))
}

/// Compares the end of the old chain with the head, and appends a row with the heads of both chains.
async fn record_rebuild(manager: &SchemaManager<'_>, position: Position) -> Result<(), DbErr> {
    let transaction = manager.begin().await?;
    let lock = match manager.get_database_backend() {
        DbBackend::Sqlite => "",
        _ => " FOR UPDATE",
    };
    let head = format!("SELECT audit_seq, audit_hash, advanced_at FROM ledger_head WHERE id = 1{lock}");
    let head = query_row(&transaction, &head).await?;
    if at::<i64>(&head, 0)? != position.seq || hash(&head, 1)? != position.old_hash {
        return Err(tampered(position.seq + 1));
    }
    let now = chrono::Utc::now();
    let now = DateTimeUtc::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now);
    let created_at = now.max(at::<DateTimeUtc>(&head, 2)? + chrono::TimeDelta::microseconds(1));
    let state = |hash: Hash| {
        let hex = hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        format!(r#"{{"audit_seq":{},"audit_hash":"{hex}"}}"#, position.seq)
    };
    let (old_value, new_value) = (state(position.old_hash), state(position.new_hash));
    let row = Row {
        seq: position.seq + 1,
        payment_id: Uuid::nil(),
        subject: ["audit_log".to_owned(), "chain".to_owned()],
        action: "CHAIN_REBUILT".to_owned(),
        actor: "hermes migrate".to_owned(),
        personal: [None, Some(old_value.clone()), Some(new_value.clone()), None, None],
        created_at,
        hash: [0; 32],
    };
    let salt = Uuid::new_v4().into_bytes();
    let new_hash = row.new_hash_after(position.new_hash, salt).to_vec();
    let [subject_type, subject_id] = row.subject;
    execute(
        &transaction,
        "INSERT INTO audit_log (seq, subject_type, subject_id, action, actor, salt, old_value, new_value, created_at, \
         hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            row.seq.into(),
            subject_type.into(),
            subject_id.into(),
            row.action.into(),
            row.actor.into(),
            salt.to_vec().into(),
            old_value.into(),
            new_value.into(),
            created_at.into(),
            new_hash.clone().into(),
        ],
    )
    .await?;
    execute(
        &transaction,
        "UPDATE ledger_head SET seq = seq + 1, token = ?, audit_seq = ?, audit_hash = ?, advanced_at = ? WHERE id = 1",
        [Uuid::new_v4().into(), row.seq.into(), new_hash.into(), created_at.into()],
    )
    .await?;
    // Without a position, the next run knows that the rebuild is recorded.
    execute(&transaction, "DELETE FROM audit_rebuild", []).await?;
    transaction.commit().await
}

fn tampered(seq: i64) -> DbErr {
    DbErr::Custom(format!(
        "audit row {seq} is missing or was changed since it was written, or another process writes to the database; \
         stop every other process, and verify the log with the previous release (hermes audit verify) before you migrate"
    ))
}

/// A trigger that an administrator has created can only be dropped by an administrator.
fn explain_guard(error: DbErr) -> DbErr {
    if error.to_string().contains("audit_log only grows") {
        return DbErr::Custom(
            "a trigger protects the audit log, and this database user may not drop it: an administrator must run \
             DROP TRIGGER audit_log_no_update first"
                .to_owned(),
        );
    }
    error
}

fn statement<const N: usize>(manager: &SchemaManager<'_>, sql: &str, values: [Value; N]) -> Statement {
    Statement::from_sql_and_values(manager.get_database_backend(), sql, values)
}

async fn execute<const N: usize>(
    manager: &SchemaManager<'_>,
    sql: &str,
    values: [Value; N],
) -> Result<u64, DbErr> {
    Ok(manager.get_connection().execute_raw(statement(manager, sql, values)).await?.rows_affected())
}

async fn query_row(manager: &SchemaManager<'_>, sql: &str) -> Result<QueryResult, DbErr> {
    let row = manager.get_connection().query_one_raw(statement(manager, sql, [])).await?;
    row.ok_or_else(|| DbErr::RecordNotFound(sql.to_owned()))
}

async fn count(manager: &SchemaManager<'_>, sql: &str) -> Result<i64, DbErr> {
    at(&query_row(manager, sql).await?, 0)
}

fn at<T: TryGetable>(row: &QueryResult, index: usize) -> Result<T, DbErr> {
    row.try_get_by_index(index)
}

fn hash(row: &QueryResult, index: usize) -> Result<Hash, DbErr> {
    let bytes: Vec<u8> = at(row, index)?;
    bytes.try_into().map_err(|_| DbErr::Type("a hash has 32 bytes".to_owned()))
}
