//! One instance's way to the cache and to the database.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_trait::async_trait;
use hermes_domain::ledger::{BatchToken, LedgerHead, Totals};
use hermes_domain::payment::{Payment, PaymentId, PaymentKey};
use hermes_domain::ports::{
    AuditPage, CacheError, CacheKey, CachedAnswer, ListPage, Page, PaymentFilter, PaymentReader, SharedCache,
    StoreError, Version, Versioned,
};
use hermes_service::freshness::{FreshReads, FreshnessParts, FreshnessSettings, Unanchored};
use tokio::time::sleep;
use uuid::Uuid;

use crate::support::{D, HEAD_DEADLINE, Names, QUERIES, RETRY_CACHE_AFTER, Rows, payment};
use crate::world::{Cache, World};

/// The timeout of one operation of the cache.
const CACHE_TIMEOUT_MS: u64 = 100;
/// The longest time an operation of a slow cache takes.
const CACHE_SLOWEST_MS: u64 = 400;
/// The longest time a slow database takes.
const DATABASE_SLOWEST_MS: u64 = 700;
/// The longest time of a database that is not slow: a fraction of D.
const DATABASE_USUAL_MS: u64 = 60;

/// A list on the shared world.
pub fn instance(world: &Arc<World>, number: usize) -> Arc<FreshReads> {
    let way = Arc::new(Way { world: Arc::clone(world), number });
    let parts = FreshnessParts { cache: way.clone(), reader: way, renderer: Arc::new(Names) };
    let settings = FreshnessSettings {
        staleness_bound: D,
        head_deadline: HEAD_DEADLINE,
        retry_cache_after: RETRY_CACHE_AFTER,
        window: 1_000,
        queries: QUERIES,
        unanchored: Unanchored::ServeLabelled,
    };
    FreshReads::new(parts, settings)
}

struct Way {
    world: Arc<World>,
    number: usize,
}

impl Way {
    /// Has the cache do something, which may take effect without an answer, or after the timeout.
    async fn ask_cache<T: Send + 'static>(
        &self,
        effect: impl FnOnce(&mut Cache) -> T + Send + 'static,
    ) -> Result<T, CacheError> {
        let away = || CacheError::Away("timed out".to_owned());
        let world = &self.world;
        if world.faults.cache_is_slow && world.chance(10) == 0 {
            let late_ms = world.chance(CACHE_SLOWEST_MS);
            let world = Arc::clone(world);
            tokio::spawn(async move {
                sleep(Duration::from_millis(late_ms)).await;
                effect(&mut world.cache());
            });
            sleep(Duration::from_millis(CACHE_TIMEOUT_MS)).await;
            return Err(away());
        }
        world.pass_some_time(CACHE_TIMEOUT_MS / 2).await;
        if world.is_cut(self.number) {
            sleep(Duration::from_millis(world.chance(2) * CACHE_TIMEOUT_MS / 2)).await;
            return Err(away());
        }
        let answer = effect(&mut world.cache());
        world.pass_some_time(CACHE_TIMEOUT_MS / 2).await;
        if world.is_cut(self.number) { Err(away()) } else { Ok(answer) }
    }

    fn check_changes(&self) -> Result<(), CacheError> {
        if self.world.refuses.load(Ordering::SeqCst) {
            return Err(CacheError::Refused("READONLY".to_owned()));
        }
        Ok(())
    }

    async fn pass_database_time(&self) {
        let slow = self.world.faults.database_is_slow;
        self.world.pass_some_time(if slow { DATABASE_SLOWEST_MS } else { DATABASE_USUAL_MS }).await;
    }
}

#[async_trait]
impl SharedCache for Way {
    async fn version(&self) -> Result<Version, CacheError> {
        self.ask_cache(|cache| cache.version()).await
    }

    async fn fetch(&self, _key: CacheKey) -> Result<Option<CachedAnswer>, CacheError> {
        self.ask_cache(|cache| cache.entry.clone()).await
    }

    async fn fill(&self, _key: CacheKey, entry: &CachedAnswer) -> Result<bool, CacheError> {
        self.check_changes()?;
        let entry = entry.clone();
        let fill = move |cache: &mut Cache| {
            let current = cache.version() == entry.version;
            if current {
                cache.entry = Some(entry);
            }
            current
        };
        self.ask_cache(fill).await
    }

    async fn bump(&self) -> Result<(), CacheError> {
        self.check_changes()?;
        self.ask_cache(Cache::renew).await
    }

    async fn probe(&self) -> Result<Option<()>, CacheError> {
        unreachable!("the list does not probe")
    }
}

#[async_trait]
impl PaymentReader for Way {
    async fn head(&self) -> Result<LedgerHead, StoreError> {
        self.pass_database_time().await;
        let head = head_of(&self.world.database().payers);
        self.pass_database_time().await;
        Ok(head)
    }

    async fn list(
        &self,
        _filter: &PaymentFilter,
        _page: Page,
        _limit: u64,
    ) -> Result<Versioned<ListPage>, StoreError> {
        self.pass_database_time().await;
        let payers = self.world.database().payers.clone();
        self.pass_database_time().await;
        let payments = payers.iter().map(|payer| payment(payer)).collect();
        Ok(Versioned { head: head_of(&payers).mark(), value: ListPage { payments, ..ListPage::default() } })
    }

    async fn find(&self, _key: &PaymentKey) -> Result<Option<Payment>, StoreError> {
        unreachable!("the list finds no single payment")
    }

    async fn find_versioned(&self, _key: &PaymentKey) -> Result<Versioned<Option<Payment>>, StoreError> {
        unreachable!("the list finds no single payment")
    }

    async fn totals(&self) -> Result<Versioned<Vec<Totals>>, StoreError> {
        unreachable!("the list sums nothing")
    }

    async fn audit_of(&self, _id: PaymentId) -> Result<AuditPage, StoreError> {
        unreachable!("the list reads no audit log")
    }

    async fn audit_after(&self, _seq: i64, _limit: u64) -> Result<AuditPage, StoreError> {
        unreachable!("the list reads no audit log")
    }
}

/// The head after the bookings of these payers; a number that is given again has another token.
fn head_of(payers: &[String]) -> LedgerHead {
    let last = payers.last().map_or(0, |payer| payer[1..].parse().unwrap());
    LedgerHead {
        seq: i64::try_from(payers.len()).unwrap(),
        token: BatchToken(Uuid::from_u128(last)),
        ..Rows::default().head
    }
}
