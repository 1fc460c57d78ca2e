//! The row of `mail_sender`: no holder, and mail was never configured.

use crate::Dialect;
use crate::step::{Change, Step};

pub(crate) const STEP: Step = Step {
    name: "m20261130_000031_insert_mail_sender",
    change: Change::Row { table: "mail_sender", insert },
};

fn insert(_: Dialect) -> String {
    let no_holder = "0".repeat(2 * 16);
    format!(
        "INSERT INTO mail_sender (id, holder, expires_at_ms, cursor_seq)\nVALUES (1, X'{no_holder}', 0, -1)"
    )
}
