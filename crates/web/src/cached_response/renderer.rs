//! The JSON of cached responses, rendered once per state of the ledger.

use hermes_domain::ledger::Totals;
use hermes_domain::payment::Payment;
use hermes_domain::ports::{ListPage, Page};
use hermes_service::read_cache::{PageQuery, Rendered, Renderer};
use serde::Serialize;

use crate::cursor;
use crate::dto::{BookingBody, BookingSummary, Stats, etag_from_version};

/// Renders cached responses as JSON.
#[derive(Debug, Clone, Copy)]
pub struct JsonRenderer {
    /// The number of payments in the list and on each page that its `Link` header leads to.
    pub list_window: u64,
}

impl Renderer for JsonRenderer {
    fn list(&self, page: &ListPage) -> Rendered {
        let limit = ("limit".to_owned(), self.list_window.to_string());
        let (_, next) = cursor::neighbours(page, true);
        let link = next.map(|cursor| link(&[limit], cursor, "next"));
        Rendered { body: list_body(page), link, etag: None }
    }

    fn page(&self, query: &PageQuery, page: &ListPage) -> Rendered {
        Rendered { body: list_body(page), link: page_links(query, page), etag: None }
    }

    fn booking(&self, payment: &Payment) -> Rendered {
        let etag = Some(etag_from_version(payment.version));
        Rendered { body: to_json(&BookingBody::from(payment)), link: None, etag }
    }

    fn totals(&self, totals: &[Totals]) -> Rendered {
        Rendered { body: to_json(&Stats::from(totals)), link: None, etag: None }
    }
}

/// The number of the body format. Increase it with every change of a cached body: instances with another number do not
/// serve each other's entries.
pub const BODY_FORMAT: u32 = 3;

fn list_body(page: &ListPage) -> Vec<u8> {
    to_json(&page.payments.iter().map(BookingSummary::from).collect::<Vec<_>>())
}

fn to_json(body: &impl Serialize) -> Vec<u8> {
    // Serializing strings and numbers cannot fail.
    serde_json::to_vec(body).unwrap_or_default()
}

/// Returns the links to the neighbouring pages (RFC 8288). Nothing is counted for them.
fn page_links(query: &PageQuery, page: &ListPage) -> Option<String> {
    let (prev, next) = cursor::neighbours(page, query.page == Page::First);
    let next = next.map(|cursor| link(&query.filter_params, cursor, "next"));
    let prev = prev.map(|cursor| link(&query.filter_params, cursor, "prev"));
    let links: Vec<_> = next.into_iter().chain(prev).collect();
    (!links.is_empty()).then(|| links.join(", "))
}

fn link(parameters: &[(String, String)], cursor: String, relation: &str) -> String {
    let cursor = ("cursor".to_owned(), cursor);
    let pairs: Vec<_> = parameters.iter().chain([&cursor]).collect();
    let text = serde_urlencoded::to_string(pairs).unwrap_or_default();
    format!("</api/bookings?{text}>; rel=\"{relation}\"")
}
