//! What may be admitted: an entry at least as new as what the database said not longer than D ago.
//!
//! A head that goes back begins a new era. What was read in an earlier one is never admitted again, however
//! high its number: the numbers that were lost are given a second time.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hermes_domain::ledger::{BatchToken, LedgerHead};
use tokio::time::Instant;

/// A head of the database as this process counts: eras first. The derived order is the order of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Head {
    /// How often the head has gone back since this process started.
    pub era: u64,
    pub seq: i64,
}

/// The highest head that was seen, and until when the database's last word counts.
pub(super) struct Anchor {
    staleness_bound: Duration,
    state: Mutex<State>,
}

struct State {
    head: Head,
    /// The batch of that head, when it was the database's word and not a list's.
    token: Option<BatchToken>,
    valid_until: Option<Instant>,
}

/// A question for the head that is being sent.
pub(super) struct Question {
    asked_at: Instant,
    seq: i64,
    token: Option<BatchToken>,
}

/// What an anchor says of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// It may be served.
    Admitted,
    /// It is older than the database is known to be, or of an earlier era.
    TooOld,
    /// The database was not asked lately enough to tell.
    Unanchored,
}

/// How a new word of the database compares with what was known when it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Movement {
    /// Not behind it.
    Forward(Head),
    /// Behind it: commits were lost, and an era begins.
    Back {
        /// The number it had.
        from: i64,
        to: Head,
    },
}

impl Movement {
    /// Where the head is now.
    pub const fn head(self) -> Head {
        match self {
            Self::Forward(head) | Self::Back { to: head, .. } => head,
        }
    }
}

impl Anchor {
    pub fn new(staleness_bound: Duration) -> Self {
        let state = State { head: Head { era: 0, seq: 0 }, token: None, valid_until: None };
        Self { staleness_bound, state: Mutex::new(state) }
    }

    /// The highest head that was seen.
    pub fn head(&self) -> Head {
        self.state().head
    }

    /// Tells whether an entry read at a head may be served now.
    pub fn admission(&self, head: Head) -> Admission {
        let state = self.state();
        if head < state.head {
            Admission::TooOld
        } else if state.valid_until.is_some_and(|until| Instant::now() < until) {
            Admission::Admitted
        } else {
            Admission::Unanchored
        }
    }

    /// Notes the head of a list, which the database must have reached.
    pub fn note(&self, head: Head) {
        let mut state = self.state();
        if head.era == state.head.era && head.seq > state.head.seq {
            state.head = head;
            state.token = None;
        }
    }

    /// Notes that the database is asked for its head now.
    pub fn ask(&self) -> Question {
        let state = self.state();
        Question { asked_at: Instant::now(), seq: state.head.seq, token: state.token }
    }

    /// Takes the database's word on a question; one question is answered after the other.
    ///
    /// The validity counts from the sending: a commit that the answer does not show came after it. Only what
    /// was known at the sending shows that the head went back: lists have been read since then.
    pub fn take(&self, question: &Question, answer: &LedgerHead) -> Movement {
        let mut state = self.state();
        state.valid_until = Some(question.asked_at + self.staleness_bound);
        let era = state.head.era;
        let is_another = question.token.is_some_and(|token| token != answer.token);
        if answer.seq < question.seq || (answer.seq == question.seq && is_another) {
            state.head = Head { era: era + 1, seq: answer.seq };
            state.token = Some(answer.token);
            return Movement::Back { from: question.seq, to: state.head };
        }
        let head = Head { era, seq: answer.seq };
        if head >= state.head {
            state.head = head;
            state.token = Some(answer.token);
        }
        Movement::Forward(head)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use hermes_domain::ledger::AuditHash;
    use uuid::Uuid;

    use super::*;

    const D: Duration = Duration::from_millis(250);

    fn of_batch(seq: i64, token: u128) -> LedgerHead {
        LedgerHead {
            seq,
            token: BatchToken(Uuid::from_u128(token)),
            next_reference: 1,
            audit_seq: 0,
            audit_hash: AuditHash::START,
            event_seq: 0,
            advanced_at: DateTime::UNIX_EPOCH,
        }
    }

    fn first_era(seq: i64) -> Head {
        Head { era: 0, seq }
    }

    fn told(anchor: &Anchor, seq: i64, token: u128) -> Movement {
        anchor.take(&anchor.ask(), &of_batch(seq, token))
    }

    #[tokio::test(start_paused = true)]
    async fn an_anchor_counts_from_the_sending_of_its_question() {
        let anchor = Anchor::new(D);
        assert_eq!(anchor.admission(first_era(9)), Admission::Unanchored);
        let question = anchor.ask();
        tokio::time::advance(D / 2).await;
        assert_eq!(anchor.take(&question, &of_batch(5, 5)), Movement::Forward(first_era(5)));
        assert_eq!(anchor.admission(first_era(5)), Admission::Admitted);
        assert_eq!(anchor.admission(first_era(4)), Admission::TooOld);
        tokio::time::advance(D / 2).await;
        assert_eq!(anchor.admission(first_era(5)), Admission::Unanchored);
        assert_eq!(anchor.admission(first_era(4)), Admission::TooOld);
    }

    #[tokio::test(start_paused = true)]
    async fn a_head_that_goes_back_begins_an_era_in_which_nothing_earlier_is_admitted() {
        let anchor = Anchor::new(D);
        told(&anchor, 5, 5);
        let to = Head { era: 1, seq: 3 };
        assert_eq!(told(&anchor, 3, 3), Movement::Back { from: 5, to });
        assert_eq!(anchor.admission(first_era(5)), Admission::TooOld);
        assert_eq!(anchor.admission(to), Admission::Admitted);
        anchor.note(first_era(9));
        assert_eq!(anchor.head(), to);
    }

    #[tokio::test(start_paused = true)]
    async fn the_same_number_with_another_token_is_a_step_back() {
        let anchor = Anchor::new(D);
        told(&anchor, 5, 5);
        assert_eq!(told(&anchor, 5, 5), Movement::Forward(first_era(5)));
        assert_eq!(told(&anchor, 5, 6).head(), Head { era: 1, seq: 5 });
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_that_was_read_while_the_head_was_asked_for_is_no_step_back() {
        let anchor = Anchor::new(D);
        told(&anchor, 5, 5);
        let question = anchor.ask();
        anchor.note(first_era(7));
        assert_eq!(anchor.take(&question, &of_batch(6, 6)), Movement::Forward(first_era(6)));
        assert_eq!(anchor.admission(first_era(6)), Admission::TooOld);
        assert_eq!(anchor.admission(first_era(7)), Admission::Admitted);
        assert_eq!(told(&anchor, 6, 6), Movement::Back { from: 7, to: Head { era: 1, seq: 6 } });
    }
}
