//! Reading the list.

use std::sync::Arc;

use hermes_domain::ports::{StoreError, Version};

use super::anchor::{Admission, Anchor, Head};
use super::flights::{Flights, Share};
use super::heads::HeadSource;
use super::kept::{Entry, Kept};
use super::link::LinkStatus;
use super::load::{Load, LoadKey, Loaded};
use super::question::SharedQuestion;
use super::version::SharedVersion;
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
    pub(super) settings: FreshnessSettings,
    pub(super) version: Arc<SharedVersion>,
    parts: FreshnessParts,
    anchor: Arc<Anchor>,
    kept: Arc<Kept>,
    versions: SharedQuestion<Arc<SharedVersion>>,
    heads: SharedQuestion<HeadSource>,
    fetches: Flights<Version, Option<Entry>>,
    loads: Flights<LoadKey, Loaded>,
}

impl FreshList {
    /// Makes the list; nothing is read yet. What it asks runs on the runtime this is called in.
    pub fn new(parts: FreshnessParts, settings: FreshnessSettings) -> Self {
        let anchor = Arc::new(Anchor::new(settings.staleness_bound));
        let version =
            SharedVersion::new(Arc::clone(&parts.cache), Arc::clone(&anchor), settings.retry_cache_after);
        let version = Arc::new(version);
        let head = HeadSource { reader: Arc::clone(&parts.reader), anchor: Arc::clone(&anchor) };
        Self {
            settings,
            versions: SharedQuestion::new(Arc::clone(&version)),
            version,
            parts,
            anchor,
            kept: Arc::default(),
            heads: SharedQuestion::new(head),
            fetches: Flights::new(),
            loads: Flights::new(),
        }
    }

    /// Reads the list: every write that was acknowledged before this call is in it.
    ///
    /// # Errors
    /// When neither a cache nor the database can answer.
    pub async fn read(&self) -> Result<Served, ReadError> {
        // Known before the version is asked for: an entry that has the version is of this era at the latest.
        let era = self.anchor.head().era;
        let version = if self.version.link().worth_asking() { self.versions.ask().await } else { None };
        let served = match version {
            Some(Ok(version)) => self.read_at_version(version, era).await,
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
        self.head().await.map(|head| head.seq)
    }

    /// What is kept in this process.
    pub fn kept(&self) -> Option<Arc<Snapshot>> {
        let entry = self.kept.get()?;
        (entry.head.era == self.anchor.head().era).then(|| Arc::clone(&entry.snapshot))
    }

    /// How the shared cache stands.
    pub fn link_status(&self) -> LinkStatus {
        self.version.link().status()
    }

    async fn read_at_version(&self, version: Version, era: u64) -> Result<Served, ReadError> {
        if let Some(entry) = self.kept.get().filter(|entry| entry.has(&version))
            && let Some(served) = self.admitted(&entry, Tier::L1).await?
        {
            return Ok(served);
        }
        if let Some(entry) = self.fetch(version.clone(), era).await
            && let Some(served) = self.admitted(&entry, Tier::L2).await?
        {
            self.kept.keep(&entry);
            return Ok(served);
        }
        self.load_at_version(version).await
    }

    /// The cache is away: the head, asked of the database after this read arrived, says what is current.
    async fn read_at_head(&self) -> Result<Served, ReadError> {
        let head = self.head().await?;
        match self.kept.get().filter(|entry| entry.head >= head) {
            Some(entry) => Ok(confirmed(&entry, Tier::L1)),
            None => self.load_at_head(head, None).await,
        }
    }

    /// Passes on an entry whose version is current, if the database confirms it or cannot be asked.
    async fn admitted(&self, entry: &Entry, tier: Tier) -> Result<Option<Served>, ReadError> {
        match self.confirms(entry).await {
            Ok(true) => Ok(Some(confirmed(entry, tier))),
            Ok(false) => Ok(None),
            Err(_) if self.settings.unanchored == Unanchored::ServeLabelled => {
                Ok(Some(Served { anchored: false, ..confirmed(entry, tier) }))
            }
            Err(error) => Err(error),
        }
    }

    /// Holds an entry against the anchor, or, when that has run out, against the head as it is now.
    async fn confirms(&self, entry: &Entry) -> Result<bool, ReadError> {
        match self.anchor.admission(entry.head) {
            Admission::Admitted => Ok(true),
            Admission::TooOld => Ok(false),
            Admission::Unanchored => Ok(entry.head >= self.head().await?),
        }
    }

    /// The head of the database, asked after this call.
    async fn head(&self) -> Result<Head, ReadError> {
        let asked = tokio::time::timeout(self.settings.head_deadline, self.heads.ask()).await;
        let away = || StoreError::Unavailable("the head was not read in time".to_owned());
        Ok(asked.ok().flatten().ok_or_else(away)??)
    }

    /// The entry of the shared cache, if it has the version.
    async fn fetch(&self, version: Version, era: u64) -> Option<Entry> {
        let (cache, anchor) = (Arc::clone(&self.parts.cache), Arc::clone(&self.anchor));
        let asked = version.clone();
        let fetching = async move {
            let fetched = cache.fetch().await;
            if let Err(error) = &fetched {
                log::debug!("the list was not fetched from the shared cache: {error}");
                metrics::counter!("hermes_cache_failures_total").increment(1);
            }
            let list = fetched.ok().flatten().filter(|list| list.version == asked)?;
            let entry = Entry::new(Snapshot::from(list), era);
            anchor.note(entry.head);
            Some(entry)
        };
        match self.fetches.share(version, fetching).await {
            Share::Own(entry) | Share::Joined(entry) => entry,
            Share::Lost => None,
        }
    }

    /// Reads the database, together with all who were told the same version.
    async fn load_at_version(&self, version: Version) -> Result<Served, ReadError> {
        let key = LoadKey::Version(version.clone());
        match self.loads.share(key, self.load(Some(version.clone())).run()).await {
            Share::Own(loaded) => Ok(confirmed(&loaded?, Tier::Db)),
            // Somebody else began it, maybe before a commit that could not bump the version.
            Share::Joined(loaded) => match self.admitted(&loaded?, Tier::Db).await? {
                Some(served) => Ok(served),
                None => self.load_at_head(self.head().await?, Some(version)).await,
            },
            Share::Lost => Err(lost()),
        }
    }

    /// Reads the database, together with all who need it at a head that it has reached.
    async fn load_at_head(&self, head: Head, version: Option<Version>) -> Result<Served, ReadError> {
        match self.loads.share(LoadKey::Head(head), self.load(version).run()).await {
            Share::Own(loaded) | Share::Joined(loaded) => Ok(confirmed(&loaded?, Tier::Db)),
            Share::Lost => Err(lost()),
        }
    }

    fn load(&self, version: Option<Version>) -> Load {
        Load {
            parts: self.parts.clone(),
            anchor: Arc::clone(&self.anchor),
            kept: Arc::clone(&self.kept),
            window: self.settings.window,
            version,
        }
    }
}

fn confirmed(entry: &Entry, tier: Tier) -> Served {
    Served { snapshot: Arc::clone(&entry.snapshot), tier, anchored: true }
}

fn lost() -> ReadError {
    ReadError::Store(StoreError::Internal("the load panicked".to_owned()))
}
