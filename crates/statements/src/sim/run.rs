//! Decides the lines of a simulated statement and their labels.

use chrono::{Days, NaiveDate};
use fastrand::Rng;
use hermes_domain::money::Money;

use super::text::{bank_text, iban};
use super::{Defect, OpenPayment, SimulatedLine, Simulation, SimulationOptions, TrueAllocation};
use crate::Direction;

/// The most payments of a merged transfer, and the most parts of a split payment.
const MAX_PARTS: usize = 5;
/// The days over which payers spread their transfers.
const PERIOD_DAYS: u64 = 28;
/// The days after which a transfer is late.
const LATE_DAYS: u64 = 60;
/// The longest name, in characters.
const MAX_NAME_CHARS: usize = 70;
/// The bank code of the simulated payers.
const PAYER_BANK: u64 = 37_040_044;

/// The defects in the order in which the first payments get them, so that a small portal has all of them.
const DEFECTS: [Defect; 11] = [
    Defect::None,
    Defect::Under,
    Defect::Over,
    Defect::Late,
    Defect::Twice,
    Defect::Mistyped,
    Defect::Split,
    Defect::NoReference,
    Defect::Reversed,
    Defect::Charges,
    Defect::Merged,
];

impl Simulation {
    /// Simulates the transfers for open payments. The order of the payments does not matter.
    pub fn run(options: SimulationOptions, payments: &[OpenPayment]) -> Self {
        let currency = options.currency;
        let in_currency = payments.iter().filter(|payment| payment.outstanding.currency() == currency);
        let mut payments: Vec<_> = in_currency.filter(|payment| payment.outstanding.minor() > 0).collect();
        payments.sort_by(|a, b| a.reference.cmp(&b.reference));
        let mut rng = Rng::with_seed(options.seed);
        rng.shuffle(&mut payments);
        let mut generator = Generator { rng, options: &options, lines: Vec::new() };
        generator.pay_all(&payments);
        let mut lines = generator.lines;
        lines.sort_by_key(|line| line.booking_date);
        for (number, line) in (1..).zip(&mut lines) {
            let number: u32 = number;
            line.bank_id = format!("SIM{}-{currency}-{number:06}", options.seed);
        }
        let opening = Money::from_minor(1_000_000, currency);
        let change = lines.iter().fold(0_i64, |sum, line| sum.saturating_add(signed(line)));
        let closing = Money::from_minor(opening.minor().saturating_add(change), currency);
        Self { options, opening, closing, lines }
    }
}

const fn signed(line: &SimulatedLine) -> i64 {
    match line.direction {
        Direction::Credit => line.amount.minor(),
        Direction::Debit => -line.amount.minor(),
    }
}

struct Generator<'a> {
    rng: Rng,
    options: &'a SimulationOptions,
    lines: Vec<SimulatedLine>,
}

