//! What readers ask, and what the answer must show.

use hermes_domain::payment::{PaymentKey, Reference};
use hermes_domain::ports::{Page, PaymentFilter};
use hermes_service::read_cache::{PageQuery, Query};

use crate::database::payer;
use crate::world::World;

/// A question about bookings.
#[derive(Debug, Clone, Copy)]
pub enum Question {
    List,
    /// All of them, on one page.
    Page,
    /// Those of whom a booking was made for.
    PageOf(u64),
    Booking(u64),
    Totals,
}

impl Question {
    /// The list half of the time, else something else.
    pub fn any(world: &World) -> Self {
        let booking = 1 + world.chance(world.database().booked().max(1));
        match world.chance(8) {
            0 => Self::Page,
            1 => Self::PageOf(booking),
            2 => Self::Booking(booking),
            3 => Self::Totals,
            _ => Self::List,
        }
    }

    pub fn query(self) -> Query {
        match self {
            Self::List => Query::List,
            Self::Page => page(None),
            Self::PageOf(booking) => page(Some(format!("{}@example.org", payer(booking)))),
            Self::Booking(booking) => {
                let reference = Reference::new(i64::try_from(booking).unwrap()).unwrap();
                Query::Booking(PaymentKey::Reference(reference))
            }
            Self::Totals => Query::Totals,
        }
    }

    /// Those of the bookings that the answer does not show although it should; `None` is no answer at all.
    pub fn missing(self, answer: Option<&str>, bookings: &[u64]) -> Vec<u64> {
        let answer = answer.unwrap_or_default();
        let shows = |booking: &u64| {
            let name = payer(*booking);
            answer.split(',').any(|shown| shown.split('@').next() == Some(&name))
        };
        match self {
            Self::List | Self::Page => bookings.iter().copied().filter(|booking| !shows(booking)).collect(),
            Self::PageOf(asked) | Self::Booking(asked) => {
                let asked = bookings.iter().copied().filter(|booking| *booking == asked);
                asked.filter(|booking| !shows(booking)).collect()
            }
            // A sum does not say what it sums; that too few are in it, it does.
            Self::Totals => bookings.get(answer.parse().unwrap()..).unwrap_or_default().to_vec(),
        }
    }
}

fn page(email: Option<String>) -> Query {
    let filter = PaymentFilter { email, ..PaymentFilter::default() };
    Query::Page(Box::new(PageQuery { filter, page: Page::First, limit: 1_000, filter_params: Vec::new() }))
}
