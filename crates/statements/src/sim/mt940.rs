//! Writes a simulated statement as MT940 in the SWIFT notation.

use hermes_domain::money::Money;

use super::text::pieces;
use super::{SimulatedLine, Simulation};
use crate::Direction;

/// The longest line of SWIFT, in characters.
const LINE_CHARS: usize = 65;
/// The longest reference of field `:61:`, in characters.
const REFERENCE_CHARS: usize = 16;

impl Simulation {
    /// Writes the statement as one MT940 message.
    pub fn mt940(&self) -> String {
        let (from, to) = self.period();
        let account = &self.options.account.number;
        let id: String = self.id().chars().take(REFERENCE_CHARS).collect();
        let mut lines = vec![format!(":20:{id}"), format!(":25:{account}"), ":28C:1/1".to_owned()];
        lines.push(format!(":60F:{}", balance(self.opening, &from.format("%y%m%d").to_string())));
        for line in &self.lines {
            lines.push(entry(line));
            if let Some(charges) = line.charges {
                lines.push(format!("/CHGS/{}{}/", charges.currency(), amount(charges)));
            }
            lines.extend(wrap(&format!(":86:{}", details(line))));
        }
        lines.push(format!(":62F:{}", balance(self.closing, &to.format("%y%m%d").to_string())));
        lines.push("-".to_owned());
        lines.join("\r\n") + "\r\n"
    }
}

fn balance(balance: Money, date: &str) -> String {
    let mark = if balance.minor() < 0 { 'D' } else { 'C' };
    let unsigned = Money::from_minor(balance.minor().saturating_abs(), balance.currency());
    format!("{mark}{date}{}{}", balance.currency(), amount(unsigned))
}

/// Writes an amount with a comma, which is mandatory.
fn amount(amount: Money) -> String {
    let text = amount.to_string();
    if text.contains('.') { text.replace('.', ",") } else { text + "," }
}

fn entry(line: &SimulatedLine) -> String {
    let mark = match (line.direction, line.is_reversal) {
        (Direction::Credit, false) => "C",
        (Direction::Debit, false) => "D",
        (Direction::Debit, true) => "RC",
        (Direction::Credit, true) => "RD",
    };
    let (value, booking) = (line.value_date.format("%y%m%d"), line.booking_date.format("%m%d"));
    format!(":61:{value}{booking}{mark}{}NTRFNONREF//{}", amount(line.amount), line.bank_id)
}

fn details(line: &SimulatedLine) -> String {
    let mut details = String::new();
    let mut add = |codeword: &str, value: &str| {
        if !value.is_empty() {
            details.push_str(&format!("/{codeword}/{value}"));
        }
    };
    add("EREF", line.end_to_end_id.as_deref().unwrap_or_default());
    if let Some(reference) = &line.creditor_reference {
        add("REMI", &format!("STRD/CUR/{reference}"));
    }
    if !line.text.is_empty() {
        add("REMI", &format!("USTD//{}", line.text));
    }
    add("NAME", &line.name);
    add("IBAN", &line.iban);
    details
}

/// Cuts a field into lines. A continuation line must not begin with `:` or `-`.
fn wrap(field: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces(field, LINE_CHARS) {
        let moved = lines.last_mut().filter(|_| piece.starts_with([':', '-'])).and_then(String::pop);
        lines.push(moved.into_iter().chain(piece.chars()).collect());
    }
    lines
}
