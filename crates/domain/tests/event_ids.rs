//! The names of events.

use std::collections::HashSet;

use hermes_domain::ledger::{BatchToken, EventId};
use uuid::Uuid;

#[test]
fn an_event_has_the_same_name_each_time_and_no_other_event_has_it() {
    let batches = [1, 2, 3].map(|number| BatchToken(Uuid::from_u128(number)));
    let names = || batches.iter().flat_map(|batch| (1..=100).map(|seq| EventId::new(*batch, seq)));
    assert_eq!(names().collect::<HashSet<_>>().len(), 300);
    assert_eq!(names().collect::<Vec<_>>(), names().collect::<Vec<_>>());
}

/// A consumer that was told it under one name must know it under the next program too.
#[test]
fn the_name_is_a_uuid_that_no_release_changes() {
    let id = EventId::new(BatchToken(Uuid::from_u128(7)), 42);
    assert_eq!(id.0.get_version_num(), 8);
    assert_eq!(id.to_string(), "ebe8033b-5967-83af-b5b2-b63c2bdb21ff");
}
