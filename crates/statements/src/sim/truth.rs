//! Writes the labels of a simulated statement.

use serde::Serialize;

use super::{Defect, Simulation, TrueAllocation};
use crate::Direction;

#[derive(Serialize)]
struct Truth<'a> {
    seed: u64,
    account: &'a str,
    currency: &'static str,
    lines: Vec<TrueLine<'a>>,
}

#[derive(Serialize)]
struct TrueLine<'a> {
    bank_id: &'a str,
    direction: &'static str,
    amount: String,
    defect: Defect,
    is_matchable: bool,
    allocations: &'a [TrueAllocation],
}

impl Simulation {
    /// Writes the labels as JSON: for each line its bank id, defect, correct allocations and whether it is matchable.
    pub fn truth(&self) -> String {
        let lines = self.lines.iter().map(|line| TrueLine {
            bank_id: &line.bank_id,
            direction: if line.direction == Direction::Credit { "credit" } else { "debit" },
            amount: line.amount.to_string(),
            defect: line.defect,
            is_matchable: line.is_matchable,
            allocations: &line.allocations,
        });
        let truth = Truth {
            seed: self.options.seed,
            account: &self.options.account.number,
            currency: self.options.currency.code(),
            lines: lines.collect(),
        };
        // Strings and numbers always serialize.
        serde_json::to_string_pretty(&truth).unwrap_or_default() + "\n"
    }
}
