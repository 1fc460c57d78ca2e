//! The row of `event_relay`: no holder, no published event.

use crate::Dialect;
use crate::step::{Change, Step};

pub(crate) const STEP: Step = Step {
    name: "m20261124_000010_insert_event_relay",
    change: Change::Row { table: "event_relay", insert },
};

fn insert(_: Dialect) -> String {
    let no_holder = "0".repeat(2 * 16);
    format!(
        "INSERT INTO event_relay (id, holder, expires_at_ms, published_seq)\nVALUES (1, X'{no_holder}', 0, 0)"
    )
}
