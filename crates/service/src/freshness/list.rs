//! Reading the list.

use std::sync::Arc;
use std::time::Instant as Stopwatch;

use arc_swap::ArcSwapOption;
use async_trait::async_trait;
use hermes_domain::ports::{
    CacheError, Page, PaymentFilter, PaymentReader, Position, SharedCache, StoreError, Version,
};
use tokio::time::Instant;

use super::anchor::{Admission, Anchor, Movement};
use super::link::{Link, LinkStatus};
use super::loads::{LoadKey, Loaded, Loads, Share};
use super::question::{SharedQuestion, Source};
use super::{FreshnessParts, FreshnessSettings, Snapshot, Unanchored};

/// Which cache a read was served from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tier {
    /// Bytes in this process.
    L1,
    /// The shared cache.
    L2,
    /// The database.
    Db,
}

impl Tier {
    /// The word of the `Hermes-Cache` header and of metrics.
    pub const fn code(self) -> &'static str {
        match self {
            Self::L1 => "l1",
            Self::L2 => "l2",
            Self::Db => "db",
        }
    }
}

/// A list that was read.
#[derive(Debug, Clone)]
pub struct Served {
    /// The list.
    pub snapshot: Arc<Snapshot>,
    /// Where it came from.
    pub tier: Tier,
    /// Whether the database could confirm it; only [`Unanchored::ServeLabelled`] lets one pass that is not.
    pub anchored: bool,
}

/// Why there is no list.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ReadError {
    /// The database cannot be read, and no cache may answer in its place.
    #[error("the list cannot be read: {0}")]
    Store(#[from] StoreError),
}

/// The list of bookings; one for each process.
pub struct FreshList {
    pub(super) parts: FreshnessParts,
    pub(super) settings: FreshnessSettings,
    pub(super) link: Arc<Link>,
    pub(super) l1: ArcSwapOption<Snapshot>,
    anchor: Arc<Anchor>,
    versions: SharedQuestion<VersionSource>,
    heads: SharedQuestion<HeadSource>,
    loads: Loads,
}

struct VersionSource {
    cache: Arc<dyn SharedCache>,
    link: Arc<Link>,
}

struct HeadSource {
    reader: Arc<dyn PaymentReader>,
    anchor: Arc<Anchor>,
}

/// The database's word, and whether it went back.
#[derive(Clone)]
struct HeadAnswer {
    seq: i64,
    movement: Movement,
}

impl FreshList {
    /// Makes the list; nothing is read yet. What it asks runs on the runtime this is called in.
    pub fn new(parts: FreshnessParts, settings: FreshnessSettings) -> Self {
        let link = Arc::new(Link::new(settings.retry_cache_after));
        let anchor = Arc::new(Anchor::new(settings.staleness_bound));
        let version_source = VersionSource {
            cache: Arc::clone(&parts.cache),
            link: Arc::clone(&link),
        };
        let head_source = HeadSource {
            reader: Arc::clone(&parts.reader),
            anchor: Arc::clone(&anchor),
        };
        Self {
            parts,
            settings,
            link,
            l1: ArcSwapOption::empty(),
            anchor,
            versions: SharedQuestion::new(version_source),
            heads: SharedQuestion::new(head_source),
            loads: Loads::new(),
        }
    }

    /// Reads the list: every write that was acknowledged before this call is in it.
    ///
    /// # Errors
    /// When neither a cache nor the database can answer.
    pub async fn read(&self) -> Result<Served, ReadError> {
        let version = if self.link.worth_asking() {
            self.versions.ask().await
        } else {
            None
        };
        let served = match version {
            Some(Ok(version)) => self.read_at_version(version).await,
            Some(Err(_)) | None => self.read_at_head().await,
        }?;
        metrics::counter!("hermes_list_reads_total", "tier" => served.tier.code()).increment(1);
        Ok(served)
    }

