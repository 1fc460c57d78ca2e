//! Mail from committed changes to a mail server, over a real database.
#![expect(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "clippy exempts test functions, but not the functions that tests share"
)]

mod crashes;
mod failing_queue;
mod harness;
mod hostile_text;
mod limits;
mod new_link;
mod outages;
mod rejections;
mod repeated_states;
mod states;
