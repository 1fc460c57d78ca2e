//! The protocol of the server: the promise must hold.

use crate::rules::{Rules, SERVER, always_replaces};
use crate::variant::{CALM, CUT_OFF, Change, Fault, TWO_WRITES, Variant};

const CUT_0: Fault = Fault::CacheCut(0);
const CUT_1: Fault = Fault::CacheCut(1);
const LOST: Fault = Fault::CommitsLost;
const FLUSHED: Fault = Fault::CacheFlushed;
const FAILOVER: &[Fault] = &[Fault::CacheCopied, Fault::CacheFailsOver];
const RESTART: &[Fault] = &[Fault::CacheCopied, Fault::CacheRestarts];
const REJECTS: &[Fault] = &[Fault::CacheRejectsChanges];

/// One reader on the other instance.
const ONE_READ: Variant = Variant { readers: &[1], ..CUT_OFF };

/// The database loses no commit.
pub const NO_COMMIT_LOST: &[Variant] = &[
    Variant { name: "P0 the cache stores every entry", changes: &[Change::UnconditionalPut], ..TWO_WRITES },
    Variant { name: "P1 no faults", writers: &[0, 1], ticks: 2, ..CALM },
    Variant { name: "P2 the cache fails over and loses writes", faults: FAILOVER, ..TWO_WRITES },
    Variant { name: "P3 the cache restarts with old data", faults: RESTART, ticks: 2, ..CALM },
    Variant { name: "P4 the cache is flushed twice", faults: &[FLUSHED, FLUSHED], ..TWO_WRITES },
    Variant {
        name: "P6 a writer dies, its client retries elsewhere",
        writers: &[0, 1],
        crashes: true,
        ..CALM
    },
    Variant { name: "P7 a writer is cut off from the cache", ..CUT_OFF },
    Variant {
        name: "P9 a writer dies, the cache fails over",
        faults: FAILOVER,
        crashes: true,
        ticks: 2,
        ..CALM
    },
    Variant { name: "P11 a reader is cut off from the cache", faults: &[CUT_1], ticks: 2, ..CALM },
    Variant {
        name: "P12 invalidation replies are lost",
        writers: &[0, 1],
        invalidation_replies_lost: true,
        ..CALM
    },
    Variant {
        name: "P12 invalidation replies are lost, with time to wait",
        writers: &[0, 1],
        readers: &[1],
        invalidation_replies_lost: true,
        ticks: 2,
        ..CALM
    },
    Variant {
        name: "P13 a reader is cut off from the database",
        faults: &[CUT_0, Fault::DatabaseCut(1)],
        ..CUT_OFF
    },
    Variant { name: "P14 the cache rejects changes", faults: REJECTS, ..CUT_OFF },
    Variant { name: "P15 writer and reader are cut off from the cache", faults: &[CUT_0, CUT_1], ..CUT_OFF },
    Variant { name: "P16 head replies arrive out of order", refreshes: &[1, 1], ..ONE_READ },
    Variant {
        name: "P17 the observation received last stays",
        rules: Rules { replaces: always_replaces, ..SERVER },
        refreshes: &[1, 1],
        ..ONE_READ
    },
    Variant {
        name: "P18 a cut-off writer dies, flushed cache",
        faults: &[CUT_0, FLUSHED],
        crashes: true,
        ..ONE_READ
    },
];

/// The database loses its last commits. The next commits get their numbers.
pub const COMMITS_LOST: &[Variant] = &[
    Variant { name: "P20 commits lost", faults: &[LOST], ticks: 1, ..TWO_WRITES },
    Variant { name: "P21 and a writer is cut off", refreshes: &[1], faults: &[LOST, CUT_0], ..ONE_READ },
    Variant {
        name: "P22 and one of two writers is cut off",
        writers: &[0, 1],
        faults: &[LOST, CUT_0],
        ..ONE_READ
    },
    Variant { name: "P23 and a writer is cut off, with two readers", faults: &[LOST, CUT_0], ..CUT_OFF },
    Variant { name: "P24 and readers are cut off", faults: &[LOST, CUT_1], ..CALM },
    Variant {
        name: "P25 and the cache is flushed, a writer dies",
        faults: &[FLUSHED, LOST],
        crashes: true,
        ticks: 1,
        ..CALM
    },
    Variant { name: "P26 and writer and reader are cut off", faults: &[CUT_0, CUT_1, LOST], ..ONE_READ },
    Variant { name: "P27 twice, and a writer is cut off", faults: &[CUT_0, LOST, LOST], ..ONE_READ },
];
