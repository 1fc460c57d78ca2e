//! The protocol with one defect. The model must find a stale response, or it could not detect that defect.

use crate::rules::{self, Rules, SERVER};
use crate::variant::{CALM, Change, Fault, Variant};

/// One writer that may lose its connection to the cache, with enough time to wait.
const CUT_OFF: Variant = Variant { faults: &[Fault::CacheCut(0)], ticks: 3, ..CALM };

/// The same, and the database loses commits.
const CUT_OFF_AND_LOST: Variant =
    Variant { faults: &[Fault::CacheCut(0), Fault::CommitsLost], refreshes: &[1], readers: &[1], ..CUT_OFF };

const FAILOVER: &[Fault] = &[Fault::CacheCopied, Fault::CacheFailsOver];

pub const ALL: &[Variant] = &[
    Variant { name: "X1 plain cache-aside", writers: &[0, 0], changes: &[Change::CacheAside], ..CALM },
    Variant {
        name: "X2 the invalidation precedes the commit",
        changes: &[Change::InvalidateBeforeCommit],
        ..CALM
    },
    Variant { name: "X3 acknowledged before the invalidation", changes: &[Change::AckBeforeBarrier], ..CALM },
    Variant {
        name: "X5 the version is read after the database",
        writers: &[0, 0],
        changes: &[Change::VersionAfterLoad],
        ..CALM
    },
    Variant {
        name: "X6 loads of any version are joined",
        writers: &[0, 0],
        changes: &[Change::LoadsOfAnyVersion],
        ..CALM
    },
    Variant {
        name: "X7 versions are counted, and the cache fails over unnoticed",
        writers: &[0, 0],
        faults: FAILOVER,
        changes: &[Change::CountedVersions, Change::NoEpoch],
        ..CALM
    },
    Variant {
        name: "X8 the cache fails over unnoticed",
        faults: FAILOVER,
        changes: &[Change::NoEpoch],
        ..CALM
    },
    Variant {
        name: "X9 a version is used without a check for longer than the writer waits",
        changes: &[Change::VersionLease],
        ticks: 2,
        ..CALM
    },
    Variant {
        name: "X10 a retry is acknowledged without the barrier",
        crashes: true,
        changes: &[Change::ReplayWithoutBarrier],
        ..CALM
    },
    Variant {
        name: "X11 a writer that is cut off does not wait",
        rules: Rules { earliest_ack: rules::ack_at_once, ..SERVER },
        ..CUT_OFF
    },
    Variant {
        name: "X12 a writer that is cut off waits, and readers ignore the head",
        rules: Rules { freshness_of: rules::everything_is_fresh, ..SERVER },
        ..CUT_OFF
    },
    Variant {
        name: "X13 a missing version is valid, and the cache is flushed",
        faults: &[Fault::CacheFlushed, Fault::CacheFlushed],
        changes: &[Change::NoInit, Change::NoEpoch],
        ..CALM
    },
    Variant {
        name: "X14 the result of a joined load is not verified",
        changes: &[Change::JoinedUnchecked],
        cold: true,
        ..CUT_OFF
    },
    Variant {
        name: "X15 an unverified entry is served as verified",
        readers: &[1],
        faults: &[Fault::CacheCut(0), Fault::DatabaseCut(1)],
        changes: &[Change::UnverifiedAsFresh],
        ..CUT_OFF
    },
    Variant {
        name: "X16 every head that is not behind is fresh and the same",
        rules: Rules {
            freshness_of: rules::fresh_if_seq_not_behind,
            is_same_head: rules::same_if_seq_not_behind,
            ..SERVER
        },
        ..CUT_OFF_AND_LOST
    },
    Variant {
        name: "X17 every head that is not behind is fresh",
        rules: Rules { freshness_of: rules::fresh_if_seq_not_behind, ..SERVER },
        ..CUT_OFF_AND_LOST
    },
    Variant {
        name: "X18 every head that is not behind is the same",
        rules: Rules { is_same_head: rules::same_if_seq_not_behind, ..SERVER },
        ..CUT_OFF_AND_LOST
    },
    Variant {
        name: "X19 heads with one number are fresh",
        rules: Rules { freshness_of: rules::fresh_if_same_seq, ..SERVER },
        ..CUT_OFF_AND_LOST
    },
    Variant {
        name: "X20 heads with one number are the same",
        rules: Rules { is_same_head: rules::same_if_same_seq, ..SERVER },
        ..CUT_OFF_AND_LOST
    },
    Variant {
        name: "X21 any version will do",
        rules: Rules { has_version: rules::any_version, ..SERVER },
        ..CALM
    },
    Variant {
        name: "X22 an observation counts from its receipt",
        rules: Rules { freshness_of: rules::fresh_from_receipt, ..SERVER },
        refreshes: &[1],
        readers: &[1],
        ..CUT_OFF
    },
    Variant {
        name: "X23 an observation never expires",
        rules: Rules { freshness_of: rules::fresh_for_ever, ..SERVER },
        ..CUT_OFF
    },
    Variant {
        name: "X24 a writer that is cut off waits a little less than D",
        rules: Rules { earliest_ack: rules::ack_early, ..SERVER },
        ..CUT_OFF
    },
    Variant {
        name: "X25 a writer that is cut off waits from before its commit",
        changes: &[Change::WaitFromBeforeCommit],
        refreshes: &[1],
        readers: &[1],
        ..CUT_OFF
    },
    Variant {
        name: "X26 a repeated invalidation sends the same version",
        writers: &[0, 1],
        invalidation_replies_lost: true,
        changes: &[Change::ResendSameVersion],
        ..CALM
    },
    Variant {
        name: "X27 a read uses an earlier version check",
        changes: &[Change::EarlierVersionCheck],
        ..CALM
    },
    Variant {
        name: "X28 a read uses an earlier head query",
        changes: &[Change::EarlierHeadQuery],
        readers: &[1],
        refreshes: &[1],
        ..CUT_OFF
    },
    Variant {
        name: "X29 loads of any head are joined",
        changes: &[Change::LoadsOfAnyHead],
        cold: true,
        faults: &[Fault::CacheCut(1)],
        ..CALM
    },
    Variant {
        name: "X30 a reader that is cut off from the cache uses any entry of L1",
        rules: Rules { is_same_head: |_, _| true, ..SERVER },
        faults: &[Fault::CacheCut(1)],
        readers: &[1],
        ..CALM
    },
];