    /// The head of the database, asked after this call.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn head_seq(&self) -> Result<i64, ReadError> {
        let asked = tokio::time::timeout(self.settings.head_deadline, self.heads.ask()).await;
        let away = || StoreError::Unavailable("the head was not read in time".to_owned());
        let answer = asked.ok().flatten().ok_or_else(away)??;
        if let Movement::Back { from } = answer.movement {
            self.forget(from, answer.seq).await;
        }
        Ok(answer.seq)
    }

    /// What is kept in this process.
    pub fn kept(&self) -> Option<Arc<Snapshot>> {
        self.l1.load_full()
    }

    /// How the shared cache stands.
    pub fn link_status(&self) -> LinkStatus {
        self.link.status()
    }

    async fn read_at_version(&self, version: Version) -> Result<Served, ReadError> {
        if let Some(snapshot) = self.l1.load_full()
            && let Some(served) = self.admitted(snapshot, &version, Tier::L1).await
        {
            return Ok(served);
        }
        if let Some(snapshot) = self.fetch_shared(&version).await
            && let Some(served) = self.admitted(snapshot, &version, Tier::L2).await
        {
            self.l1.store(Some(Arc::clone(&served.snapshot)));
            return Ok(served);
        }
        self.load(LoadKey::Version(version.clone()), Some(version)).await
    }

    /// The cache is away: the head, asked of the database after this read arrived, says what is current.
    async fn read_at_head(&self) -> Result<Served, ReadError> {
        let head_seq = self.head_seq().await?;
        if let Some(snapshot) = self.l1.load_full()
            && snapshot.head_seq == head_seq
        {
            return Ok(Served {
                snapshot,
                tier: Tier::L1,
                anchored: true,
            });
        }
        self.load(LoadKey::Head(head_seq), None).await
    }

    /// Passes an entry on if its version is current and the anchor admits it.
    async fn admitted(&self, snapshot: Arc<Snapshot>, version: &Version, tier: Tier) -> Option<Served> {
        if snapshot.version.as_ref() != Some(version) {
            return None;
        }
        let mut admission = self.anchor.admission(snapshot.head_seq);
        if admission == Admission::Unanchored && self.head_seq().await.is_ok() {
            admission = self.anchor.admission(snapshot.head_seq);
        }
        match admission {
            Admission::Admitted => Some(Served {
                snapshot,
                tier,
                anchored: true,
            }),
            Admission::TooOld => None,
            Admission::Unanchored => {
                (self.settings.unanchored == Unanchored::ServeLabelled).then_some(Served {
                    snapshot,
                    tier,
                    anchored: false,
                })
            }
        }
    }

    async fn fetch_shared(&self, version: &Version) -> Option<Arc<Snapshot>> {
        let fetched = self.parts.cache.fetch().await;
        self.link.take(&fetched);
        let entry = fetched.ok().flatten().filter(|entry| entry.version == *version)?;
        Some(Arc::new(Snapshot::from(entry)))
    }

    /// Reads the database, together with all who were told the same.
    async fn load(&self, key: LoadKey, version: Option<Version>) -> Result<Served, ReadError> {
        let shared = self.loads.share(key, self.loading(version.clone())).await;
        let snapshot = match shared {
            Share::Own(loaded) => loaded?,
            Share::Joined(loaded) => {
                let snapshot = loaded?;
                // A load that somebody else began may be older than what the database has said since.
                match self.anchor.admission(snapshot.head_seq) {
                    Admission::Admitted => snapshot,
                    Admission::TooOld | Admission::Unanchored => self.loading(version).await?,
                }
            }
        };
        self.l1.store(Some(Arc::clone(&snapshot)));
        Ok(Served {
            snapshot,
            tier: Tier::Db,
            anchored: true,
        })
    }

    /// Reads the list from the database and fills the shared cache, if the version is still the same.
    fn loading(&self, version: Option<Version>) -> impl Future<Output = Loaded> + Send + use<> {
        let parts = self.parts.clone();
        let link = Arc::clone(&self.link);
        let window = self.settings.window;
        async move {
            let watch = Stopwatch::now();
            let read = parts
                .reader
                .list(&PaymentFilter::default(), Page::First, window)
                .await?;
            let payments = read.value.payments;
            let last = payments.last().filter(|_| read.value.has_next).map(Position::of);
            let next_cursor = last.map(|last| parts.renderer.next_cursor(last));
            let body = parts.renderer.body(&payments);
            let snapshot = Arc::new(Snapshot::new(version, read.head_seq, next_cursor, body));
            metrics::histogram!("hermes_list_load_seconds").record(watch.elapsed());
            if let Some(entry) = snapshot.to_entry() {
                let filled = parts.cache.fill(&entry).await;
                link.take(&filled);
                let outcome = if matches!(filled, Ok(true)) {
                    "stored"
                } else {
                    "refused"
                };
                metrics::counter!("hermes_cache_fills_total", "outcome" => outcome).increment(1);
            }
            Ok(snapshot)
        }
    }

    /// The database has lost commits: nothing that was read before may be served again.
    async fn forget(&self, from: i64, to: i64) {
        log::error!(
            "the ledger head went back from {from} to {to}: the database lost commits (a failover or a \
             restored backup); cached lists are dropped"
        );
        metrics::counter!("hermes_head_regressions_total").increment(1);
        self.l1.store(None);
        self.bump().await;
    }
}

#[async_trait]
impl Source for VersionSource {
    type Answer = Result<Version, CacheError>;

    async fn ask(&self) -> Self::Answer {
        let version = self.cache.version().await;
        self.link.take(&version);
        metrics::counter!("hermes_cache_questions_total").increment(1);
        version
    }
}

#[async_trait]
impl Source for HeadSource {
    type Answer = Result<HeadAnswer, StoreError>;

    async fn ask(&self) -> Self::Answer {
        let asked_at = Instant::now();
        let head = self.reader.head().await?;
        let movement = self.anchor.take(head.seq, asked_at);
        Ok(HeadAnswer {
            seq: head.seq,
            movement,
        })
    }
}
