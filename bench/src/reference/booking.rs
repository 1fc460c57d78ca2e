//! The rows of one booking, taken from one that Hermes wrote: so the reference writes the same columns with values
//! of the same length.

use anyhow::{Context, Result, ensure};
use chrono::{SubsecRound, Utc};
use hermes_repository::entity::{audit_log, outbox, payments, validation_results};
use sea_orm::EntityTrait;
use uuid::Uuid;

use crate::load::{Bookings, Connection};
use crate::system::{Hermes, Store};

/// The rows that a booking without an idempotency key has.
#[derive(Debug, Clone)]
pub struct Booking {
    /// Its row of `payments`.
    pub payment: payments::Model,
    /// Its rows of `validation_results`.
    pub checks: Vec<validation_results::Model>,
    /// Its row of `audit_log`.
    pub audit: audit_log::Model,
    /// Its row of `outbox`.
    pub event: outbox::Model,
}

impl Booking {
    /// Books once with a Hermes of its own and reads what it wrote.
    pub async fn sample(store: &Store) -> Result<Self> {
        let hermes = Hermes::start(store, &[]).await?;
        let answer = Connection::open(hermes.port()).await?.ask(&Bookings::new().request()).await?;
        ensure!(answer.status == 201, "a booking was answered with {}", answer.status);
        hermes.stop()?;
        let database = store.open().await?;
        let read = database.reader_pool();
        let sample = Self {
            payment: payments::Entity::find().one(read).await?.context("a payment")?,
            checks: validation_results::Entity::find().all(read).await?,
            audit: audit_log::Entity::find().one(read).await?.context("an audit row")?,
            event: outbox::Entity::find().one(read).await?.context("an event")?,
        };
        database.close().await;
        Ok(sample)
    }

    /// The rows of another payer's booking with a number, made now.
    pub fn another(&self, number: i64) -> Self {
        let (id, now) = (Uuid::now_v7(), Utc::now().trunc_subsecs(6));
        let mut new = self.clone();
        let email = format!("p{number}{}", self.payment.email.get(2..).unwrap_or_default());
        new.payment.id = id;
        new.payment.reference = format!("REF{number:03}");
        new.payment.page_token = Uuid::new_v4();
        new.payment.email_key.clone_from(&email);
        new.payment.email = email;
        (new.payment.created_at, new.payment.updated_at) = (now, now);
        for check in &mut new.checks {
            (check.payment_id, check.created_at) = (id, now);
        }
        (new.audit.seq, new.audit.payment_id, new.audit.created_at) = (number, id, now);
        (new.event.seq, new.event.payment_id, new.event.created_at) = (number, id, now);
        new.event.batch_token = Uuid::new_v4();
        new
    }
}
