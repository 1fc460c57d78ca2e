//! The row of `event_relay`: no holder, no published event.

use crate::Dialect;
use crate::step::{Change, Step};

pub(crate) const STEP: Step =
    Step { name: "m20261124_000010_insert_event_relay", change: Change::Rows { up, down } };

fn up(_: Dialect) -> Vec<String> {
    let no_holder = "0".repeat(2 * 16);
    vec![format!(
        "INSERT INTO event_relay (id, holder, expires_at_ms, published_seq)\nVALUES (1, X'{no_holder}', 0, 0)"
    )]
}

fn down(_: Dialect) -> Vec<String> {
    vec!["DELETE FROM event_relay".to_owned()]
}
