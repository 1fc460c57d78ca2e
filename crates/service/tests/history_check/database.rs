//! The ledger, and an instance's way to it.

use std::sync::Arc;

use async_trait::async_trait;
use hermes_domain::ledger::{BatchToken, LedgerHead, Totals};
use hermes_domain::payment::{Payment, PaymentId, PaymentKey};
use hermes_domain::ports::{AtHead, AuditPage, ListPage, Page, PaymentFilter, PaymentReader, StoreError};
use uuid::Uuid;

use crate::life::Life;
use crate::support::{Rows, payment};
use crate::world::World;

/// The longest time a slow database takes, each way.
const SLOWEST_MS: u64 = 700;
/// The longest time of one that is not slow: a fraction of D.
const USUAL_MS: u64 = 60;

/// Bookings by number, in the order of their commits.
#[derive(Debug, Default)]
pub struct Database {
    bookings: Vec<u64>,
    booked: u64,
    pub lost: Vec<u64>,
}

/// An instance's way to the database.
pub struct DatabaseWay {
    pub world: Arc<World>,
    pub number: usize,
    pub life: Arc<Life>,
}

impl Database {
    /// Commits a booking.
    pub fn book(&mut self) -> u64 {
        self.booked += 1;
        self.bookings.push(self.booked);
        self.booked
    }

    /// How many bookings were ever made.
    pub fn booked(&self) -> u64 {
        self.booked
    }

    /// Fails over to a copy without the last few commits.
    pub fn lose(&mut self, commits: usize) {
        let kept = self.bookings.len().saturating_sub(commits);
        self.lost.extend(self.bookings.drain(kept..));
    }

    /// A number that is given again has another token.
    fn head(&self) -> LedgerHead {
        let last = self.bookings.last().copied().unwrap_or_default();
        LedgerHead {
            seq: i64::try_from(self.bookings.len()).unwrap(),
            token: BatchToken(Uuid::from_u128(last.into())),
            ..Rows::default().head
        }
    }
}

/// Who a booking is for.
pub fn payer(booking: u64) -> String {
    format!("p{booking}")
}

impl DatabaseWay {
    /// Reads everything at one moment between the question and the answer.
    async fn snapshot(&self) -> Result<AtHead<Vec<u64>>, StoreError> {
        self.pass_time().await?;
        let read = {
            let database = self.world.database();
            AtHead { head: database.head().id(), value: database.bookings.clone() }
        };
        self.pass_time().await?;
        Ok(read)
    }

    async fn pass_time(&self) -> Result<(), StoreError> {
        let slow = self.world.faults.database_is_slow;
        self.world.pass_some_time(if slow { SLOWEST_MS } else { USUAL_MS }).await;
        self.life.goes_on().await;
        if self.world.database_is_cut[self.number].is_on() {
            return Err(StoreError::Unavailable("cut off".to_owned()));
        }
        Ok(())
    }
}

#[async_trait]
impl PaymentReader for DatabaseWay {
    async fn head(&self) -> Result<LedgerHead, StoreError> {
        self.pass_time().await?;
        let head = self.world.database().head();
        self.pass_time().await?;
        Ok(head)
    }

    async fn list(
        &self,
        filter: &PaymentFilter,
        _page: Page,
        _limit: u64,
    ) -> Result<AtHead<ListPage>, StoreError> {
        let AtHead { head, value } = self.snapshot().await?;
        let mut payments = value.into_iter().map(|booking| payment(&payer(booking))).collect::<Vec<_>>();
        if let Some(email) = &filter.email {
            payments.retain(|payment| payment.details.email == *email);
        }
        Ok(AtHead { head, value: ListPage { payments, ..ListPage::default() } })
    }

    async fn find(&self, _key: &PaymentKey) -> Result<Option<Payment>, StoreError> {
        unreachable!("what is cached has a head")
    }

    /// By the number of its reference, which is that of the booking.
    async fn find_at_head(&self, key: &PaymentKey) -> Result<AtHead<Option<Payment>>, StoreError> {
        let PaymentKey::Reference(reference) = key else { unreachable!("readers name references") };
        let AtHead { head, value } = self.snapshot().await?;
        let wanted = u64::try_from(reference.number()).unwrap();
        let found = value.into_iter().find(|booking| *booking == wanted);
        Ok(AtHead { head, value: found.map(|booking| payment(&payer(booking))) })
    }

    async fn totals(&self) -> Result<AtHead<Vec<Totals>>, StoreError> {
        let AtHead { head, value } = self.snapshot().await?;
        let payments = i64::try_from(value.len()).unwrap();
        let totals = Totals { payments, ..Totals::empty(payment("nobody").amount.currency()) };
        Ok(AtHead { head, value: vec![totals] })
    }

    async fn audit_of(&self, _id: PaymentId, _after: i64, _limit: u64) -> Result<AuditPage, StoreError> {
        unreachable!("nobody reads the audit log")
    }

    async fn audit_after(&self, _seq: i64, _limit: u64) -> Result<AuditPage, StoreError> {
        unreachable!("nobody reads the audit log")
    }
}
