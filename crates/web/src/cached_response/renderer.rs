//! The answers as JSON, written once for each state of the ledger.

use hermes_domain::ledger::Totals;
use hermes_domain::payment::Payment;
use hermes_domain::ports::{ListPage, Page, Position};
use hermes_service::read_cache::{PageQuery, Rendered, Renderer};
use serde::{Serialize, Serializer};

use crate::api::stats::Stats;
use crate::cursor;
use crate::dto::{BookingBody, etag_of_version, to_json};

/// Writes the answers of the API.
#[derive(Debug, Clone, Copy)]
pub struct JsonRenderer {
    /// How many bookings the list has; pages that follow it have as many.
    pub list_window: u64,
}

impl Renderer for JsonRenderer {
    fn list(&self, page: &ListPage) -> Rendered {
        let limit = ("limit".to_owned(), self.list_window.to_string());
        let last = page.payments.last().filter(|_| page.has_next).map(Position::from);
        let link = last.map(|last| link(&[limit], cursor::after(last), "next"));
        Rendered { body: bookings(page), link, etag: None }
    }

    fn page(&self, query: &PageQuery, page: &ListPage) -> Rendered {
        Rendered { body: bookings(page), link: links(query, page), etag: None }
    }

    fn booking(&self, payment: &Payment) -> Rendered {
        let body = to_json(&BookingBody::from(payment), BookingBody::bytes_expected(payment));
        Rendered { body, link: None, etag: Some(etag_of_version(payment.version)) }
    }

    fn totals(&self, totals: &[Totals]) -> Rendered {
        Rendered { body: to_json(&Stats::from(totals), 0), link: None, etag: None }
    }
}

fn bookings(page: &ListPage) -> Vec<u8> {
    let bytes = page.payments.iter().map(BookingBody::bytes_expected).sum();
    to_json(&Bookings(page), bytes)
}

/// Bookings as a list, each made when it is written.
struct Bookings<'a>(&'a ListPage);

impl Serialize for Bookings<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.payments.iter().map(BookingBody::from))
    }
}

/// The links to the neighbouring pages (RFC 8288); nothing is counted for them.
fn links(query: &PageQuery, page: &ListPage) -> Option<String> {
    let next = page.payments.last().filter(|_| page.has_next).map(Position::from);
    let prev =
        page.payments.first().filter(|_| page.has_prev && query.page != Page::First).map(Position::from);
    let links: Vec<_> = next
        .map(|position| link(&query.filter_params, cursor::after(position), "next"))
        .into_iter()
        .chain(prev.map(|position| link(&query.filter_params, cursor::before(position), "prev")))
        .collect();
    (!links.is_empty()).then(|| links.join(", "))
}

fn link(parameters: &[(String, String)], cursor: String, relation: &str) -> String {
    let cursor = ("cursor".to_owned(), cursor);
    let pairs: Vec<_> = parameters.iter().chain([&cursor]).collect();
    let text = serde_urlencoded::to_string(pairs).unwrap_or_default();
    format!("</api/bookings?{text}>; rel=\"{relation}\"")
}
