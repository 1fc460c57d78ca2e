//! What can be read, and how each answer is written.

use hermes_domain::ledger::Totals;
use hermes_domain::payment::{Payment, PaymentKey};
use hermes_domain::ports::{CacheKey, ListPage, Page, PaymentFilter};
use sha2::{Digest, Sha256};

/// A question whose answer is cached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// The newest payments, as many as the window has.
    List,
    /// A page of the payments that match a filter.
    Page(Box<PageQuery>),
    /// One payment with its checks.
    Booking(PaymentKey),
    /// The sums of every currency.
    Totals,
}

/// Which payments, and which page of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageQuery {
    /// Which payments.
    pub filter: PaymentFilter,
    /// Which page.
    pub page: Page,
    /// How many at the most.
    pub limit: u64,
    /// The parameters again without the cursor, for the links to other pages.
    pub filter_params: Vec<(String, String)>,
}

/// An answer as it is served.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rendered {
    /// The bytes.
    pub body: Vec<u8>,
    /// The `OutageTracker` header to neighbouring pages, when there are some.
    pub link: Option<String>,
    /// A strong entity tag with its quotes; without one the head and the content make it.
    pub etag: Option<String>,
}

/// Writes answers; the same on every instance.
pub trait Renderer: Send + Sync {
    /// The newest payments.
    fn list(&self, page: &ListPage) -> Rendered;
    /// A page of payments.
    fn page(&self, query: &PageQuery, page: &ListPage) -> Rendered;
    /// One payment.
    fn booking(&self, payment: &Payment) -> Rendered;
    /// The sums.
    fn totals(&self, totals: &[Totals]) -> Rendered;
}

impl Query {
    /// The word of metrics.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Page(_) => "page",
            Self::Booking(_) => "booking",
            Self::Totals => "totals",
        }
    }

    /// Where the answer is filter_params. Two queries with one key are the same query.
    pub fn key(&self) -> CacheKey {
        match self {
            Self::List => CacheKey::List,
            // Everything that is asked is in these words.
            Self::Page(_) | Self::Booking(_) | Self::Totals => {
                CacheKey::Query(Sha256::digest(format!("{self:?}")).into())
            }
        }
    }
}
