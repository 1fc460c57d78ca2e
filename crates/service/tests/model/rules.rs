//! The rules that the processes of the model go by: those of the server, or broken ones.

use std::time::Duration;

use hermes_domain::ledger::HeadId;
use hermes_service::read_cache::rules::{self, Freshness, HeadObservation, Invalidation};

use crate::facts::Version;

/// Every decision of the protocol that is a function.
#[derive(Clone, Copy)]
pub struct Rules {
    pub freshness_of: fn(HeadId, Option<&HeadObservation<Duration>>, Duration, Duration) -> Freshness,
    pub is_same_head: fn(HeadId, HeadId) -> bool,
    pub has_version: fn(Option<&Version>, &Version) -> bool,
    pub replaces: fn(&HeadObservation<Duration>, &HeadObservation<Duration>) -> bool,
    pub earliest_ack: fn(Duration, Invalidation, Duration) -> Option<Duration>,
}

/// The server's rules: no copies, the functions themselves.
pub const SERVER: Rules = Rules {
    freshness_of: rules::freshness_of::<Duration>,
    is_same_head: rules::is_same_head,
    has_version: rules::has_version::<Version>,
    replaces: HeadObservation::<Duration>::replaces,
    earliest_ack: rules::earliest_ack::<Duration>,
};

/// There is no word of the database: the version alone decides.
pub fn admits_everything(
    _: HeadId,
    _: Option<&HeadObservation<Duration>>,
    _: Duration,
    _: Duration,
) -> Freshness {
    Freshness::Fresh
}

/// Whoever is not behind the word is let pass; tokens are not looked at.
pub fn admits_numbers_not_behind(
    head: HeadId,
    word: Option<&HeadObservation<Duration>>,
    now: Duration,
    bound: Duration,
) -> Freshness {
    match word {
        Some(word) if head.seq < word.head.seq => Freshness::Stale,
        Some(word) if now < word.requested_at + bound => Freshness::Fresh,
        _ => Freshness::Unverified,
    }
}

/// Heads are the same when their numbers are.
pub fn admits_the_same_number(
    head: HeadId,
    word: Option<&HeadObservation<Duration>>,
    now: Duration,
    bound: Duration,
) -> Freshness {
    let renamed = |word: &HeadObservation<Duration>| HeadObservation {
        head: HeadId { token: head.token, ..word.head },
        ..*word
    };
    rules::freshness_of(head, word.map(renamed).as_ref(), now, bound)
}

/// A word counts for D from when its answer was there.
pub fn admits_from_the_hearing(
    head: HeadId,
    word: Option<&HeadObservation<Duration>>,
    now: Duration,
    bound: Duration,
) -> Freshness {
    let later =
        |word: &HeadObservation<Duration>| HeadObservation { requested_at: word.received_at, ..*word };
    rules::freshness_of(head, word.map(later).as_ref(), now, bound)
}

/// A word counts until there is another one.
pub fn admits_for_ever(
    head: HeadId,
    word: Option<&HeadObservation<Duration>>,
    _: Duration,
    bound: Duration,
) -> Freshness {
    let now = word.map_or(Duration::ZERO, |word| word.requested_at);
    rules::freshness_of(head, word, now, bound)
}

/// A head that is not behind is confirmed.
pub fn confirms_numbers_not_behind(now: HeadId, head: HeadId) -> bool {
    head.seq >= now.seq
}

pub fn confirms_the_same_number(now: HeadId, head: HeadId) -> bool {
    head.seq == now.seq
}

pub fn any_version(_: Option<&Version>, _: &Version) -> bool {
    true
}

/// The word that was heard last stays.
pub fn always_replaces(_: &HeadObservation<Duration>, _: &HeadObservation<Duration>) -> bool {
    true
}

pub fn acknowledged_at_once(_: Duration, _: Invalidation, _: Duration) -> Option<Duration> {
    None
}

/// One tick less than D.
pub fn acknowledged_early(after_commit: Duration, bump: Invalidation, bound: Duration) -> Option<Duration> {
    rules::earliest_ack(after_commit, bump, bound.saturating_sub(Duration::from_secs(1)))
}
