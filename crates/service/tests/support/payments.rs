//! Payments to read, and the list as these tests write it: the payers' names.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use hermes_domain::ledger::Totals;
use hermes_domain::ledger::{Decider, DecisionContext, Facts};
use hermes_domain::payment::Payment;
use hermes_domain::ports::{ListPage, Position};
use hermes_service::read_cache::{PageQuery, Rendered, Renderer};

use super::bookings::{Counted, NOON, booking, rules};
use super::rows::Rows;

/// A payment of somebody; the same one each time.
pub fn payment(payer: &str) -> Payment {
    static MADE: LazyLock<Mutex<HashMap<String, Payment>>> = LazyLock::new(Mutex::default);
    MADE.lock().unwrap().entry(payer.to_owned()).or_insert_with(|| made(payer)).clone()
}

fn made(payer: &str) -> Payment {
    let context = DecisionContext { rules: &rules(), now: NOON, random_source: &Counted::default() };
    let mut decider = Decider::new(context, Facts::at(Rows::default().head));
    decider.decide(&booking(payer)).unwrap().payment
}

/// Writes the payers' names, with commas between them.
pub struct Names;

impl Renderer for Names {
    fn list(&self, page: &ListPage) -> Rendered {
        let last = page.payments.last().filter(|_| page.has_next).map(Position::from);
        Rendered { body: names(page), link: last.map(|last| format!("after-{}", last.id)), etag: None }
    }

    fn page(&self, query: &PageQuery, page: &ListPage) -> Rendered {
        let link = query.filter.email.clone();
        Rendered { body: names(page), link, etag: None }
    }

    fn booking(&self, payment: &Payment) -> Rendered {
        let body = payment.details.email.clone().into_bytes();
        Rendered { body, link: None, etag: Some(format!("\"v{}\"", payment.version)) }
    }

    fn totals(&self, totals: &[Totals]) -> Rendered {
        let payments: i64 = totals.iter().map(|totals| totals.payments).sum();
        Rendered { body: payments.to_string().into_bytes(), link: None, etag: None }
    }
}

fn names(page: &ListPage) -> Vec<u8> {
    let names: Vec<_> =
        page.payments.iter().map(|payment| payment.details.email.split('@').next().unwrap()).collect();
    names.join(",").into_bytes()
}
