//! The database of Hermes for Rust services: SeaORM entities, readers, the ledger store and the outbox.
//!
//! The crate supports SQLite, MySQL 8.0 or later, and MariaDB 10.11 or later.
//!
//! # Choosing a type
//!
//! | task | type |
//! |---|---|
//! | open a database | [`Database::connect`] with [`DatabaseSettings`] |
//! | find and list payments, totals and audit rows, each from one snapshot | [`SqlPaymentReader`], which implements [`PaymentReader`](hermes_domain::ports::PaymentReader) |
//! | read the API keys, and record their use | [`SqlAccessStore`], which implements [`AccessStore`](hermes_domain::ports::AccessStore) |
//! | follow events without Redis | [`SqlOutbox`], which implements [`Outbox`](hermes_domain::ports::Outbox) |
//! | read the state of mail to payers | [`SqlMailQueue`], which implements [`MailQueue`](hermes_domain::ports::MailQueue) |
//! | run any other query | the [`entity`] modules on [`Database::reader_pool`], which cannot write |
//! | convert rows to a valid [`Payment`](hermes_domain::payment::Payment) | [`StoredPayment`] |
//! | change anything | the HTTP API, or the ledger writer of `hermes-service` on [`SqlLedgerStore`] |
//!
//! # Reading payments
//!
//! The domain type [`Payment`](hermes_domain::payment::Payment) has the amounts, the status and the checks of a payment.
//!
//! ```no_run
//! use hermes_domain::payment::{PaymentKey, Status};
//! use hermes_domain::ports::{Page, PaymentFilter, PaymentReader};
//! use hermes_repository::{Database, DatabaseSettings, SqlPaymentReader};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = DatabaseSettings::new("mysql://reporting:secret@db.example.org/hermes_payments");
//! let database = Database::connect(&settings).await?;
//! let reader = SqlPaymentReader::new(&database);
//!
//! // One payment, by reference, by creditor reference or by id.
//! if let Some(key) = PaymentKey::parse("RF59REF001")
//!     && let Some(payment) = reader.find(&key).await?
//! {
//!     println!("{} is {}", payment.reference, payment.status());
//! }
//!
//! // A page of underpaid payments, newest first.
//! let underpaid = PaymentFilter { status: Some(Status::Underpayment), ..PaymentFilter::default() };
//! let page = reader.list(&underpaid, Page::First, 100).await?;
//! for payment in page.value.payments {
//!     println!("{} lacks {}", payment.reference, payment.amount_outstanding());
//! }
//!
//! database.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Following events
//!
//! Events have numbers without gaps, in the order of the commits. A consumer stores the number of the last event that it
//! has processed and continues there.
//!
//! ```no_run
//! use hermes_domain::ports::{EventsAfter, Outbox};
//! use hermes_repository::{Database, SqlOutbox};
//!
//! # async fn example(database: &Database, last_seq: i64) -> Result<(), Box<dyn std::error::Error>> {
//! let outbox = SqlOutbox::new(database);
//! match outbox.events_after(Some(last_seq), 100).await? {
//!     EventsAfter::Events(events) => {
//!         for event in events {
//!             println!("{} {} of {}", event.seq, event.event_type, event.reference);
//!         }
//!     }
//!     EventsAfter::OutOfRange { oldest, newest } => {
//!         println!("event {last_seq} is not stored any more; stored are {oldest} to {newest}");
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Querying the entities
//!
//! The entities are ordinary SeaORM 2 entities. `examples/flagged_yesterday.rs` is a complete program.
//!
//! ```no_run
//! use hermes_repository::{Database, entity::payments};
//! use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
//!
//! # async fn example(database: &Database) -> Result<(), sea_orm::DbErr> {
//! let flagged_with_school = payments::Entity::find()
//!     .filter(payments::Column::ValidationStatus.eq("FLAGGED"))
//!     .filter(payments::Column::School.is_not_null())
//!     .count(database.reader_pool())
//!     .await?;
//! # let _ = flagged_with_school;
//! # Ok(())
//! # }
//! ```
//!
//! # Rules
//!
//! * **Amounts are minor units** of the currency in `currency_from`: 3,500,000 is 35,000.00 USD, and 3,500,000 JPY.
//! * **Never drop a running query** on [`Database::reader_pool`], for example with `timeout` or `select!`. Calls of the
//!   reader, the store and the outbox may be dropped at any time.
//! * **Migrate the database first** with `hermes migrate up`. This crate creates no table.
//! * **Do not write with the entities.** Writes outside the ledger break its numbers, its audit chain and its totals.
//! * **Errors contain no payer data.** An error about a row names its reference or id and its column.
//!
//! # Metrics
//!
//! The crate records the histograms `hermes_pool_acquire_seconds` and `hermes_database_statement_seconds`, labelled by
//! `pool`. [`PoolMetrics::pools`](hermes_domain::ports::PoolMetrics::pools) of [`Database`] returns the state of each pool.
#![warn(missing_docs)]

pub mod entity;

mod access_store;
mod database;
mod error;
mod lease;
mod ledger_store;
mod mail_queue;
mod mapping;
mod outbox;
mod reader;
mod statement_store;

pub use access_store::SqlAccessStore;
pub use database::{
    AuditProtection, Database, DatabaseFacts, DatabaseSettings, DurabilityWarning, Encryption, MySqlAddress,
    OpenError, create_private_file, create_private_folder, tune_connections_to,
};
pub use ledger_store::SqlLedgerStore;
pub use mail_queue::SqlMailQueue;
pub use mapping::{StoredPayment, StoredReceipt};
pub use outbox::SqlOutbox;
pub use reader::{AuditBounds, AuditedPayment, AuditedReceipt, RecordedErasure, SqlPaymentReader};
pub use statement_store::SqlStatementStore;
