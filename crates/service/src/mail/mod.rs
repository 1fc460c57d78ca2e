//! Mail to payers: from the outbox to the mail server.
//!
//! The path of a message:
//! 1. The ledger writer commits an event. On the one instance that holds the lease, [`MailWorker`] reads the outbox,
//!    adds the messages of the events to the queue, and moves the cursor, in one transaction.
//! 2. The worker sends the first due message of the queue, and records the result before it takes the next. A message that
//!    says nothing new to its address is dropped.
//! 3. If the mail server is down, the worker waits with exponential back-off (`back_off`), and the messages wait.
//!
//! **Promises:** a message of a committed change is never lost. The messages of a payment arrive in the order of the
//! changes. A crash between sending a message and recording that it was sent repeats this one message, under the same
//! `Message-ID`. The same holds if the mail server accepts a message and its reply is lost.
//!
//! [`NewLinkMailer`] serves the page `/payment/lost`: it renews the link of a payment, and the event is mailed like any
//! other.

mod address;
mod back_off;
mod cursor;
mod delivery;
mod new_link;
mod outage;
mod reporter;
mod worker;

pub use new_link::NewLinkMailer;
pub use worker::{MailWorker, MailWorkerConfig, MailWorkerDeps, MailWorkerHandle};
