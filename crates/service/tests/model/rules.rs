//! The rules that the processes of the model go by: those of the server, or broken ones.

use std::time::Duration;

use hermes_domain::ledger::HeadMark;
use hermes_service::freshness::policy::{self, Admission, Bump, Word};

use crate::facts::Version;

/// Every decision of the protocol that is a function.
#[derive(Clone, Copy)]
pub struct Rules {
    pub admission: fn(HeadMark, Option<&Word<Duration>>, Duration, Duration) -> Admission,
    pub confirms: fn(HeadMark, HeadMark) -> bool,
    pub has_version: fn(Option<&Version>, &Version) -> bool,
    pub replaces: fn(&Word<Duration>, &Word<Duration>) -> bool,
    pub acknowledged_at: fn(Duration, Bump, Duration) -> Option<Duration>,
}

/// The server's rules: no copies, the functions themselves.
pub const SERVER: Rules = Rules {
    admission: policy::admission::<Duration>,
    confirms: policy::confirms,
    has_version: policy::has_version::<Version>,
    replaces: Word::<Duration>::replaces,
    acknowledged_at: policy::acknowledged_at::<Duration>,
};

/// There is no word of the database: the version alone decides.
pub fn admits_everything(_: HeadMark, _: Option<&Word<Duration>>, _: Duration, _: Duration) -> Admission {
    Admission::Admitted
}

/// Whoever is not behind the word is let pass; tokens are not looked at.
pub fn admits_numbers_not_behind(
    head: HeadMark,
    word: Option<&Word<Duration>>,
    now: Duration,
    bound: Duration,
) -> Admission {
    match word {
        Some(word) if head.seq < word.head.seq => Admission::TooOld,
        Some(word) if now < word.asked_at + bound => Admission::Admitted,
        _ => Admission::Unknown,
    }
}

/// Heads are the same when their numbers are.
pub fn admits_the_same_number(
    head: HeadMark,
    word: Option<&Word<Duration>>,
    now: Duration,
    bound: Duration,
) -> Admission {
    let renamed = |word: &Word<Duration>| Word { head: HeadMark { token: head.token, ..word.head }, ..*word };
    policy::admission(head, word.map(renamed).as_ref(), now, bound)
}

/// A word counts for D from when its answer was there.
pub fn admits_from_the_hearing(
    head: HeadMark,
    word: Option<&Word<Duration>>,
    now: Duration,
    bound: Duration,
) -> Admission {
    let later = |word: &Word<Duration>| Word { asked_at: word.heard_at, ..*word };
    policy::admission(head, word.map(later).as_ref(), now, bound)
}

/// A word counts until there is another one.
pub fn admits_for_ever(
    head: HeadMark,
    word: Option<&Word<Duration>>,
    _: Duration,
    bound: Duration,
) -> Admission {
    let now = word.map_or(Duration::ZERO, |word| word.asked_at);
    policy::admission(head, word, now, bound)
}

/// A head that is not behind is confirmed.
pub fn confirms_numbers_not_behind(now: HeadMark, head: HeadMark) -> bool {
    head.seq >= now.seq
}

pub fn confirms_the_same_number(now: HeadMark, head: HeadMark) -> bool {
    head.seq == now.seq
}

pub fn any_version(_: Option<&Version>, _: &Version) -> bool {
    true
}

/// The word that was heard last stays.
pub fn always_replaces(_: &Word<Duration>, _: &Word<Duration>) -> bool {
    true
}

pub fn acknowledged_at_once(_: Duration, _: Bump, _: Duration) -> Option<Duration> {
    None
}

/// One tick less than D.
pub fn acknowledged_early(after_commit: Duration, bump: Bump, bound: Duration) -> Option<Duration> {
    policy::acknowledged_at(after_commit, bump, bound.saturating_sub(Duration::from_secs(1)))
}
