//! The bare transaction: the rows of some bookings, committed together, and nothing else.
//!
//! No head is locked, nothing is looked up, decided, hashed or made visible; the values are at hand. It is what any
//! program has to pay that keeps these rows. Statements are prepared and insert many rows; as in Hermes they stay
//! below one TLS record, because a longer one waits for an acknowledgement (see `store/chunk.rs` of the repository).

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use hermes_repository::entity::{audit_log, outbox, payments, validation_results};
use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::{ConnectOptions, Database, DatabaseConnection, TransactionTrait};

use super::booking::Booking;
use super::insert::Insert;
use crate::statistics::Latencies;
use crate::system::Store;

/// How many bookings one statement of each table takes at most: about 8 KB of values.
const STATEMENT_MAX: usize = 8;

/// How long a connection may be waited for; the pool is as large as its users are many.
const ACQUIRE_MAX: Duration = Duration::from_secs(30);

/// Transactions on a pool of connections.
#[derive(Debug)]
pub struct Transactions {
    connection: DatabaseConnection,
    sample: Booking,
    next: AtomicI64,
    one: Statements,
    some: Statements,
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
        Ok(Self {
            connection: Box::pin(Database::connect(options)).await?,
            sample: sample.clone(),
            next: AtomicI64::new(1),
            one: Statements::of(1, sample.checks.len()),
            some: Statements::of(STATEMENT_MAX, sample.checks.len()),
        })
    }

    /// Commits one transaction with the rows of so many bookings; returns how long that took.
    pub async fn commit(&self, bookings: usize) -> Result<Duration> {
        let rows: Vec<_> = (0..bookings).map(|_| self.sample.another(self.number())).collect();
        let begun = Instant::now();
        let transaction = self.connection.begin().await?;
        let mut full = rows.chunks_exact(STATEMENT_MAX);
        for chunk in full.by_ref() {
            self.some.run(&transaction, chunk).await?;
        }
        for row in full.remainder().chunks(1) {
            self.one.run(&transaction, row).await?;
        }
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

    async fn run(&self, transaction: &sea_orm::DatabaseTransaction, rows: &[Booking]) -> Result<()> {
        self.payments.run(transaction, rows.iter().map(|row| &row.payment)).await?;
        self.checks.run(transaction, rows.iter().flat_map(|row| &row.checks)).await?;
        self.audit.run(transaction, rows.iter().map(|row| &row.audit)).await?;
        self.events.run(transaction, rows.iter().map(|row| &row.event)).await
    }
}