impl Generator<'_> {
    fn pay_all(&mut self, payments: &[&OpenPayment]) {
        let mut rest = payments;
        let mut number = 0;
        while let [payment, others @ ..] = rest {
            let defect = self.defect(number);
            number += 1;
            rest = others;
            if defect == Defect::Merged && !others.is_empty() {
                let count = self.rng.usize(1..MAX_PARTS).min(others.len());
                let (merged, after) = others.split_at(count);
                let mut all = vec![*payment];
                all.extend_from_slice(merged);
                self.merged(&all);
                rest = after;
            } else {
                self.pay(payment, defect);
            }
            if self.rng.u8(..) < 8 {
                self.unrelated();
            }
        }
    }

    /// Labels the next payment: the first ones in turn, the others at random, two of five without a defect.
    fn defect(&mut self, number: usize) -> Defect {
        let random = if self.rng.u8(0..5) < 2 { 0 } else { self.rng.usize(1..DEFECTS.len()) };
        let index = if number < DEFECTS.len() { number } else { random };
        DEFECTS.get(index).copied().unwrap_or(Defect::None)
    }

    fn pay(&mut self, payment: &OpenPayment, defect: Defect) {
        let due = payment.outstanding.minor();
        let part = self.rng.i64(1..=(due / 10).max(1));
        match defect {
            Defect::Under if due > part => self.transfer(payment, due - part, defect),
            Defect::Over => self.transfer(payment, due.saturating_add(part), defect),
            Defect::Twice => {
                self.transfer(payment, due, defect);
                self.transfer(payment, due, defect);
            }
            Defect::Split if due >= 5 => self.split(payment, due),
            Defect::Reversed => self.reversed(payment, due),
            Defect::Charges if due > part => {
                self.transfer(payment, due - part, defect);
                let charges = Money::from_minor(part, self.options.currency);
                if let Some(line) = self.lines.last_mut() {
                    line.charges = Some(charges);
                }
            }
            Defect::Late | Defect::Mistyped | Defect::NoReference => self.transfer(payment, due, defect),
            _ => self.transfer(payment, due, Defect::None),
        }
    }

    fn split(&mut self, payment: &OpenPayment, due: i64) {
        let parts = self.rng.i64(2..=5);
        let share = due / parts;
        for _ in 1..parts {
            self.transfer(payment, share, Defect::Split);
        }
        self.transfer(payment, due - share * (parts - 1), Defect::Split);
    }

    fn reversed(&mut self, payment: &OpenPayment, due: i64) {
        self.transfer(payment, due, Defect::Reversed);
        let Some(credit) = self.lines.last() else { return };
        let date = after(credit.booking_date, 3);
        let reversal = SimulatedLine {
            booking_date: date,
            value_date: date,
            direction: Direction::Debit,
            is_reversal: true,
            is_matchable: false,
            ..credit.clone()
        };
        self.lines.push(reversal);
    }

    /// Adds a transfer for one payment.
    fn transfer(&mut self, payment: &OpenPayment, minor: i64, defect: Defect) {
        let mut line = self.line(&payment.payer, minor, defect);
        line.allocations = vec![self.allocation(payment, minor)];
        line.is_matchable = defect != Defect::NoReference;
        match defect {
            Defect::Mistyped => {
                let reference = mistyped(&payment.creditor_reference, &mut self.rng);
                line.text = self.phrase(&reference);
            }
            Defect::NoReference => "Tuition fees thank you".clone_into(&mut line.text),
            _ => self.put_reference(payment, &mut line),
        }
        self.lines.push(line);
    }

    /// Adds one transfer for several payments, with all their references.
    fn merged(&mut self, payments: &[&OpenPayment]) {
        let total =
            payments.iter().fold(0_i64, |sum, payment| sum.saturating_add(payment.outstanding.minor()));
        let payer = payments.first().map_or("", |payment| &payment.payer);
        let mut line = self.line(payer, total, Defect::Merged);
        let references: Vec<_> = payments.iter().map(|payment| payment.creditor_reference.as_str()).collect();
        line.text = format!("Fees {}", references.join(" "));
        line.allocations =
            payments.iter().map(|payment| self.allocation(payment, payment.outstanding.minor())).collect();
        line.is_matchable = true;
        self.lines.push(line);
    }

    /// Adds a charge of the bank or a credit that pays no payment.
    fn unrelated(&mut self) {
        let minor = self.rng.i64(100..5_000);
        let mut line = self.line("Simulated Bank", minor, Defect::Unrelated);
        if self.rng.bool() {
            line.direction = Direction::Debit;
            "Account charges".clone_into(&mut line.text);
        } else {
            "Interest".clone_into(&mut line.text);
        }
        self.lines.push(line);
    }

    fn line(&mut self, name: &str, minor: i64, defect: Defect) -> SimulatedLine {
        let late = if defect == Defect::Late { LATE_DAYS } else { 0 };
        let booking_date = after(self.options.first_day, self.rng.u64(0..PERIOD_DAYS).saturating_add(late));
        SimulatedLine {
            bank_id: String::new(),
            booking_date,
            value_date: after(booking_date, self.rng.u64(0..2)),
            direction: Direction::Credit,
            amount: Money::from_minor(minor, self.options.currency),
            is_reversal: false,
            charges: None,
            name: bank_text(name, MAX_NAME_CHARS),
            iban: iban(PAYER_BANK, self.rng.u64(..)),
            creditor_reference: None,
            text: String::new(),
            end_to_end_id: None,
            defect,
            allocations: Vec::new(),
            is_matchable: false,
        }
    }

    /// Puts the unchanged reference where payers put it.
    fn put_reference(&mut self, payment: &OpenPayment, line: &mut SimulatedLine) {
        let reference = &payment.creditor_reference;
        match self.rng.u8(0..6) {
            0 => line.creditor_reference = Some(reference.clone()),
            1 => line.end_to_end_id = Some(reference.clone()),
            2 => line.text = self.phrase(&payment.reference),
            3 => line.text = self.phrase(&grouped(reference)),
            4 => line.text = self.phrase(&reference.to_lowercase()),
            _ => line.text = self.phrase(reference),
        }
    }

    /// Puts a reference into a sentence, long enough that some are cut within the reference.
    fn phrase(&mut self, reference: &str) -> String {
        let before = ["", "Tuition ", "Payment of the tuition fees ", "Autumn term fees of the student "];
        let before = self.rng.choice(before).unwrap_or_default();
        let behind = self.rng.choice(["", " with thanks", " autumn term"]).unwrap_or_default();
        format!("{before}{reference}{behind}")
    }

    fn allocation(&self, payment: &OpenPayment, minor: i64) -> TrueAllocation {
        let amount = Money::from_minor(minor, self.options.currency).to_string();
        TrueAllocation { reference: payment.reference.clone(), amount }
    }
}

fn after(date: NaiveDate, days: u64) -> NaiveDate {
    date.checked_add_days(Days::new(days)).unwrap_or(date)
}

/// Writes a reference in groups of four, as on paper.
fn grouped(reference: &str) -> String {
    super::text::pieces(reference, 4).join(" ")
}

/// Substitutes one character after `RF`, or transposes two different neighbours. The check digits detect both.
fn mistyped(reference: &str, rng: &mut Rng) -> String {
    let mut chars: Vec<char> = reference.chars().collect();
    let last = chars.len().saturating_sub(1);
    let transposable: Vec<_> = (2..last).filter(|index| chars.get(*index) != chars.get(index + 1)).collect();
    match rng.choice(&transposable) {
        Some(index) if rng.bool() => chars.swap(*index, index + 1),
        _ => {
            let index = rng.usize(2..=last.max(2));
            if let Some(char) = chars.get_mut(index) {
                let digit = char::from(rng.u8(b'0'..=b'9'));
                *char = if *char == digit { 'X' } else { digit };
            }
        }
    }
    chars.into_iter().collect()
}
