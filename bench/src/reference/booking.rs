//! The rows of one booking, copied from a booking of Hermes, so that the reference writes values of the same length.

use anyhow::{Context, Result, ensure};
use chrono::{SubsecRound, Utc};
use hermes_repository::entity::{audit_log, outbox, payments, validation_results};
use sea_orm::EntityTrait;
use uuid::Uuid;

use crate::load::{BookingRequests, Connection, Requests};
use crate::system::{Hermes, PrivateDatabase};

/// The rows of a booking without an idempotency key.
#[derive(Debug, Clone)]
pub struct BookingRows {
    /// The row in `payments`.
    pub payment: payments::Model,
    /// The rows in `validation_results`.
    pub checks: Vec<validation_results::Model>,
    /// The row in `audit_log`.
    pub audit: audit_log::Model,
    /// The row in `outbox`.
    pub event: outbox::Model,
}

impl BookingRows {
    /// Books once with a Hermes of its own and reads the rows.
    pub async fn sample(database: &PrivateDatabase) -> Result<Self> {
        let hermes = Hermes::start(database, &[]).await?;
        let response = Connection::open(hermes.port()).await?.send(&BookingRequests::new().next()).await?;
        ensure!(response.status == 201, "a booking got status {}", response.status);
        hermes.stop()?;
        let database = database.open().await?;
        let reader = database.reader_pool();
        let sample = Self {
            payment: payments::Entity::find().one(reader).await?.context("no payment")?,
            checks: validation_results::Entity::find().all(reader).await?,
            audit: audit_log::Entity::find().one(reader).await?.context("no audit row")?,
            event: outbox::Entity::find().one(reader).await?.context("no event")?,
        };
        database.close().await;
        Ok(sample)
    }

    /// Returns the rows of another payer's booking with this reference number, booked now.
    pub fn with_number(&self, number: i64) -> Self {
        let (id, now) = (Uuid::now_v7(), Utc::now().trunc_subsecs(6));
        let mut rows = self.clone();
        let email = format!("p{number}{}", self.payment.email.get(2..).unwrap_or_default());
        rows.payment.id = id;
        rows.payment.reference = format!("REF{number:03}");
        rows.payment.email_key.clone_from(&email);
        rows.payment.email = email;
        (rows.payment.created_at, rows.payment.updated_at) = (now, now);
        for check in &mut rows.checks {
            (check.payment_id, check.created_at) = (id, now);
        }
        (rows.audit.seq, rows.audit.payment_id, rows.audit.created_at) = (number, Some(id), now);
        (rows.event.seq, rows.event.payment_id, rows.event.created_at) = (number, Some(id), now);
        rows.event.batch_token = Uuid::new_v4();
        rows
    }
}
