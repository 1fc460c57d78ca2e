//! The protocol with one defect. The model must find a stale response, or it could not detect that defect.

use crate::rules::{self, Rules, SERVER, with_earliest_ack, with_freshness, with_same_head};
use crate::variant::{CALM, CUT_OFF, Change, Fault, TWO_WRITES, Variant};

/// A writer that may be cut off, a head query in advance, and one reader.
const OBSERVED: Variant = Variant { refreshes: &[1], readers: &[1], ..CUT_OFF };

/// The same, and the database loses commits.
const LOST: Variant = Variant { faults: &[Fault::CacheCut(0), Fault::CommitsLost], ..OBSERVED };

const FAILOVER: &[Fault] = &[Fault::CacheCopied, Fault::CacheFailsOver];
const TWO_FLUSHES: &[Fault] = &[Fault::CacheFlushed, Fault::CacheFlushed];
const BOTH_CUT: &[Fault] = &[Fault::CacheCut(0), Fault::DatabaseCut(1)];

pub const ALL: &[Variant] = &[
    Variant { name: "X1 plain cache-aside", changes: &[Change::CacheAside], ..TWO_WRITES },
    Variant { name: "X2 invalidation before the commit", changes: &[Change::InvalidateBeforeCommit], ..CALM },
    Variant { name: "X3 acknowledged before the barrier", changes: &[Change::AckBeforeBarrier], ..CALM },
    Variant { name: "X5 version read after the load", changes: &[Change::VersionAfterLoad], ..TWO_WRITES },
    Variant { name: "X6 joins loads of any version", changes: &[Change::LoadsOfAnyVersion], ..TWO_WRITES },
    Variant {
        name: "X7 counted versions, and an unnoticed failover",
        faults: FAILOVER,
        changes: &[Change::CountedVersions, Change::NoEpoch],
        ..TWO_WRITES
    },
    Variant { name: "X8 unnoticed failover", faults: FAILOVER, changes: &[Change::NoEpoch], ..CALM },
    Variant { name: "X9 version used without a check", changes: &[Change::VersionLease], ticks: 2, ..CALM },
    Variant {
        name: "X10 replay skips the barrier",
        changes: &[Change::ReplayWithoutBarrier],
        crashes: true,
        ..CALM
    },
    Variant { name: "X11 no wait", rules: with_earliest_ack(rules::ack_at_once), ..CUT_OFF },
    Variant { name: "X12 head ignored", rules: with_freshness(rules::everything_is_fresh), ..CUT_OFF },
    Variant {
        name: "X13 missing version is valid",
        faults: TWO_FLUSHES,
        changes: &[Change::NoInit, Change::NoEpoch],
        ..CALM
    },
    Variant {
        name: "X14 joined load not verified",
        changes: &[Change::JoinedUnchecked],
        cold: true,
        ..CUT_OFF
    },
    Variant {
        name: "X15 unverified entry served as verified",
        readers: &[1],
        faults: BOTH_CUT,
        changes: &[Change::UnverifiedAsFresh],
        ..CUT_OFF
    },
    Variant {
        name: "X16 every head not behind is fresh and the same",
        rules: Rules {
            is_same_head: rules::same_if_seq_not_behind,
            ..with_freshness(rules::fresh_if_seq_not_behind)
        },
        ..LOST
    },
    Variant {
        name: "X17 every head not behind is fresh",
        rules: with_freshness(rules::fresh_if_seq_not_behind),
        ..LOST
    },
    Variant {
        name: "X18 every head not behind is the same",
        rules: with_same_head(rules::same_if_seq_not_behind),
        ..LOST
    },
    Variant {
        name: "X19 heads with one number are fresh",
        rules: with_freshness(rules::fresh_if_same_seq),
        ..LOST
    },
    Variant {
        name: "X20 heads with one number are the same",
        rules: with_same_head(rules::same_if_same_seq),
        ..LOST
    },
    Variant {
        name: "X21 any version is valid",
        rules: Rules { has_version: rules::any_version, ..SERVER },
        ..CALM
    },
    Variant {
        name: "X22 D counts from the receipt",
        rules: with_freshness(rules::fresh_from_receipt),
        ..OBSERVED
    },
    Variant {
        name: "X23 observation never expires",
        rules: with_freshness(rules::fresh_for_ever),
        ..CUT_OFF
    },
    Variant { name: "X24 wait shorter than D", rules: with_earliest_ack(rules::ack_early), ..CUT_OFF },
    Variant { name: "X25 wait from before the commit", changes: &[Change::WaitFromBeforeCommit], ..OBSERVED },
    Variant {
        name: "X26 repeated invalidation sends the same version",
        writers: &[0, 1],
        invalidation_replies_lost: true,
        changes: &[Change::ResendSameVersion],
        ..CALM
    },
    Variant { name: "X27 earlier version check", changes: &[Change::EarlierVersionCheck], ..CALM },
    Variant { name: "X28 earlier head query", changes: &[Change::EarlierHeadQuery], ..OBSERVED },
    Variant {
        name: "X29 joins loads of any head",
        cold: true,
        faults: &[Fault::CacheCut(1)],
        changes: &[Change::LoadsOfAnyHead],
        ..CALM
    },
    Variant {
        name: "X30 L1 of any head, without a cache",
        readers: &[1],
        faults: &[Fault::CacheCut(1)],
        rules: with_same_head(|_, _| true),
        ..CALM
    },
];
