//! The tables of Hermes for programs: entities, readers and the store of the ledger, on SQLite, MySQL 8.0+ and
//! MariaDB 10.11+.
//!
//! # What to import
//!
//! | to | take |
//! |---|---|
//! | open a database | [`Database::connect`] with [`DatabaseSettings`] |
//! | find and list payments, sums and audit rows, each answer one snapshot | [`SqlPaymentReader`], a [`PaymentReader`](hermes_domain::ports::PaymentReader) |
//! | follow events without Redis | [`SqlOutbox`], an [`Outbox`](hermes_domain::ports::Outbox) |
//! | ask anything else | the [`entity`] modules on [`Database::reading`], which cannot write |
//! | turn rows into a [`Payment`](hermes_domain::payment::Payment) that keeps its invariants | [`StoredPayment`] |
//! | change anything | nothing of this crate: ask the API, or run the ledger of `hermes-service` on [`SqlLedgerStore`] |
//!
//! # Reading payments
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
//! if let Some(key) = PaymentKey::parse("RF59REF001")
//!     && let Some(payment) = reader.find(&key).await?
//! {
//!     println!("{} is {}", payment.reference, payment.status());
//! }
//!
//! let short = PaymentFilter { status: Some(Status::Underpayment), ..PaymentFilter::default() };
//! let page = reader.list(&short, Page::First, 100).await?;
//! for payment in page.value.payments {
//!     println!("{} lacks {}", payment.reference, payment.amount_outstanding());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Asking with the entities
//!
//! The entities are plain SeaORM 2. `examples/flagged_yesterday.rs` is a whole program; the core of such a
//! one is:
//!
//! ```no_run
//! use hermes_repository::{Database, entity::payments};
//! use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
//!
//! # async fn example(database: &Database) -> Result<(), sea_orm::DbErr> {
//! let schools_in_doubt = payments::Entity::find()
//!     .filter(payments::Column::ValidationStatus.eq("FLAGGED"))
//!     .filter(payments::Column::School.is_not_null())
//!     .count(database.reading())
//!     .await?;
//! # let _ = schools_in_doubt;
//! # Ok(())
//! # }
//! ```
//!
//! # What to know
//!
//! * **Amounts are minor units** of the row's `currency_from`: 3 500 000 of USD are 35 000.00, of JPY 3 500 000.
//! * **Never give a query up** (`timeout`, `select!`) that runs on [`Database::reading`]: see there. What goes
//!   through the reader and the store may be given up at any time.
//! * **The database must be migrated** (`hermes migrate up`); this crate creates no table.
//! * **No message holds a payer's data.** A row that makes no sense is named by its reference and column.
//! * Metrics: the histograms `hermes_pool_acquire_seconds` and `hermes_database_statement_seconds` by `pool`;
//!   the figures of the pools are [`PoolMetrics::pools`](hermes_domain::ports::PoolMetrics::pools) of [`Database`].
#![warn(missing_docs)]

pub mod entity;

mod database;
mod error;
mod in_list_padding;
mod ledger_store;
mod load;
mod mapping;
mod outbox;
mod reader;

pub use database::{
    AuditProtection, Database, DatabaseSettings, DurabilityWarning, MySqlAddress, OpenError,
    tune_connections_to,
};
pub use ledger_store::SqlLedgerStore;
pub use mapping::StoredPayment;
pub use outbox::SqlOutbox;
pub use reader::{AuditBounds, AuditedPayment, SqlPaymentReader};
