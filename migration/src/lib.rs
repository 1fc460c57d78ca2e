//! The schema, one file a step, for MySQL 8.0+, MariaDB 10.11+ and SQLite.
//!
//! Each step says its SQL as a pure function of the [`Dialect`]: [`up`] carries the statements out and [`schema_ddl`]
//! prints the very same ones, so what an operator reads is what runs.
//!
//! What changes a schema ([`up`], [`down`], [`fresh`]) takes connection options and opens one connection of its own,
//! because the lock that keeps a second runner waiting lives and dies with a connection. What only looks ([`status`],
//! [`pending`]) uses the caller's connection and needs no right to change anything. Tests that have a database to
//! themselves may skip the lock with [`Migrator`].
//!
//! # Writing a step
//!
//! MySQL commits each DDL statement by itself, so a step creates **one** table, or triggers, or changes rows, never two of them: a run that
//! is cut off leaves at most one table that is not yet recorded, and the next run says so. SQLite cannot add a foreign
//! key later: a table is born with all of them.

mod columns;
mod dialect;
mod error;
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
mod runner;
mod schema;
mod step;
mod table;

use sea_orm_migration::{MigrationTrait, MigratorTrait};

pub use crate::{
    dialect::Dialect,
    error::MigrationError,
    runner::{MigrationStatus, down, fresh, pending, status, up},
    schema::schema_ddl,
};

use crate::step::Step;

/// Every step, oldest first. A step that has been released is never edited: a change is a new step.
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
];

/// Runs the steps on a connection that the caller gives, **without** the lock.
///
/// For tests on a database of their own; everything else calls [`up`], [`down`] or [`fresh`].
#[derive(Debug, Clone, Copy)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        STEPS.iter().map(|step| -> Box<dyn MigrationTrait> { Box::new(*step) }).collect()
    }
}
