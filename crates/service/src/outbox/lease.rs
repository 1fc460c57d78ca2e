//! The lease: the right to publish, for a time.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ports::{Lease, RelayLease};
use tokio::time::Instant;
use uuid::Uuid;

use super::blocked::BlockedReporter;

/// A lease is renewed when a third of it has passed.
const RENEWALS_PER_TERM: u32 = 3;
/// When it is tried again to renew it after the database did not answer.
const RETRY_AFTER: Duration = Duration::from_millis(350);

/// The lease of one instance, had or not.
pub(super) struct HeldLease {
    lease: Arc<dyn RelayLease>,
    holder: Uuid,
    length: Duration,
    renew_at: Instant,
    /// When it has surely not expired yet.
    expires_at: Instant,
}

impl HeldLease {
    /// Not had yet.
    pub fn new(lease: Arc<dyn RelayLease>, holder: Uuid, length: Duration) -> Self {
        let now = Instant::now();
        Self { lease, holder, length, renew_at: now, expires_at: now }
    }

    /// When it is to be renewed.
    pub const fn renew_at(&self) -> Instant {
        self.renew_at
    }

    /// How long to wait before it is worth asking again for a lease that another instance has.
    pub fn try_again_after(&self) -> Duration {
        self.length / RENEWALS_PER_TERM
    }

    /// Whether it is still had; renews it in time. Notes up to which event was published.
    pub async fn keep(&mut self, published_seq: Option<i64>, complaint: &mut BlockedReporter) -> bool {
        Instant::now() < self.renew_at
            || self.renew(published_seq, complaint).await
            || Instant::now() < self.expires_at
    }

    /// Takes or keeps it.
    pub async fn renew(&mut self, published_seq: Option<i64>, complaint: &mut BlockedReporter) -> bool {
        let asked_at = Instant::now();
        match self.lease.acquire_or_renew_lease(self.holder, self.length, published_seq).await {
            Ok(Lease::Held) => {
                self.renew_at = asked_at + self.length / RENEWALS_PER_TERM;
                self.expires_at = asked_at + self.length;
                true
            }
            Ok(Lease::Taken) => {
                self.expires_at = asked_at;
                false
            }
            Err(error) => {
                complaint.lease(&error);
                self.renew_at = asked_at + RETRY_AFTER;
                false
            }
        }
    }

    /// Gives it up, so that another instance need not wait until it expires.
    pub async fn release(&self, published_seq: Option<i64>) {
        if published_seq.is_some() && Instant::now() < self.expires_at {
            let _noted = self.lease.acquire_or_renew_lease(self.holder, self.length, published_seq).await;
        }
        if let Err(error) = self.lease.release_lease(self.holder).await {
            log::debug!("the lease of the relay expires by itself: {error}");
        }
    }
}
