//! Cached queries, how their responses are rendered, and what a read returns.

use std::sync::Arc;

use hermes_domain::ledger::Totals;
use hermes_domain::payment::{Payment, PaymentKey};
use hermes_domain::ports::{CacheKey, ListPage, Page, PaymentFilter};
use sha2::{Digest, Sha256};

use super::entry::{CacheEntry, Rendered};

/// A query whose response is cached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// The newest payments, as many as [`ReadCacheConfig::window`](super::ReadCacheConfig::window).
    List,
    /// A page of the payments that match a filter.
    Page(Box<PageQuery>),
    /// One payment with its checks.
    Booking(PaymentKey),
    /// The totals of every currency.
    Totals,
}

/// A filter, a page and its size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageQuery {
    /// The filter.
    pub filter: PaymentFilter,
    /// The page.
    pub page: Page,
    /// The maximum number of payments on the page.
    pub limit: u64,
    /// The parameters of the request without the cursor, for the links to neighbouring pages.
    pub filter_params: Vec<(String, String)>,
}

/// Renders responses. Every instance renders the same bytes for the same rows.
pub trait Renderer: Send + Sync {
    /// Renders the newest payments.
    fn list(&self, page: &ListPage) -> Rendered;
    /// Renders a page of payments.
    fn page(&self, query: &PageQuery, page: &ListPage) -> Rendered;
    /// Renders one payment.
    fn booking(&self, payment: &Payment) -> Rendered;
    /// Renders the totals.
    fn totals(&self, totals: &[Totals]) -> Rendered;
}

/// The source of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheTier {
    /// Memory of this process.
    L1,
    /// The shared cache.
    L2,
    /// The database.
    Db,
}

/// The response to a query.
#[derive(Debug, Clone)]
pub struct CachedResponse {
    /// The response body with its metadata.
    pub entry: Arc<CacheEntry>,
    /// The source of the response.
    pub tier: CacheTier,
    /// `false` if the ledger head could not be read. Only
    /// [`UnverifiedReads::Serve`](super::UnverifiedReads::Serve) allows such a response.
    pub verified: bool,
}

impl Query {
    /// Returns the label of metrics.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Page(_) => "page",
            Self::Booking(_) => "booking",
            Self::Totals => "totals",
        }
    }

    /// Returns the cache key. Equal keys mean equal queries.
    pub fn key(&self) -> CacheKey {
        match self {
            Self::List => CacheKey::List,
            // The debug output names every field of the query.
            Self::Page(_) | Self::Booking(_) | Self::Totals => {
                CacheKey::Query(Sha256::digest(format!("{self:?}")).into())
            }
        }
    }
}

impl CacheTier {
    /// Returns the value of the `Hermes-Cache` header and the label of metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::L1 => "l1",
            Self::L2 => "l2",
            Self::Db => "db",
        }
    }
}
