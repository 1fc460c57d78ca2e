//! How an instance is killed.

use std::future::pending;

use tokio::sync::watch;

/// The life of an instance. Every call of its ports asks whether it goes on, so that an instance that was killed
/// stops at whatever it awaits, with all its tasks.
#[derive(Default)]
pub struct Life {
    is_over: watch::Sender<bool>,
}

impl Life {
    pub fn end(&self) {
        self.is_over.send_replace(true);
    }

    /// Returns at once, or never.
    pub async fn goes_on(&self) {
        if *self.is_over.borrow() {
            pending::<()>().await;
        }
    }

    /// Returns when it has ended.
    pub async fn ended(&self) {
        let mut life = self.is_over.subscribe();
        life.wait_for(|is_over| *is_over).await.expect("the sender is here");
    }
}
