//! What may be admitted: an entry at least as new as what the database said not longer than D ago.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// The last word of the database, and until when it counts.
pub(super) struct Anchor {
    staleness_bound: Duration,
    state: Mutex<State>,
}

#[derive(Clone, Copy)]
struct State {
    seq: i64,
    valid_until: Option<Instant>,
}

/// What an anchor says of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// It may be served.
    Admitted,
    /// It is older than the database is known to be.
    TooOld,
    /// The database was not asked lately enough to tell.
    Unanchored,
}

/// How a new word of the database compares with the last one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Movement {
    /// Not behind it.
    Forward,
    /// Behind it: commits were lost.
    Back {
        /// Where it was.
        from: i64,
    },
}

impl Anchor {
    pub fn new(staleness_bound: Duration) -> Self {
        Self {
            staleness_bound,
            state: Mutex::new(State {
                seq: 0,
                valid_until: None,
            }),
        }
    }

    /// Tells whether an entry read at a head may be served now.
    pub fn admission(&self, head_seq: i64) -> Admission {
        let state = self.read();
        if state.valid_until.is_none_or(|until| Instant::now() >= until) {
            Admission::Unanchored
        } else if head_seq >= state.seq {
            Admission::Admitted
        } else {
            Admission::TooOld
        }
    }

    /// Takes the database's word on a question that was sent at an instant.
    ///
    /// The validity counts from the sending: a commit that the answer does not show came after it.
    pub fn take(&self, head_seq: i64, asked_at: Instant) -> Movement {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let from = state.seq;
        *state = State {
            seq: head_seq,
            valid_until: Some(asked_at + self.staleness_bound),
        };
        if head_seq < from {
            Movement::Back { from }
        } else {
            Movement::Forward
        }
    }

    fn read(&self) -> State {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const D: Duration = Duration::from_millis(250);

    #[tokio::test(start_paused = true)]
    async fn an_anchor_counts_from_the_sending_of_its_question() {
        let anchor = Anchor::new(D);
        assert_eq!(anchor.admission(9), Admission::Unanchored);
        let asked_at = Instant::now();
        tokio::time::advance(D / 2).await;
        assert_eq!(anchor.take(5, asked_at), Movement::Forward);
        assert_eq!(anchor.admission(5), Admission::Admitted);
        assert_eq!(anchor.admission(4), Admission::TooOld);
        tokio::time::advance(D / 2).await;
        assert_eq!(anchor.admission(5), Admission::Unanchored);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_goes_back_is_told() {
        let anchor = Anchor::new(D);
        anchor.take(5, Instant::now());
        assert_eq!(anchor.take(3, Instant::now()), Movement::Back { from: 5 });
        assert_eq!(anchor.admission(3), Admission::Admitted);
    }
}
