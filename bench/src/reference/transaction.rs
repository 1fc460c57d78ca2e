//! The bare transaction: inserts and commits the rows of some bookings, and does nothing else.
//!
//! The transaction locks no head and looks up, decides, hashes and publishes nothing. Every program that stores these
//! rows pays for BEGIN, one prepared INSERT per table, and COMMIT. The connections have the same socket options as
//! those of Hermes, so that no large statement waits for an acknowledgement.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use hermes_repository::entity::{audit_log, outbox, payments, validation_results};
use hermes_repository::tune_connections_to;
use sea_orm::sqlx::mysql::MySqlConnectOptions;
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, EntityTrait,
    IdenStatic, Iterable, ModelTrait, Statement, TransactionTrait, Value,
};
use tokio::task::JoinSet;

use super::booking::BookingRows;
use crate::statistics::{Latencies, to_f64};
use crate::system::{DatabaseKind, PrivateDatabase};

/// The maximum wait for a connection. The pool has one connection per user.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);

/// Commits bare transactions on a pool of connections.
#[derive(Debug)]
pub struct BareTransactions {
    connection: DatabaseConnection,
    sample: BookingRows,
    next_number: AtomicI64,
    /// By the number of bookings.
    inserts: Mutex<HashMap<usize, Arc<BookingInserts>>>,
}

impl BareTransactions {
    /// Opens a pool on an empty database. The written rows resemble `sample`.
    pub async fn open(database: &PrivateDatabase, sample: &BookingRows, connections: u32) -> Result<Self> {
        let mut options = ConnectOptions::new(&database.url);
        options
            .max_connections(connections)
            .min_connections(connections)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .sqlx_logging(false)
            .map_sqlx_sqlite_opts(|options| {
                options
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .foreign_keys(true)
            });
        if database.kind != DatabaseKind::Sqlite {
            let port = database.url.parse::<MySqlConnectOptions>().context("the URL is invalid")?.get_port();
            options.map_sqlx_mysql_pool_opts(move |pool| {
                pool.after_connect(move |_, _| {
                    Box::pin(async move { Ok(tune_connections_to(port).map(|_| ())?) })
                })
            });
        }
        Ok(Self {
            connection: Box::pin(Database::connect(options)).await?,
            sample: sample.clone(),
            next_number: AtomicI64::new(1),
            inserts: Mutex::default(),
        })
    }

    /// Commits one transaction after the other for a time. Each has the rows of `bookings` bookings.
    pub async fn commit_for(&self, length: Duration, bookings: usize) -> Result<Latencies> {
        let end = Instant::now() + length;
        let mut latencies = Vec::new();
        while Instant::now() < end {
            latencies.push(self.commit(bookings).await?);
        }
        Ok(latencies.into_iter().collect())
    }

    async fn commit(&self, bookings: usize) -> Result<Duration> {
        let rows: Vec<_> = (0..bookings).map(|_| self.sample.with_number(self.next_number())).collect();
        let inserts = self.inserts_for(bookings);
        let started = Instant::now();
        let transaction = self.connection.begin().await?;
        inserts.run(&transaction, &rows).await?;
        transaction.commit().await?;
        Ok(started.elapsed())
    }

    fn inserts_for(&self, bookings: usize) -> Arc<BookingInserts> {
        let mut inserts = self.inserts.lock().unwrap_or_else(PoisonError::into_inner);
        let new = || Arc::new(BookingInserts::new(bookings, self.sample.checks.len()));
        Arc::clone(inserts.entry(bookings).or_insert_with(new))
    }

    fn next_number(&self) -> i64 {
        self.next_number.fetch_add(1, Ordering::Relaxed)
    }
}

/// The fastest possible design without batches: 64 plain connections, each of which commits one booking at a time.
///
/// The design has no HTTP, parsing, head, audit chain or shared sequence. Its transactions wait for each other only in
/// the database, which may group their log writes. SQLite permits one writer at a time. There, the callers share one
/// connection, because more connections would only sleep and retry for the lock.
#[derive(Debug, Clone)]
pub struct UnbatchedWriters {
    transactions: Arc<BareTransactions>,
}

impl UnbatchedWriters {
    const CONNECTIONS: u32 = 64;

    /// Opens the connections.
    pub async fn open(database: &PrivateDatabase, sample: &BookingRows) -> Result<Self> {
        let connections = if database.kind == DatabaseKind::Sqlite { 1 } else { Self::CONNECTIONS };
        Ok(Self { transactions: Arc::new(BareTransactions::open(database, sample, connections).await?) })
    }

    /// Returns the committed bookings per second.
    pub async fn per_second(&self, length: Duration) -> Result<f64> {
        let started = Instant::now();
        let mut callers = JoinSet::new();
        for _ in 0..Self::CONNECTIONS {
            let transactions = Arc::clone(&self.transactions);
            callers.spawn(async move { transactions.commit_for(length, 1).await });
        }
        let mut committed = 0;
        while let Some(caller) = callers.join_next().await {
            committed += caller.context("a caller panicked")??.count();
        }
        Ok(to_f64(committed) / started.elapsed().as_secs_f64())
    }
}

/// The INSERT statements for a number of bookings.
#[derive(Debug)]
struct BookingInserts {
    payments: Insert<payments::Entity>,
    checks: Insert<validation_results::Entity>,
    audit: Insert<audit_log::Entity>,
    events: Insert<outbox::Entity>,
}

impl BookingInserts {
    fn new(bookings: usize, checks_each: usize) -> Self {
        Self {
            payments: Insert::new(bookings),
            checks: Insert::new(bookings * checks_each),
            audit: Insert::new(bookings),
            events: Insert::new(bookings),
        }
    }

    async fn run(&self, transaction: &DatabaseTransaction, rows: &[BookingRows]) -> Result<()> {
        self.payments.run(transaction, rows.iter().map(|row| &row.payment)).await?;
        self.checks.run(transaction, rows.iter().flat_map(|row| &row.checks)).await?;
        self.audit.run(transaction, rows.iter().map(|row| &row.audit)).await?;
        self.events.run(transaction, rows.iter().map(|row| &row.event)).await
    }
}

/// An INSERT statement for a fixed number of rows, so that each connection prepares it once.
#[derive(Debug)]
struct Insert<E> {
    sql: String,
    entity: std::marker::PhantomData<E>,
}

impl<E: EntityTrait> Insert<E> {
    fn new(rows: usize) -> Self {
        let columns: Vec<_> = E::Column::iter().map(|column| column.as_str().to_owned()).collect();
        let row = format!("({})", vec!["?"; columns.len()].join(","));
        let sql = format!(
            "INSERT INTO {} ({}) VALUES {}",
            E::default().table_name(),
            columns.join(","),
            vec![row; rows].join(",")
        );
        Self { sql, entity: std::marker::PhantomData }
    }

    async fn run<'a>(
        &self,
        transaction: &DatabaseTransaction,
        rows: impl Iterator<Item = &'a E::Model>,
    ) -> Result<()>
    where
        E::Model: 'a,
    {
        let values: Vec<Value> =
            rows.flat_map(|row| E::Column::iter().map(|column| row.get(column))).collect();
        let backend = transaction.get_database_backend();
        transaction.execute_raw(Statement::from_sql_and_values(backend, &self.sql, values)).await?;
        Ok(())
    }
}
