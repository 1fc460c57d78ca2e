//! Payments to read, and the list as these tests write it: the payers' names.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use hermes_domain::ledger::{Circumstances, Decider, Facts};
use hermes_domain::payment::Payment;
use hermes_domain::ports::Position;
use hermes_service::freshness::ListRenderer;

use super::bookings::{Counted, NOON, booking, rules};
use super::rows::Rows;

/// A payment of somebody; the same one each time.
pub fn payment(payer: &str) -> Payment {
    static MADE: LazyLock<Mutex<HashMap<String, Payment>>> = LazyLock::new(Mutex::default);
    MADE.lock().unwrap().entry(payer.to_owned()).or_insert_with(|| made(payer)).clone()
}

fn made(payer: &str) -> Payment {
    let circumstances = Circumstances { rules: &rules(), now: NOON, entropy: &Counted::default() };
    let mut decider = Decider::new(circumstances, Facts::at(Rows::default().head));
    decider.decide(&booking(payer)).unwrap().payment
}

/// Writes the payers' names, with commas between them.
pub struct Names;

impl ListRenderer for Names {
    fn body(&self, payments: &[Payment]) -> Vec<u8> {
        let names: Vec<_> =
            payments.iter().map(|payment| payment.details.email.split('@').next().unwrap()).collect();
        names.join(",").into_bytes()
    }

    fn next_cursor(&self, last: Position) -> String {
        format!("after-{}", last.id)
    }
}
