//! The protocol of the server: the promise must hold.

use crate::rules::{Rules, SERVER, always_replaces};
use crate::variant::{CALM, Change, Fault, Variant};

/// One writer that may lose its connection to the cache, with enough time to wait.
const CUT_OFF: Variant = Variant { faults: &[Fault::CacheCut(0)], ticks: 3, ..CALM };

/// The database loses no commit.
pub const NO_COMMIT_LOST: &[Variant] = &[
    Variant {
        name: "P0 the cache stores every entry: entries have versions",
        writers: &[0, 0],
        changes: &[Change::UnconditionalPut],
        ..CALM
    },
    Variant { name: "P1 no faults", writers: &[0, 1], ticks: 2, ..CALM },
    Variant {
        name: "P2 the cache fails over and loses writes",
        writers: &[0, 0],
        faults: &[Fault::CacheCopied, Fault::CacheFailsOver],
        ..CALM
    },
    Variant {
        name: "P3 the cache restarts with old data",
        faults: &[Fault::CacheCopied, Fault::CacheRestarts],
        ticks: 2,
        ..CALM
    },
    Variant {
        name: "P4 the cache is flushed, twice",
        writers: &[0, 0],
        faults: &[Fault::CacheFlushed, Fault::CacheFlushed],
        ..CALM
    },
    Variant {
        name: "P6 a writer dies after its commit, the client retries elsewhere",
        writers: &[0, 1],
        crashes: true,
        ..CALM
    },
    Variant { name: "P7 a writer is cut off from the cache", ..CUT_OFF },
    Variant {
        name: "P9 a writer dies, and the cache fails over",
        faults: &[Fault::CacheCopied, Fault::CacheFailsOver],
        crashes: true,
        ticks: 2,
        ..CALM
    },
    Variant {
        name: "P11 a reader is cut off from the cache",
        faults: &[Fault::CacheCut(1)],
        ticks: 2,
        ..CALM
    },
    Variant {
        name: "P12 replies to invalidations are lost",
        writers: &[0, 1],
        invalidation_replies_lost: true,
        ..CALM
    },
    Variant {
        name: "P12 replies to invalidations are lost, and writers have time to wait",
        writers: &[0, 1],
        readers: &[1],
        invalidation_replies_lost: true,
        ticks: 2,
        ..CALM
    },
    Variant {
        name: "P13 a writer is cut off from the cache, and a reader from the database",
        faults: &[Fault::CacheCut(0), Fault::DatabaseCut(1)],
        ticks: 3,
        ..CALM
    },
    Variant {
        name: "P14 the cache rejects changes",
        faults: &[Fault::CacheRejectsChanges],
        ticks: 3,
        ..CALM
    },
    Variant {
        name: "P15 writer and reader are cut off from the cache",
        faults: &[Fault::CacheCut(0), Fault::CacheCut(1)],
        ticks: 3,
        ..CALM
    },
    Variant { name: "P16 head replies arrive out of order", readers: &[1], refreshes: &[1, 1], ..CUT_OFF },
    Variant {
        name: "P17 the observation received last stays: each has its own time",
        rules: Rules { replaces: always_replaces, ..SERVER },
        readers: &[1],
        refreshes: &[1, 1],
        ..CUT_OFF
    },
    Variant {
        name: "P18 a writer is cut off from the cache and dies, and the cache is flushed",
        faults: &[Fault::CacheCut(0), Fault::CacheFlushed],
        readers: &[1],
        crashes: true,
        ticks: 3,
        ..CALM
    },
];

/// The database loses its last commits. The next commits get their numbers.
pub const COMMITS_LOST: &[Variant] = &[
    Variant {
        name: "P20 the database loses commits",
        writers: &[0, 0],
        faults: &[Fault::CommitsLost],
        ticks: 1,
        ..CALM
    },
    Variant {
        name: "P21 and a writer is cut off from the cache",
        readers: &[1],
        refreshes: &[1],
        faults: &[Fault::CommitsLost, Fault::CacheCut(0)],
        ..CUT_OFF
    },
    Variant {
        name: "P22 and one of two writers is cut off from the cache",
        writers: &[0, 1],
        readers: &[1],
        faults: &[Fault::CommitsLost, Fault::CacheCut(0)],
        ..CUT_OFF
    },
    Variant {
        name: "P23 and a writer is cut off from the cache, with two readers",
        faults: &[Fault::CommitsLost, Fault::CacheCut(0)],
        ..CUT_OFF
    },
    Variant {
        name: "P24 and readers are cut off from the cache",
        faults: &[Fault::CommitsLost, Fault::CacheCut(1)],
        ..CALM
    },
    Variant {
        name: "P25 and the cache is flushed, and a writer dies",
        faults: &[Fault::CacheFlushed, Fault::CommitsLost],
        crashes: true,
        ticks: 1,
        ..CALM
    },
    Variant {
        name: "P26 and writer and reader are cut off from the cache",
        readers: &[1],
        faults: &[Fault::CacheCut(0), Fault::CacheCut(1), Fault::CommitsLost],
        ..CUT_OFF
    },
    Variant {
        name: "P27 twice, and a writer is cut off from the cache",
        readers: &[1],
        faults: &[Fault::CacheCut(0), Fault::CommitsLost, Fault::CommitsLost],
        ..CUT_OFF
    },
];
