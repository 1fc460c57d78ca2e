//! The bare transaction: the rows of some bookings, committed together, and nothing else.
//!
//! No head is locked, nothing is looked up, decided, hashed or made visible; the values are at hand. It is what any
//! program has to pay that keeps these rows: BEGIN, one prepared INSERT for each of the four tables, COMMIT. Its
//! connections are told what those of Hermes are told, so that no large statement waits for an acknowledgement.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use hermes_repository::entity::{audit_log, outbox, payments, validation_results};
use hermes_repository::tune_connections_to;
use sea_orm::sqlx::mysql::MySqlConnectOptions;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, TransactionTrait};

use super::booking::Booking;
use super::insert::Insert;
use crate::statistics::Latencies;
use crate::system::{Kind, Store};

/// How long a connection may be waited for; the pool is as large as its users are many.
const ACQUIRE_MAX: Duration = Duration::from_secs(30);

/// Transactions on a pool of connections.
#[derive(Debug)]
pub struct Transactions {
    connection: DatabaseConnection,
    sample: Booking,
    next: AtomicI64,
    /// By the number of bookings.
    statements: Mutex<HashMap<usize, Arc<Statements>>>,
}

/// The statements for a number of bookings.
#[derive(Debug)]
struct Statements {
    payments: Insert<payments::Entity>,
    checks: Insert<validation_results::Entity>,
    audit: Insert<audit_log::Entity>,
    events: Insert<outbox::Entity>,
}

impl Transactions {
    /// Opens a pool on an empty database, which gets rows like those of `sample`.
    pub async fn open(store: &Store, sample: &Booking, connections: u32) -> Result<Self> {
        let mut options = ConnectOptions::new(&store.url);
        options
            .max_connections(connections)
            .min_connections(connections)
            .acquire_timeout(ACQUIRE_MAX)
            .test_before_acquire(false)
            .sqlx_logging(false)
            .map_sqlx_sqlite_opts(|options| {
                options
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
            });
        if store.kind != Kind::Sqlite {
            let port = store.url.parse::<MySqlConnectOptions>().context("a URL of MySQL")?.get_port();
            options.map_sqlx_mysql_pool_opts(move |pool| {
                pool.after_connect(move |_, _| {
                    Box::pin(async move { Ok(tune_connections_to(port).map(|_| ())?) })
                })
            });
        }
        Ok(Self {
            connection: Box::pin(Database::connect(options)).await?,
            sample: sample.clone(),
            next: AtomicI64::new(1),
            statements: Mutex::default(),
        })
    }

    /// Commits one transaction with the rows of so many bookings; returns how long that took.
    pub async fn commit(&self, bookings: usize) -> Result<Duration> {
        let rows: Vec<_> = (0..bookings).map(|_| self.sample.another(self.number())).collect();
        let statements = self.statements_for(bookings);
        let begun = Instant::now();
        let transaction = self.connection.begin().await?;
        statements.run(&transaction, &rows).await?;
        transaction.commit().await?;
        Ok(begun.elapsed())
    }

    /// Commits one after the other for a time.
    pub async fn commit_for(&self, length: Duration, bookings: usize) -> Result<Latencies> {
        let until = Instant::now() + length;
        let mut times = Vec::new();
        while Instant::now() < until {
            times.push(self.commit(bookings).await?);
        }
        Ok(times.into_iter().collect())
    }

    fn statements_for(&self, bookings: usize) -> Arc<Statements> {
        let mut known = self.statements.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(Statements::of(bookings, self.sample.checks.len()));
        Arc::clone(known.entry(bookings).or_insert_with(new))
    }

    fn number(&self) -> i64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }
}

impl Statements {
    fn of(bookings: usize, checks: usize) -> Self {
        Self {
            payments: Insert::of_rows(bookings),
            checks: Insert::of_rows(bookings * checks),
            audit: Insert::of_rows(bookings),
            events: Insert::of_rows(bookings),
        }
    }

    async fn run(&self, transaction: &DatabaseTransaction, rows: &[Booking]) -> Result<()> {
        self.payments.run(transaction, rows.iter().map(|row| &row.payment)).await?;
        self.checks.run(transaction, rows.iter().flat_map(|row| &row.checks)).await?;
        self.audit.run(transaction, rows.iter().map(|row| &row.audit)).await?;
        self.events.run(transaction, rows.iter().map(|row| &row.event)).await
    }
}
