//! The database schema for MySQL 8.0 or later, MariaDB 10.11 or later, and SQLite, with one file per step.
//!
//! The SQL of a step is a pure function of the [`Dialect`]. [`up`] executes the statements and [`schema_ddl`] prints the
//! same statements, so an operator reads exactly what runs.
//!
//! [`up`], [`down`], [`fresh`] and [`create_triggers`] change the schema. They take connection options and open their own connection, because
//! the migration lock belongs to a connection. [`status`] and [`pending`] only read: they use the caller's connection and
//! need no privilege to change anything. A test with its own database may skip the lock with [`Migrator`].
//!
//! # Writing a step
//!
//! A step creates **one** table, creates triggers, inserts a row, alters tables, or runs a program. MySQL commits each DDL statement separately, so an
//! interrupted run leaves at most one table without a record, and the next run reports this table. SQLite cannot add a
//! foreign key later, so a table is created with all of its foreign keys.
//!
//! A step that alters tables skips a table that an interrupted run has altered. A program stores its position, because
//! it may be killed at any time. Neither kind of step can be reverted.
//!
//! A released step never changes: its SQL is part of existing databases. Add a new step instead.

mod columns;
mod error;
mod extent;
mod lock;
mod m20261122_000001_create_payments;
mod m20261122_000002_create_validation_results;
mod m20261122_000003_create_audit_log;
mod m20261122_000004_create_ledger_head;
mod m20261122_000005_insert_ledger_head;
mod m20261122_000006_create_outbox;
mod m20261122_000007_create_idempotency_keys;
mod m20261122_000008_create_payment_totals;
mod m20261124_000009_create_event_relay;
mod m20261124_000010_insert_event_relay;
mod m20261124_000011_guard_audit_log;
mod m20261124_000012_refuse_replaced_audit_rows;
mod m20261130_000013_create_cache_signing_key;
mod m20261130_000014_insert_cache_signing_key;
mod m20261130_000015_support_erasure;
mod m20261130_000016_rebuild_audit_chain;
mod m20261130_000017_guard_erasable_audit_log;
mod m20261130_000018_create_access_keys;
mod m20261130_000019_create_access_secrets;
mod m20261130_000020_create_access_uses;
mod m20261130_000021_support_receipts;
mod m20261130_000022_create_receipts;
mod m20261130_000023_create_allocations;
mod m20261130_000024_create_refunds;
mod m20261130_000025_record_earlier_receipts;
mod m20261130_000026_add_due_date_and_language;
mod m20261130_000027_create_statement_imports;
mod m20261130_000028_create_statement_lines;
mod m20261130_000029_create_statement_matches;
mod m20261130_000030_create_mail_sender;
mod m20261130_000031_insert_mail_sender;
mod m20261130_000032_create_mail_messages;
mod runner;
mod schema;
mod step;
mod table;
mod triggers;

use sea_orm_migration::sea_orm::{DbBackend, DbErr};
use sea_orm_migration::{MigrationTrait, MigratorTrait};

pub use crate::{
    error::MigrationError,
    extent::{TouchedTable, touched_tables},
    runner::{MigrationStatus, create_triggers, down, fresh, pending, status, up},
    schema::schema_ddl,
};

use crate::step::Step;

/// The SQL dialect of a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// MySQL 8.0 and later, MySQL HeatWave, and MariaDB 10.11 and later. The steps use only what all of them support.
    MySql,
    /// SQLite 3.35 and later.
    Sqlite,
}

impl TryFrom<DbBackend> for Dialect {
    type Error = DbErr;

    fn try_from(backend: DbBackend) -> Result<Self, DbErr> {
        match backend {
            DbBackend::MySql => Ok(Self::MySql),
            DbBackend::Sqlite => Ok(Self::Sqlite),
            other => Err(DbErr::BackendNotSupported { db: other.as_str(), ctx: "the schema of Hermes" }),
        }
    }
}

/// Every step, oldest first.
const STEPS: &[Step] = &[
    m20261122_000001_create_payments::STEP,
    m20261122_000002_create_validation_results::STEP,
    m20261122_000003_create_audit_log::STEP,
    m20261122_000004_create_ledger_head::STEP,
    m20261122_000005_insert_ledger_head::STEP,
    m20261122_000006_create_outbox::STEP,
    m20261122_000007_create_idempotency_keys::STEP,
    m20261122_000008_create_payment_totals::STEP,
    m20261124_000009_create_event_relay::STEP,
    m20261124_000010_insert_event_relay::STEP,
    m20261124_000011_guard_audit_log::STEP,
    m20261124_000012_refuse_replaced_audit_rows::STEP,
    m20261130_000013_create_cache_signing_key::STEP,
    m20261130_000014_insert_cache_signing_key::STEP,
    m20261130_000015_support_erasure::STEP,
    m20261130_000016_rebuild_audit_chain::STEP,
    m20261130_000017_guard_erasable_audit_log::STEP,
    m20261130_000018_create_access_keys::STEP,
    m20261130_000019_create_access_secrets::STEP,
    m20261130_000020_create_access_uses::STEP,
    m20261130_000021_support_receipts::STEP,
    m20261130_000022_create_receipts::STEP,
    m20261130_000023_create_allocations::STEP,
    m20261130_000024_create_refunds::STEP,
    m20261130_000025_record_earlier_receipts::STEP,
    m20261130_000026_add_due_date_and_language::STEP,
    m20261130_000027_create_statement_imports::STEP,
    m20261130_000028_create_statement_lines::STEP,
    m20261130_000029_create_statement_matches::STEP,
    m20261130_000030_create_mail_sender::STEP,
    m20261130_000031_insert_mail_sender::STEP,
    m20261130_000032_create_mail_messages::STEP,
];

/// Returns the names of all steps, oldest first.
pub fn step_names() -> impl Iterator<Item = &'static str> {
    STEPS.iter().map(|step| step.name)
}

/// Runs the steps on the caller's connection, **without** the lock.
///
/// For tests with their own database. All other callers use [`up`], [`down`] or [`fresh`].
#[derive(Debug, Clone, Copy)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        STEPS.iter().map(|step| -> Box<dyn MigrationTrait> { Box::new(*step) }).collect()
    }
}
