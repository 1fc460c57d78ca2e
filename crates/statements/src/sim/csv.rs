//! Writes a simulated statement as CSV. `config/statements/bank-sim.toml` is its profile.

use super::{SimulatedLine, Simulation};
use crate::Direction;

/// The row with the names of the columns.
const HEADER: &str = "account,currency,booking_date,value_date,amount,balance,bank_id,reversal,charges,name,iban,\
                      creditor_reference,end_to_end_id,text";

impl Simulation {
    /// Writes the statement as CSV with running balances.
    pub fn csv(&self) -> String {
        let mut out = format!("{HEADER}\r\n");
        let mut balance = self.opening;
        for line in &self.lines {
            balance = match line.direction {
                Direction::Credit => balance.checked_add(line.amount),
                Direction::Debit => balance.checked_sub(line.amount),
            }
            .unwrap_or(balance);
            let fields = self.fields(line, &balance.to_string());
            out.push_str(&fields.map(|field| quoted(&field)).join(","));
            out.push_str("\r\n");
        }
        out
    }

    fn fields(&self, line: &SimulatedLine, balance: &str) -> [String; 14] {
        let sign = if line.direction == Direction::Debit { "-" } else { "" };
        [
            self.options.account.number.clone(),
            self.options.currency.to_string(),
            line.booking_date.to_string(),
            line.value_date.to_string(),
            format!("{sign}{}", line.amount),
            balance.to_owned(),
            line.bank_id.clone(),
            if line.is_reversal { "yes".to_owned() } else { String::new() },
            line.charges.map(|charges| charges.to_string()).unwrap_or_default(),
            line.name.clone(),
            line.iban.clone(),
            line.creditor_reference.clone().unwrap_or_default(),
            line.end_to_end_id.clone().unwrap_or_default(),
            line.text.clone(),
        ]
    }
}

/// Quotes a field that contains a separator or a quotation mark (RFC 4180).
fn quoted(field: &str) -> String {
    if field.contains([',', '"']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field.to_owned() }
}
