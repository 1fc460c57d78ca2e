//! `hermes erase` and `hermes export-person`: the personal data of one person.

mod erase;
mod erasures;
mod export;
mod receipts;

use std::collections::BTreeSet;

use anyhow::Result;
use hermes_domain::payment::{Payment, PaymentId};
use hermes_domain::ports::{Page, PaymentFilter, PaymentReader, Position, reader_limits};
use hermes_repository::SqlPaymentReader;

pub(super) use erase::run as erase;
pub(super) use erasures::{read as read_erasures, repeat as repeat_erasures};
pub(super) use export::run as export;

/// The payments that contain the personal data of one person.
struct PaymentsOfPerson {
    /// The payments that have the address, newest first.
    current: Vec<Payment>,
    /// Other payments that had the address before a correction.
    past: Vec<PaymentId>,
}

impl PaymentsOfPerson {
    /// Finds the payments by an e-mail address, in any case.
    async fn find(reader: &SqlPaymentReader, email: &str) -> Result<Self> {
        let filter = PaymentFilter { email: Some(email.to_owned()), ..PaymentFilter::default() };
        let (mut current, mut page) = (Vec::<Payment>::new(), Page::First);
        loop {
            let found = reader.list(&filter, page, reader_limits::PAGE_MAX).await?.value;
            current.extend(found.payments);
            match current.last() {
                Some(last) if found.has_next => page = Page::After(Position::from(last)),
                _ => break,
            }
        }
        let known: BTreeSet<PaymentId> = current.iter().map(|payment| payment.id).collect();
        let past = reader.payments_with_past_email(email).await?;
        let past = past.into_iter().filter(|id| !known.contains(id)).collect();
        Ok(Self { current, past })
    }
}
