//! The protocol with one thing broken: the history_check must break, or the model could not see it.

use crate::rules::{self, Rules, SERVER};
use crate::variant::{CALM, Change, Fault, Variant};

/// A writer who does not reach the cache, and time enough for it to wait.
const CUT_OFF: Variant = Variant { faults: &[Fault::CacheCut(0)], ticks: 3, ..CALM };

/// The same, and the database loses commits whose numbers go to others.
const CUT_OFF_AND_LOST: Variant =
    Variant { faults: &[Fault::CacheCut(0), Fault::CommitsLost], renewals: &[1], readers: &[1], ..CUT_OFF };

const FAILOVER: &[Fault] = &[Fault::CacheCopied, Fault::CacheFailsOver];

pub const ALL: &[Variant] = &[
    Variant { name: "X1 plain cache-aside", writers: &[0, 0], changes: &[Change::CacheAside], ..CALM },
    Variant {
        name: "X2 the bump comes before the commit only",
        changes: &[Change::BumpBeforeCommit],
        ..CALM
    },
    Variant { name: "X3 acknowledged before the bump", changes: &[Change::AcknowledgedFirst], ..CALM },
    Variant {
        name: "X5 the version is asked for after the database was read",
        writers: &[0, 0],
        changes: &[Change::VersionAfterLoad],
        ..CALM
    },
    Variant {
        name: "X6 loads are joined whatever their version",
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
        name: "X9 a version is taken for current for a while, and the writer does not wait so long",
        changes: &[Change::Lease],
        ticks: 2,
        ..CALM
    },
    Variant {
        name: "X10 a retry is acknowledged without the barrier",
        crashes: true,
        changes: &[Change::ReplayAtOnce],
        ..CALM
    },
    Variant {
        name: "X11 a writer who is cut off does not wait",
        rules: Rules { earliest_ack: rules::acknowledged_at_once, ..SERVER },
        ..CUT_OFF
    },
    Variant {
        name: "X12 a writer who is cut off waits, and readers have no word of the database",
        rules: Rules { freshness_of: rules::admits_everything, ..SERVER },
        ..CUT_OFF
    },
    Variant {
        name: "X13 a missing version is a version, and the cache is flushed",
        faults: &[Fault::CacheFlushed, Fault::CacheFlushed],
        changes: &[Change::NoInit, Change::NoEpoch],
        ..CALM
    },
    Variant {
        name: "X14 what somebody else's load brought is not held against the word",
        changes: &[Change::JoinedUnchecked],
        cold: true,
        ..CUT_OFF
    },
    Variant {
        name: "X15 a reader cut off from the database does not label what it could not confirm",
        readers: &[1],
        faults: &[Fault::CacheCut(0), Fault::DatabaseCut(1)],
        changes: &[Change::Unlabelled],
        ..CUT_OFF
    },
    Variant {
        name: "X16 whatever is not behind is admitted and confirmed",
        rules: Rules {
            freshness_of: rules::admits_numbers_not_behind,
            is_same_head: rules::confirms_numbers_not_behind,
            ..SERVER
        },
        ..CUT_OFF_AND_LOST
    },
    Variant {
        name: "X17 whatever is not behind is admitted",
        rules: Rules { freshness_of: rules::admits_numbers_not_behind, ..SERVER },
        ..CUT_OFF_AND_LOST
    },
    Variant {
        name: "X18 whatever is not behind is confirmed",
        rules: Rules { is_same_head: rules::confirms_numbers_not_behind, ..SERVER },
        ..CUT_OFF_AND_LOST
    },
    Variant {
        name: "X19 heads with one number are the same to the word",
        rules: Rules { freshness_of: rules::admits_the_same_number, ..SERVER },
        ..CUT_OFF_AND_LOST
    },
    Variant {
        name: "X20 heads with one number are confirmed",
        rules: Rules { is_same_head: rules::confirms_the_same_number, ..SERVER },
        ..CUT_OFF_AND_LOST
    },
    Variant {
        name: "X21 any version will do",
        rules: Rules { has_version: rules::any_version, ..SERVER },
        ..CALM
    },
    Variant {
        name: "X22 a word counts from when it was heard",
        rules: Rules { freshness_of: rules::admits_from_the_hearing, ..SERVER },
        renewals: &[1],
        readers: &[1],
        ..CUT_OFF
    },
    Variant {
        name: "X23 a word counts until there is another",
        rules: Rules { freshness_of: rules::admits_for_ever, ..SERVER },
        ..CUT_OFF
    },
    Variant {
        name: "X24 a writer who is cut off waits a little less than D",
        rules: Rules { earliest_ack: rules::acknowledged_early, ..SERVER },
        ..CUT_OFF
    },
    Variant {
        name: "X25 a writer who is cut off waits from before its commit",
        changes: &[Change::WaitFromBeforeCommit],
        renewals: &[1],
        readers: &[1],
        ..CUT_OFF
    },
    Variant {
        name: "X26 a bump that is sent again carries the same token",
        writers: &[0, 1],
        bumps_unanswered: true,
        changes: &[Change::SameTokenAgain],
        ..CALM
    },
    Variant {
        name: "X27 a read takes the answer to a question for the version of before it arrived",
        changes: &[Change::VersionOfBefore],
        ..CALM
    },
    Variant {
        name: "X28 a read takes the answer to a question for the head of before it arrived",
        changes: &[Change::HeadOfBefore],
        readers: &[1],
        renewals: &[1],
        ..CUT_OFF
    },
    Variant {
        name: "X29 loads are joined whatever their head",
        changes: &[Change::LoadsOfAnyHead],
        cold: true,
        faults: &[Fault::CacheCut(1)],
        ..CALM
    },
    Variant {
        name: "X30 a reader who reaches no cache takes what L1 has",
        rules: Rules { is_same_head: |_, _| true, ..SERVER },
        faults: &[Fault::CacheCut(1)],
        readers: &[1],
        ..CALM
    },
];
