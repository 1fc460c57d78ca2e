//! The rules of the model: those of the server, or broken ones.

use std::time::Duration;

use hermes_domain::ledger::HeadId;
use hermes_service::read_cache::rules::{self, Freshness, HeadObservation, Invalidation};

use crate::types::Version;

type Observed = HeadObservation<Duration>;

/// Every pure decision of the protocol.
#[derive(Clone, Copy)]
pub struct Rules {
    pub freshness_of: FreshnessRule,
    pub is_same_head: fn(HeadId, HeadId) -> bool,
    pub has_version: fn(Option<&Version>, &Version) -> bool,
    pub replaces: fn(&Observed, &Observed) -> bool,
    pub earliest_ack: AckRule,
}

/// The server's own functions.
pub const SERVER: Rules = Rules {
    freshness_of: rules::freshness_of::<Duration>,
    is_same_head: rules::is_same_head,
    has_version: rules::has_version::<Version>,
    replaces: Observed::replaces,
    earliest_ack: rules::earliest_ack::<Duration>,
};

type FreshnessRule = fn(HeadId, Option<&Observed>, Duration, Duration) -> Freshness;
type AckRule = fn(Duration, Invalidation, Duration) -> Option<Duration>;

pub const fn with_freshness(freshness_of: FreshnessRule) -> Rules {
    Rules { freshness_of, ..SERVER }
}

pub const fn with_same_head(is_same_head: fn(HeadId, HeadId) -> bool) -> Rules {
    Rules { is_same_head, ..SERVER }
}

pub const fn with_earliest_ack(earliest_ack: AckRule) -> Rules {
    Rules { earliest_ack, ..SERVER }
}

/// Ignores the head: the version alone decides.
pub fn everything_is_fresh(_: HeadId, _: Option<&Observed>, _: Duration, _: Duration) -> Freshness {
    Freshness::Fresh
}

/// Compares sequence numbers only. Every head that is not behind is fresh.
pub fn fresh_if_seq_not_behind(
    head: HeadId,
    observation: Option<&Observed>,
    now: Duration,
    bound: Duration,
) -> Freshness {
    match observation {
        Some(observation) if head.seq < observation.head.seq => Freshness::Stale,
        Some(observation) if now < observation.requested_at + bound => Freshness::Fresh,
        _ => Freshness::Unverified,
    }
}

/// Compares sequence numbers instead of heads.
pub fn fresh_if_same_seq(
    head: HeadId,
    observation: Option<&Observed>,
    now: Duration,
    bound: Duration,
) -> Freshness {
    let renamed = |observation: &Observed| HeadObservation {
        head: HeadId { token: head.token, ..observation.head },
        ..*observation
    };
    rules::freshness_of(head, observation.map(renamed).as_ref(), now, bound)
}

/// Counts D from the receipt of the observation.
pub fn fresh_from_receipt(
    head: HeadId,
    observation: Option<&Observed>,
    now: Duration,
    bound: Duration,
) -> Freshness {
    let later =
        |observation: &Observed| HeadObservation { requested_at: observation.received_at, ..*observation };
    rules::freshness_of(head, observation.map(later).as_ref(), now, bound)
}

/// Never lets an observation expire.
pub fn fresh_for_ever(
    head: HeadId,
    observation: Option<&Observed>,
    _: Duration,
    bound: Duration,
) -> Freshness {
    let now = observation.map_or(Duration::ZERO, |observation| observation.requested_at);
    rules::freshness_of(head, observation, now, bound)
}

/// Accepts every head that is not behind.
pub fn same_if_seq_not_behind(now: HeadId, head: HeadId) -> bool {
    head.seq >= now.seq
}

pub fn same_if_same_seq(now: HeadId, head: HeadId) -> bool {
    head.seq == now.seq
}

pub fn any_version(_: Option<&Version>, _: &Version) -> bool {
    true
}

/// Keeps the observation that was received last.
pub fn always_replaces(_: &Observed, _: &Observed) -> bool {
    true
}

pub fn ack_at_once(_: Duration, _: Invalidation, _: Duration) -> Option<Duration> {
    None
}

/// Waits one tick less than D.
pub fn ack_early(after_commit: Duration, invalidation: Invalidation, bound: Duration) -> Option<Duration> {
    rules::earliest_ack(after_commit, invalidation, bound.saturating_sub(Duration::from_secs(1)))
}
