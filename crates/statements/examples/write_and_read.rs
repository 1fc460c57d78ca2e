//! Writes simulated statements of every format, version and kind of currency into a folder, reads them again, and
//! writes the lines that were read beside each file. `.ci/statements` compares them with independent readers.
#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a panic fails the check")]

use std::fs::{self, File};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use chrono::NaiveDate;
use hermes_domain::money::{Currency, Money};
use hermes_domain::payment::Reference;
use hermes_statements::sim::{OpenPayment, Simulation, SimulationOptions, simulated_iban};
use hermes_statements::{Account, Direction, Item, ReadOptions, StatementLine, read};

/// The payments of each simulation, which give all defects several times.
const PAYMENTS: i64 = 80;

fn main() {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap());
    for (seed, code) in [(1, "EUR"), (2, "JPY"), (3, "KWD"), (7, "USD")] {
        let simulation = simulation(seed, code.parse().unwrap());
        for version in 2..=14 {
            write_and_read(&folder, &format!("{code}.{version:02}.xml"), &simulation.camt053(version));
        }
        write_and_read(&folder, &format!("{code}.sta"), &simulation.mt940());
    }
}

fn simulation(seed: u64, currency: Currency) -> Simulation {
    let payments: Vec<_> = (1..=PAYMENTS)
        .map(|number| {
            let reference = Reference::new(number).unwrap();
            OpenPayment {
                reference: reference.to_string(),
                creditor_reference: reference.creditor_reference(),
                outstanding: Money::from_minor(number * 7_919 + 13, currency),
                payer: format!("Zoë O'Payer & Sons <{number}>"),
            }
        })
        .collect();
    let account = Account { number: simulated_iban() };
    // The lines cross the end of a year, and late ones the end of February.
    let first_day = NaiveDate::from_ymd_opt(2027, 12, 20).unwrap();
    Simulation::run(SimulationOptions { seed, account, currency, first_day }, &payments)
}

/// Writes a file, and its lines as booking date, value date and signed amount.
fn write_and_read(folder: &Path, name: &str, content: &str) {
    let path = folder.join(name);
    fs::write(&path, content).unwrap();
    let mut lines = String::new();
    read(File::open(&path).unwrap(), &ReadOptions::default(), &mut |item| {
        if let Item::Line(line) = item {
            let sign = if line.direction == Direction::Debit { "-" } else { "" };
            let StatementLine { booking_date, value_date, amount, .. } = *line;
            lines.push_str(&format!("{booking_date} {value_date} {sign}{amount}\n"));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    fs::write(folder.join(format!("{name}.lines")), lines).unwrap();
    println!("{name}");
}
