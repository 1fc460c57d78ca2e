//! The lease: the right of one instance to publish events or to send mail, for a limited time.
//!
//! A short lease lets another instance continue soon after a crash. The longest pause is one term, in which the dead
//! instance still holds the lease, and one interval of the attempts of the others: 1.5 s and 0.25 s by default.
//!
//! A short lease is safe. The order of events does not depend on it: the stream appends only events that follow its
//! end. The database times the lease with its own clock, so the clocks of the instances do not matter. The holder
//! counts its term from before the request, so it considers the lease lost before another instance can acquire it. If
//! the database or the stream is slow, a renewal may come too late. Another instance then reads the position in the
//! stream and continues from there.

use std::sync::Arc;
use std::time::Duration;

use hermes_domain::ports::{Lease, RelayLease, StoreError};
use tokio::time::Instant;
use uuid::Uuid;

/// A lease is renewed three times per term.
const RENEWALS_PER_TERM: u32 = 3;
/// An instance without the lease tries to acquire it six times per term.
const ATTEMPTS_PER_TERM: u32 = 6;
/// The delay before the next attempt after a database error.
const RETRY_AFTER: Duration = Duration::from_millis(350);

/// The lease as seen by one instance, held or not.
pub(crate) struct HeldLease {
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
        self.term / ATTEMPTS_PER_TERM
    }

    /// Acquires the lease, or renews it if due, and records the last published event. Returns whether the lease is
    /// held. `on_error` reports an error of the database.
    pub async fn acquire_or_renew(
        &mut self,
        published_seq: Option<i64>,
        on_error: impl FnOnce(&StoreError),
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
                on_error(&error);
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
            log::debug!("a lease could not be released and will expire: {error}");
        }
    }
}
