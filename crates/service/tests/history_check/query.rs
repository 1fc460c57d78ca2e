//! The queries of the readers, and which bookings a response must show.

use hermes_domain::payment::{PaymentKey, Reference};
use hermes_domain::ports::{Page, PaymentFilter};
use hermes_service::read_cache::{PageQuery, Query};

use crate::environment::{Booking, Environment};
use crate::support::email;

#[derive(Debug, Clone, Copy)]
pub enum ReadQuery {
    List,
    /// The bookings of one payer.
    PageOf(u64),
    /// The payment with a reference.
    Payment(i64),
    Totals,
}

/// Returns the name of a payer.
pub fn payer(number: u64) -> String {
    format!("p{number}")
}

impl ReadQuery {
    /// Chooses the list in half of the cases.
    pub fn any(environment: &Environment) -> Self {
        let number = 1 + environment.below(environment.booked().max(1));
        match environment.below(8) {
            0 | 1 => Self::PageOf(number),
            2 => Self::Payment(i64::try_from(number).unwrap()),
            3 => Self::Totals,
            _ => Self::List,
        }
    }

    pub fn query(self) -> Query {
        match self {
            Self::List => Query::List,
            Self::PageOf(number) => {
                let filter = PaymentFilter { email: Some(email(&payer(number))), ..PaymentFilter::default() };
                let (page, filter_params) = (Page::First, Vec::new());
                Query::Page(Box::new(PageQuery { filter, page, limit: 1_000, filter_params }))
            }
            Self::Payment(number) => Query::Booking(PaymentKey::Reference(Reference::new(number).unwrap())),
            Self::Totals => Query::Totals,
        }
    }

    /// Returns the bookings that a response must show and does not. `None` is a missing payment.
    pub fn missing(self, body: Option<&str>, bookings: &[Booking]) -> Vec<Booking> {
        let body = body.unwrap_or_default();
        if let Self::Totals = self {
            // The totals say only how many payments there are.
            return bookings.get(body.parse().unwrap()..).unwrap_or_default().to_vec();
        }
        let is_requested = |booking: &&Booking| match self {
            Self::PageOf(number) => booking.0 == number,
            Self::Payment(reference) => booking.1 == reference,
            _ => true,
        };
        let is_shown = |booking: &Booking| {
            let name = payer(booking.0);
            body.split(',').any(|shown| shown.split('@').next() == Some(&name))
        };
        let requested = bookings.iter().filter(is_requested).copied();
        requested.filter(|booking| !is_shown(booking)).collect()
    }
}
