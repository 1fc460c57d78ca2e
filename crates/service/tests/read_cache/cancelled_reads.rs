//! A client that disconnects blocks no other read and cancels no database query.

use hermes_test_support::Gate;

use crate::support::{ReadCacheHarness, settle};

/// Returns one gate of an instance.
type GateOf = fn(&ReadCacheHarness) -> &Gate;

/// The points at which a read can be cancelled.
const GATES: [(&str, GateOf); 6] = [
    ("version", |instance| &instance.cache.version_gate),
    ("get", |instance| &instance.cache.get_gate),
    ("head", |instance| &instance.store.head_gate),
    ("head reply", |instance| &instance.store.head_reply_gate),
    ("list", |instance| &instance.store.read_reply_gate),
    ("put", |instance| &instance.cache.put_gate),
];

/// An instance whose read passes every gate: L2 has a list that the database has overtaken.
async fn with_outdated_l2() -> ReadCacheHarness {
    let other = ReadCacheHarness::with_bookings(&["ana"]);
    other.read().await;
    other.store.book("ben");
    other.another()
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_read_leaves_the_waiting_reads_alone() {
    for (name, gate) in GATES {
        let instance = with_outdated_l2().await;
        gate(&instance).close();
        let read = instance.start_read();
        gate(&instance).arrived(1).await;
        let others: Vec<_> = (0..5).map(|_| instance.start_read()).collect();
        settle().await;
        read.cancel();
        settle().await;
        gate(&instance).open();
        for other in others {
            assert_eq!(other.payers().await, "ana,ben", "{name}");
        }
        let store = &instance.store;
        assert_eq!((store.head_reads.cancelled(), store.list_reads.cancelled()), (0, 0), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_read_succeeds_after_every_read_was_cancelled() {
    for (name, gate) in GATES {
        let instance = with_outdated_l2().await;
        gate(&instance).close();
        let reads: Vec<_> = (0..10).map(|_| instance.start_read()).collect();
        gate(&instance).arrived(1).await;
        settle().await;
        for read in reads {
            read.cancel();
        }
        settle().await;
        gate(&instance).open();
        assert_eq!(instance.payers().await, "ana,ben", "{name}");
        let store = &instance.store;
        assert_eq!((store.head_reads.cancelled(), store.list_reads.cancelled()), (0, 0), "{name}");
    }
}
