//! A simulated bank: statements for open payments, with labelled defects, in every format.
//!
//! [`Simulation::run`] decides the lines and their labels from a seed; [`Simulation::camt053`], [`Simulation::mt940`]
//! and [`Simulation::csv`] write the same lines. The same seed and payments produce the same bytes.

mod camt;
mod csv;
mod mt940;
mod run;
mod text;
mod truth;

use chrono::NaiveDate;
use hermes_domain::money::{Currency, Money};
use serde::Serialize;

use crate::{Account, Direction};

/// A payment for which money is expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenPayment {
    /// The reference for people, such as `REF001`.
    pub reference: String,
    /// The creditor reference of ISO 11649, such as `RF59REF001`.
    pub creditor_reference: String,
    /// The amount that is still due; greater than zero.
    pub outstanding: Money,
    /// The name of the payer.
    pub payer: String,
}

/// What to simulate.
#[derive(Debug, Clone)]
pub struct SimulationOptions {
    /// The seed.
    pub seed: u64,
    /// The account of the institution; its number consists of letters and digits.
    pub account: Account,
    /// The currency. Payments in another currency are ignored.
    pub currency: Currency,
    /// The first booking day.
    pub first_day: NaiveDate,
}

/// The defect of a payment's money, computed before it is applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Defect {
    /// No defect: the amount due arrives once, with the reference.
    None,
    /// Less than the amount due arrives.
    Under,
    /// More than the amount due arrives.
    Over,
    /// The money arrives weeks later.
    Late,
    /// The payer pays twice.
    Twice,
    /// One transfer pays two to five payments.
    Merged,
    /// Two to five transfers pay one payment.
    Split,
    /// The reference has one substitution or one transposition.
    Mistyped,
    /// The text does not contain the reference.
    NoReference,
    /// The money arrives and bounces.
    Reversed,
    /// Banks deduct charges on the way.
    Charges,
    /// The line has nothing to do with a payment.
    Unrelated,
}

/// The correct allocation of a part of a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TrueAllocation {
    /// The reference of the payment.
    pub reference: String,
    /// The amount as a decimal number.
    pub amount: String,
}

/// A line of the simulated bank, with its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SimulatedLine {
    /// The bank's id.
    pub bank_id: String,
    /// The booking date.
    pub booking_date: NaiveDate,
    /// The value date.
    pub value_date: NaiveDate,
    /// The effect on the account.
    pub direction: Direction,
    /// The amount.
    pub amount: Money,
    /// Whether the line reverses an earlier one.
    pub is_reversal: bool,
    /// Charges that banks deducted.
    pub charges: Option<Money>,
    /// The name of the other party.
    pub name: String,
    /// The IBAN of the other party.
    pub iban: String,
    /// A structured creditor reference.
    pub creditor_reference: Option<String>,
    /// The free text, without cuts.
    pub text: String,
    /// The payer's own reference.
    pub end_to_end_id: Option<String>,
    /// The defect.
    pub defect: Defect,
    /// The payments that the line pays; for a reversal, the payments that lose the money.
    pub allocations: Vec<TrueAllocation>,
    /// Whether the line can be matched without a decision: it holds unchanged references of at most five payments or
    /// parts, or one mistyped reference and the exact amount.
    pub is_matchable: bool,
}

/// A simulated statement of one account.
#[derive(Debug, Clone)]
pub struct Simulation {
    options: SimulationOptions,
    opening: Money,
    closing: Money,
    lines: Vec<SimulatedLine>,
}

impl Simulation {
    /// Returns the lines in the order of the statement.
    pub fn lines(&self) -> &[SimulatedLine] {
        &self.lines
    }

    /// Returns the first and the last booking date.
    fn period(&self) -> (NaiveDate, NaiveDate) {
        let first = self.options.first_day;
        (first, self.lines.iter().map(|line| line.booking_date).max().unwrap_or(first))
    }

    /// Returns the id of the statement.
    fn id(&self) -> String {
        format!("SIM{}{}", self.options.seed, self.options.currency)
    }
}

/// The bank code of the institution's simulated account.
const INSTITUTION_BANK: u64 = 50_010_517;

/// Returns the IBAN of the institution's simulated account.
pub fn simulated_iban() -> String {
    text::iban(INSTITUTION_BANK, 1)
}
