//! Reading, from end to end.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use hermes_domain::ledger::HeadMark;
use hermes_domain::ports::{CacheKey, StoreError, Version};
use tokio::sync::Semaphore;

use super::anchor::Anchor;
use super::confirm::{Passage, unconfirmed};
use super::encodings::{Encoder, Encoding};
use super::figures::Figures;
use super::flights::{Flights, Share};
use super::heads::HeadSource;
use super::kept::Kept;
use super::load::{Load, LoadKey, Loaded, Read};
use super::policy::{Admission, confirms, has_version};
use super::question::SharedQuestion;
use super::served::{ReadError, Served, Tier};
use super::version::SharedVersion;
use super::{FreshnessParts, FreshnessSettings, Query, Snapshot};

/// Reads that are cached and never stale; one for each process.
pub struct FreshReads {
    pub(super) settings: FreshnessSettings,
    pub(super) version: Arc<SharedVersion>,
    pub(super) figures: Arc<Figures>,
    pub(super) parts: FreshnessParts,
    pub(super) anchor: Arc<Anchor>,
    pub(super) kept: Arc<Kept>,
    pub(super) this: Weak<Self>,
    /// One for the list and one for everything else, which must not keep the list waiting.
    encoders: [Encoder; 2],
    versions: SharedQuestion<Arc<SharedVersion>>,
    pub(super) heads: SharedQuestion<HeadSource>,
    fetches: Flights<(CacheKey, Version), Option<Arc<Snapshot>>>,
    loads: Flights<LoadKey, Loaded>,
    page_loads: Arc<Semaphore>,
}

impl FreshReads {
    /// Nothing is read yet. What it asks runs on the runtime this is called in.
    pub fn new(parts: FreshnessParts, settings: FreshnessSettings) -> Arc<Self> {
        let figures = Arc::<Figures>::default();
        let anchor = Arc::new(Anchor::new(settings.staleness_bound));
        let version = Arc::new(SharedVersion::new(
            Arc::clone(&parts.cache),
            Arc::clone(&figures),
            settings.retry_cache_after,
        ));
        let head = HeadSource { reader: Arc::clone(&parts.reader), anchor: Arc::clone(&anchor) };
        Arc::new_cyclic(|this| Self {
            settings,
            versions: SharedQuestion::new(Arc::clone(&version)),
            version,
            figures,
            parts,
            anchor,
            kept: Arc::new(Kept::new(settings.queries)),
            this: Weak::clone(this),
            encoders: [Encoder::new(), Encoder::new()],
            heads: SharedQuestion::new(head),
            fetches: Flights::new(),
            loads: Flights::new(),
            page_loads: Arc::new(Semaphore::new(settings.page_loads_max)),
        })
    }

    /// Reads an answer: every write that was acknowledged before this call is in it. `None` when what is asked
    /// for is not there.
    ///
    /// # Errors
    /// When neither a cache nor the database can answer.
    pub async fn read(&self, query: &Query) -> Result<Option<Served>, ReadError> {
        #[cfg(feature = "fault-injection")]
        if super::cache_aside::reads(query) {
            return self.read_aside(query).await;
        }
        if self.anchor.is_due() {
            self.heads.ask_ahead();
        }
        let key = query.key();
        let version = self.version_now().await;
        let served = match version.and_then(|version| self.kept_and_admitted(key, version)) {
            Some(served) => Some(served),
            // Hits wait for nothing from here on. What the others wait for is kept apart from them, because all of
            // it together takes two kilobytes, which each hit would have to carry along.
            None => Box::pin(self.read_further(query, key, version)).await?,
        };
        if let Some(served) = &served {
            self.figures.served(query, served.tier);
            if !served.anchored {
                self.figures.unanchored.count();
            }
        }
        Ok(served)
    }

    /// A compressed form of an answer, if there is one already; asking is the reason to make it.
    pub fn encoded(&self, query: &Query, snapshot: &Arc<Snapshot>, encoding: Encoding) -> Option<Bytes> {
        let [of_list, of_others] = &self.encoders;
        let encoder = if *query == Query::List { of_list } else { of_others };
        encoder.encoded(snapshot, encoding)
    }

