//! That something was committed.

use tokio::sync::watch;

/// Tells whoever listens that there may be new events; never waits for anybody. Clones are one signal.
#[derive(Debug, Clone, Default)]
pub struct CommitNotifier {
    newest: watch::Sender<i64>,
}

/// Hears a signal.
#[derive(Debug)]
pub struct Listener {
    newest: watch::Receiver<i64>,
}

impl CommitNotifier {
    /// Says that an event with this number was committed. Whoever hears it looks for themselves. A smaller number
    /// than is known is late, and changes nothing.
    pub fn notify(&self, committed: i64) {
        self.newest.send_if_modified(|known| committed > std::mem::replace(known, committed.max(*known)));
    }

    /// Says which number the newest event has, as the outbox was just asked. It may go back: a database that lost
    /// commits gives numbers again.
    pub(super) fn reset(&self, newest: i64) {
        self.newest.send_if_modified(|known| std::mem::replace(known, newest) != newest);
    }

    /// The number that was said last.
    pub fn newest(&self) -> i64 {
        *self.newest.borrow()
    }

    /// Hears what is said from now on.
    pub fn listen(&self) -> Listener {
        Listener { newest: self.newest.subscribe() }
    }

    /// Whether anybody would hear it.
    pub fn has_listeners(&self) -> bool {
        self.newest.receiver_count() > 0
    }
}

impl Listener {
    /// Waits until something was said since the last time.
    pub async fn changed(&mut self) {
        if self.newest.changed().await.is_err() {
            // Nobody is left who could say anything.
            std::future::pending::<()>().await;
        }
    }

    /// Forgets what was said so far.
    pub fn mark_seen(&mut self) {
        self.newest.mark_unchanged();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_number_changes_nothing_and_only_the_outbox_itself_goes_back() {
        let signal = CommitNotifier::default();
        let mut listener = signal.listen();
        let mut heard = || {
            let heard = listener.newest.has_changed().unwrap();
            listener.mark_seen();
            (heard, signal.newest())
        };
        signal.notify(7);
        assert_eq!(heard(), (true, 7));
        signal.notify(6);
        assert_eq!(heard(), (false, 7));
        signal.notify(7);
        assert_eq!(heard(), (false, 7));
        signal.reset(5);
        assert_eq!(heard(), (true, 5));
        signal.reset(5);
        assert_eq!(heard(), (false, 5));
    }
}
