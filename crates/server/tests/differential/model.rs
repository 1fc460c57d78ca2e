//! What the ledger is for, in memory and without anything that makes it fast or safe.

use std::collections::HashMap;

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    Book { payer: u8, amount: i64 },
    Correct { target: Option<usize>, version: i64, change: Change },
    Cancel { target: Option<usize>, version: Option<i64> },
}

/// What a correction changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Payer(u8),
    Amount(i64),
    /// A name that cannot be taken.
    NoName,
}

/// A request: what is asked, and the key it is asked under.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub key: Option<u8>,
    pub act: Act,
}

/// A payment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row {
    pub payer: u8,
    pub amount: i64,
    pub version: i64,
    pub cancelled: bool,
    /// Whether the payer had another live payment when this one was checked.
    pub duplicate: bool,
}

/// What is answered: which payment and how it was then, or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Done { place: usize, row: Row, replayed: bool },
    Refused(&'static str),
}

/// The ledger of one sequence.
#[derive(Debug, Default)]
pub struct Model {
    pub rows: Vec<Row>,
    /// What was done with each.
    pub histories: Vec<Vec<&'static str>>,
    keys: HashMap<u8, (Act, usize, Row)>,
}

impl Model {
    pub fn decide(&mut self, request: &Request) -> Answer {
        if let Some((act, place, row)) = request.key.and_then(|key| self.keys.get(&key)) {
            let is_same = *act == request.act;
            let again = Answer::Done { place: *place, row: *row, replayed: true };
            return if is_same { again } else { Answer::Refused("key reused") };
        }
        match self.next(&request.act) {
            Ok((place, row)) => {
                self.put(place, row, &request.act);
                let done = |key| self.keys.insert(key, (request.act.clone(), place, row));
                let _none_before = request.key.map(done);
                Answer::Done { place, row, replayed: false }
            }
            Err(why) => Answer::Refused(why),
        }
    }

    /// The payment that an act is about, as it is afterwards.
    fn next(&self, act: &Act) -> Result<(usize, Row), &'static str> {
        match *act {
            Act::Book { payer, amount } => {
                let row = Row { payer, amount, version: 1, cancelled: false, duplicate: false };
                Ok((self.rows.len(), self.checked(self.rows.len(), row)))
            }
            Act::Correct { target, version, ref change } => {
                let (place, row) = self.target(target, Some(version))?;
                let changed = match *change {
                    Change::Payer(payer) => Row { payer, ..row },
                    Change::Amount(amount) => Row { amount, ..row },
                    Change::NoName => return Err("invalid"),
                };
                let next = Row { version: row.version + 1, ..changed };
                Ok((place, if changed == row { row } else { self.checked(place, next) }))
            }
            Act::Cancel { target, version } => {
                let (place, row) = self.target(target, version)?;
                Ok((place, Row { cancelled: true, version: row.version + 1, ..row }))
            }
        }
    }

    fn target(&self, target: Option<usize>, version: Option<i64>) -> Result<(usize, Row), &'static str> {
        let place = target.ok_or("not found")?;
        let row = self.rows[place];
        match version {
            Some(seen) if seen != row.version => Err("version"),
            _ if row.cancelled => Err("state"),
            _ => Ok((place, row)),
        }
    }

    fn checked(&self, place: usize, row: Row) -> Row {
        let mut others = self.rows.iter().enumerate().filter(|(other, _)| *other != place);
        Row { duplicate: others.any(|(_, other)| other.payer == row.payer && !other.cancelled), ..row }
    }

    fn put(&mut self, place: usize, row: Row, act: &Act) {
        if place == self.rows.len() {
            self.rows.push(row);
            self.histories.push(vec!["booked"]);
        } else if self.rows[place] != row {
            self.rows[place] = row;
            self.histories[place].push(if matches!(act, Act::Cancel { .. }) {
                "cancelled"
            } else {
                "corrected"
            });
        }
    }
}