    /// The number of the database's head, asked after this call.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn head_seq(&self) -> Result<i64, ReadError> {
        self.head().await.map(|head| head.seq)
    }

    /// The version, asked after this call; `None` while the cache is away.
    async fn version_now(&self) -> Option<Version> {
        let here = self.parts.cache.version_here();
        if here.is_some() {
            return here;
        }
        if self.version.link().worth_asking() {
            self.figures.answers.count();
            if let Some(Ok(version)) = self.versions.ask().await {
                return Some(version);
            }
        }
        self.figures.degraded.count();
        None
    }

    /// What is kept in this process, if it has the version and the word of the database admits it.
    fn kept_and_admitted(&self, key: CacheKey, version: Version) -> Option<Served> {
        let kept = self.kept.get(key).filter(|kept| has_version(kept.version.as_ref(), &version))?;
        let is_admitted = self.anchor.admission(kept.head) == Admission::Admitted;
        is_admitted.then_some(Served { snapshot: kept, tier: Tier::L1, anchored: true })
    }

    /// Whatever is not such a hit.
    async fn read_further(
        &self,
        query: &Query,
        key: CacheKey,
        version: Option<Version>,
    ) -> Result<Option<Served>, ReadError> {
        match version {
            Some(version) => self.read_at_version(query, key, version).await,
            None => self.read_at_head(query, key).await,
        }
    }

    async fn read_at_version(
        &self,
        query: &Query,
        key: CacheKey,
        version: Version,
    ) -> Result<Option<Served>, ReadError> {
        if let Some(served) = self.kept_at(key, version).await? {
            return Ok(Some(served));
        }
        // A load of this version is under way only because the shared cache did not have it.
        if !self.loads.is_under_way(&LoadKey::Version(key, version))
            && let Some(fetched) = self.fetch(key, version).await
            && let Some(served) = self.admitted(fetched, Tier::L2).await?
        {
            self.kept.keep(key, &served.snapshot, &self.anchor);
            return Ok(Some(served));
        }
        // Somebody else's load may have ended while the shared cache was asked.
        if let Some(served) = self.kept_at(key, version).await? {
            return Ok(Some(served));
        }
        self.load_at_version(query, key, version).await
    }

    /// What is kept in this process, if it has the version and is admitted.
    async fn kept_at(&self, key: CacheKey, version: Version) -> Result<Option<Served>, ReadError> {
        match self.kept.get(key).filter(|kept| has_version(kept.version.as_ref(), &version)) {
            Some(kept) => self.admitted(kept, Tier::L1).await,
            None => Ok(None),
        }
    }

    /// The cache is away: the head, asked of the database after this read arrived, says what is current.
    async fn read_at_head(&self, query: &Query, key: CacheKey) -> Result<Option<Served>, ReadError> {
        let head = self.head().await?;
        match self.kept.get(key).filter(|kept| confirms(head, kept.head)) {
            Some(kept) => Ok(Some(Served { snapshot: kept, tier: Tier::L1, anchored: true })),
            None => self.load_at_head(query, key, head, None).await,
        }
    }

    /// The entry of the shared cache, if it has the version.
    async fn fetch(&self, key: CacheKey, version: Version) -> Option<Arc<Snapshot>> {
        let cache = Arc::clone(&self.parts.cache);
        let fetching = async move {
            let fetched = cache.fetch(key).await;
            if let Err(error) = &fetched {
                log::debug!("an answer was not fetched from the shared cache: {error}");
                metrics::counter!("hermes_cache_failures_total").increment(1);
            }
            let entry = fetched.ok().flatten()?;
            has_version(Some(&entry.version), &version).then(|| Arc::new(Snapshot::from(entry)))
        };
        match self.fetches.share((key, version), fetching).await {
            Share::Own(entry) | Share::Joined(entry) => entry,
            Share::Lost => None,
        }
    }

    /// Reads the database, together with all who were told the same version.
    async fn load_at_version(
        &self,
        query: &Query,
        key: CacheKey,
        version: Version,
    ) -> Result<Option<Served>, ReadError> {
        let load = self.load(query, key, Some(version)).run();
        let read = match self.loads.share(LoadKey::Version(key, version), load).await {
            Share::Own(loaded) => return Ok(served(loaded?, true)),
            Share::Joined(loaded) => loaded?,
            Share::Lost => return Err(lost()),
        };
        // Somebody else began it, maybe before a commit that could not bump the version.
        match self.passage(read.head).await? {
            Passage::Confirmed => Ok(served(read, true)),
            // That something is not there cannot be labelled: whoever is told so would believe it.
            Passage::Unconfirmed => served(read, false).map(Some).ok_or_else(unconfirmed),
            Passage::Refused => self.load_at_head(query, key, self.head().await?, Some(version)).await,
        }
    }

    /// Reads the database, together with all who need it at a head that it has reached.
    async fn load_at_head(
        &self,
        query: &Query,
        key: CacheKey,
        head: HeadMark,
        version: Option<Version>,
    ) -> Result<Option<Served>, ReadError> {
        let load = self.load(query, key, version).run();
        match self.loads.share(LoadKey::Head(key, head), load).await {
            Share::Own(loaded) | Share::Joined(loaded) => Ok(served(loaded?, true)),
            Share::Lost => Err(lost()),
        }
    }

    pub(super) fn load(&self, query: &Query, key: CacheKey, version: Option<Version>) -> Load {
        Load {
            query: query.clone(),
            key,
            parts: self.parts.clone(),
            figures: Arc::clone(&self.figures),
            anchor: Arc::clone(&self.anchor),
            kept: Arc::clone(&self.kept),
            window: self.settings.window,
            page_loads: Arc::clone(&self.page_loads),
            page_load_deadline: self.settings.head_deadline,
            version,
        }
    }
}

fn served(read: Read, anchored: bool) -> Option<Served> {
    let snapshot = read.snapshot?;
    Some(Served { snapshot, tier: Tier::Db, anchored })
}

fn lost() -> ReadError {
    ReadError::Store(StoreError::Internal("the load panicked".to_owned()))
}
