//! That something was committed.

use tokio::sync::watch;

/// Tells whoever listens that there may be new events; never waits for anybody. Clones are one signal.
#[derive(Debug, Clone, Default)]
pub struct CommitSignal {
    newest: watch::Sender<i64>,
}

/// Hears a signal.
#[derive(Debug)]
pub struct Listener {
    newest: watch::Receiver<i64>,
}

impl CommitSignal {
    /// Says that the newest event now has this number. Whoever hears it looks for themselves.
    pub fn give(&self, newest: i64) {
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
    pub fn is_heard(&self) -> bool {
        self.newest.receiver_count() > 0
    }
}

impl Listener {
    /// Waits until something was said since the last time.
    pub async fn heard(&mut self) {
        if self.newest.changed().await.is_err() {
            // Nobody is left who could say anything.
            std::future::pending::<()>().await;
        }
    }

    /// Forgets what was said so far.
    pub fn forget(&mut self) {
        self.newest.mark_unchanged();
    }
}
