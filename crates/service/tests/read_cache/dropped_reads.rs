//! Readers that go away leave nothing stuck, and take no question to the database with them.

use hermes_domain::ports::CacheError;
use tokio::time::advance;

use crate::support::{D, Gate, Operation, TestList, settle};

/// A gate of the fakes.
type Place = fn(&TestList) -> &Gate;

/// Where a read can be when its reader goes away.
const PLACES: [(&str, Place); 6] = [
    ("version", |here| &here.cache.version_gate),
    ("fetch", |here| &here.cache.fetch_gate),
    ("head", |here| &here.reader.head_gate),
    ("head's answer", |here| &here.reader.head_answer_gate),
    ("list", |here| &here.reader.list_gate),
    ("fill", |here| &here.cache.fill_gate),
];

/// A list that another instance has put into the shared cache and the database has overtaken since: a read of
/// it passes every place there is.
async fn overtaken() -> TestList {
    let there = TestList::new();
    there.reader.book("ana");
    there.read().await;
    there.reader.book("ben");
    there.another()
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_goes_away_anywhere_leaves_nothing_stuck() {
    for (place, gate) in PLACES {
        let here = overtaken().await;
        gate(&here).close();
        let read = here.begin_read();
        gate(&here).arrived(1).await;
        read.go_away();
        settle().await;
        gate(&here).open();
        assert_eq!(here.read().await.1, "ana,ben", "{place}");
        assert_eq!(here.read().await.1, "ana,ben", "{place}");
        assert_eq!((here.reader.heads.dropped(), here.reader.lists.dropped()), (0, 0), "{place}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_goes_away_anywhere_takes_nothing_from_those_who_wait_with_it() {
    for (place, gate) in PLACES {
        let here = overtaken().await;
        gate(&here).close();
        let read = here.begin_read();
        gate(&here).arrived(1).await;
        let others: Vec<_> = (0..5).map(|_| here.begin_read()).collect();
        settle().await;
        read.go_away();
        settle().await;
        gate(&here).open();
        for other in others {
            assert_eq!(other.told().await.1, "ana,ben", "{place}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn everybody_going_away_leaves_nothing_stuck() {
    for (place, gate) in PLACES {
        let here = overtaken().await;
        gate(&here).close();
        let reads: Vec<_> = (0..10).map(|_| here.begin_read()).collect();
        gate(&here).arrived(1).await;
        settle().await;
        for read in reads {
            read.go_away();
        }
        settle().await;
        gate(&here).open();
        assert_eq!(here.read().await.1, "ana,ben", "{place}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_second_load_is_not_dropped_with_its_reader() {
    let here = TestList::new();
    here.reader.book("ana");
    here.reader.list_gate.close();
    let slow = here.begin_read();
    here.reader.list_gate.arrived(1).await;
    here.cache.fail(Operation::Invalidation, CacheError::Unavailable("cut off".to_owned()));
    here.another().book("ben").await;
    let late = here.begin_read();
    settle().await;
    here.reader.list_gate.let_through(1);
    slow.told().await;
    here.reader.list_gate.arrived(2).await;
    late.go_away();
    settle().await;
    here.reader.list_gate.open();
    settle().await;
    assert_eq!(here.reader.lists.dropped(), 0);
    advance(D).await;
    assert_eq!(here.read().await.1, "ana,ben");
}
