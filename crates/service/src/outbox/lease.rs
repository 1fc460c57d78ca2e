//! The lease: the right of one instance to publish, for a limited time.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ports::{Lease, RelayLease};
use tokio::time::Instant;
use uuid::Uuid;

use super::reporter::RelayReporter;

/// A lease is renewed three times per term.
const RENEWALS_PER_TERM: u32 = 3;
/// The delay before the next attempt after a database error.
const RETRY_AFTER: Duration = Duration::from_millis(350);

/// The lease as seen by one instance, held or not.
pub(super) struct HeldLease {
    lease: Arc<dyn RelayLease>,
    holder: Uuid,
    term: Duration,
    renew_at: Instant,
    /// The lease is certainly held until this time.
    expires_at: Instant,
}

impl HeldLease {
    /// Creates a lease that is not held yet.
    pub fn new(lease: Arc<dyn RelayLease>, holder: Uuid, term: Duration) -> Self {
        let now = Instant::now();
        Self { lease, holder, term, renew_at: now, expires_at: now }
    }

    /// Returns when the lease is due for renewal.
    pub const fn renew_at(&self) -> Instant {
        self.renew_at
    }

    /// Returns how long to wait before another attempt to acquire the lease.
    pub fn retry_delay(&self) -> Duration {
        self.term / RENEWALS_PER_TERM
    }

    /// Acquires the lease, or renews it if due, and records the last published event. Returns whether the lease is
    /// held.
    pub async fn acquire_or_renew(
        &mut self,
        published_seq: Option<i64>,
        reporter: &mut RelayReporter,
    ) -> bool {
        let requested_at = Instant::now();
        if requested_at < self.renew_at && requested_at < self.expires_at {
            return true;
        }
        match self.lease.acquire_or_renew_lease(self.holder, self.term, published_seq).await {
            Ok(Lease::Held) => {
                self.renew_at = requested_at + self.term / RENEWALS_PER_TERM;
                self.expires_at = requested_at + self.term;
                return true;
            }
            Ok(Lease::Taken) => self.expires_at = requested_at,
            Err(error) => {
                reporter.lease_failed(&error);
                self.renew_at = requested_at + RETRY_AFTER;
            }
        }
        Instant::now() < self.expires_at
    }

    /// Releases the lease, so that another instance can acquire it before it expires.
    pub async fn release(&self, published_seq: Option<i64>) {
        if published_seq.is_some() && Instant::now() < self.expires_at {
            let _best_effort = self.lease.acquire_or_renew_lease(self.holder, self.term, published_seq).await;
        }
        if let Err(error) = self.lease.release_lease(self.holder).await {
            log::debug!("the relay lease could not be released and will expire: {error}");
        }
    }
}
