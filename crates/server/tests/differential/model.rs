//! A minimal ledger in memory: the rules without durability, batching or audit.

use std::collections::HashMap;

/// A requested change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    Book { payer: u8, amount: i64 },
    Correct { target: Option<usize>, version: i64, change: Change },
    Cancel { target: Option<usize>, version: Option<i64> },
}

/// The change of a correction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Payer(u8),
    Amount(i64),
    /// Sets an invalid name.
    InvalidName,
}

/// An action with an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub key: Option<u8>,
    pub action: Action,
}

/// A payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    pub payer: u8,
    pub amount: i64,
    pub version: i64,
    pub cancelled: bool,
    /// Whether the payer had another live payment at the last check of this one.
    pub duplicate: bool,
}

/// The payment after the action, or the reason for the rejection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Accepted { index: usize, row: Row, replayed: bool },
    Rejected(&'static str),
}

/// The ledger of one sequence.
#[derive(Debug, Default)]
pub struct Model {
    pub rows: Vec<Row>,
    /// The actions on each row.
    pub histories: Vec<Vec<&'static str>>,
    keys: HashMap<u8, (Action, usize, Row)>,
}

impl Model {
    pub fn decide(&mut self, request: &Request) -> Outcome {
        if let Some((action, index, row)) = request.key.and_then(|key| self.keys.get(&key)) {
            let replay = Outcome::Accepted { index: *index, row: *row, replayed: true };
            return if *action == request.action { replay } else { Outcome::Rejected("key reused") };
        }
        match self.next(&request.action) {
            Ok((index, row)) => {
                self.store(index, row, &request.action);
                if let Some(key) = request.key {
                    self.keys.insert(key, (request.action.clone(), index, row));
                }
                Outcome::Accepted { index, row, replayed: false }
            }
            Err(reason) => Outcome::Rejected(reason),
        }
    }

    /// Returns the row that an action changes, in its next state.
    fn next(&self, action: &Action) -> Result<(usize, Row), &'static str> {
        match *action {
            Action::Book { payer, amount } => {
                let row = Row { payer, amount, version: 1, cancelled: false, duplicate: false };
                Ok((self.rows.len(), self.with_check(self.rows.len(), row)))
            }
            Action::Correct { target, version, ref change } => {
                let (index, row) = self.target(target, Some(version))?;
                let changed = match *change {
                    Change::Payer(payer) => Row { payer, ..row },
                    Change::Amount(amount) => Row { amount, ..row },
                    Change::InvalidName => return Err("invalid"),
                };
                let next = Row { version: row.version + 1, ..changed };
                Ok((index, if changed == row { row } else { self.with_check(index, next) }))
            }
            Action::Cancel { target, version } => {
                let (index, row) = self.target(target, version)?;
                Ok((index, Row { cancelled: true, version: row.version + 1, ..row }))
            }
        }
    }

    fn target(&self, target: Option<usize>, version: Option<i64>) -> Result<(usize, Row), &'static str> {
        let index = target.ok_or("not found")?;
        let row = self.rows[index];
        match version {
            Some(seen) if seen != row.version => Err("version"),
            _ if row.cancelled => Err("state"),
            _ => Ok((index, row)),
        }
    }

    fn with_check(&self, index: usize, row: Row) -> Row {
        let mut others = self.rows.iter().enumerate().filter(|(other, _)| *other != index);
        Row { duplicate: others.any(|(_, other)| other.payer == row.payer && !other.cancelled), ..row }
    }

    fn store(&mut self, index: usize, row: Row, action: &Action) {
        if index == self.rows.len() {
            self.rows.push(row);
            self.histories.push(vec!["booked"]);
        } else if self.rows[index] != row {
            self.rows[index] = row;
            let is_cancelled = matches!(action, Action::Cancel { .. });
            self.histories[index].push(if is_cancelled { "cancelled" } else { "corrected" });
        }
    }
}
