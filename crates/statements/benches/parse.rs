//! Compares the reader of camt.053 with a bare walk of the parser over the same file of 50,000 entries.
//!
//! The reference is fair because both read the file from disk through the same parser; the reader also decodes,
//! matches elements, parses amounts and dates, and identifies each line. The pairs alternate, so that a slow moment of
//! the machine affects both. `cargo bench -p hermes-statements` runs it; `--test` only checks that it works.
#![allow(
    clippy::as_conversions,
    clippy::float_arithmetic,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a measurement; a panic fails it"
)]

#[path = "../tests/readers/allocations.rs"]
mod allocations;

use std::fs::File;
use std::io::{BufReader, Write};
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use chrono::NaiveDate;
use hermes_domain::money::Money;
use hermes_domain::payment::Reference;
use hermes_statements::sim::{OpenPayment, Simulation, SimulationOptions, simulated_iban};
use hermes_statements::{Account, FileSummary, ReadOptions, read};
use quick_xml::Reader;
use quick_xml::events::Event;

/// The pairs of measurements.
const PAIRS: usize = 11;

fn main() {
    let is_test = std::env::args().any(|argument| argument == "--test");
    let (payments, pairs) = if is_test { (500, 2) } else { (43_000, PAIRS) };
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(statement(payments).as_bytes()).unwrap();
    let megabytes = file.metadata().unwrap().len() as f64 / 1e6;

    let (summary, peak) = allocations::peak_bytes_during(|| parse(&file));
    let mut measured: Vec<_> = (0..pairs)
        .map(|_| (timed(|| walk(&file)), timed(|| parse(&file))))
        .map(|(walk, parse)| (parse.as_secs_f64() / walk.as_secs_f64(), parse, walk))
        .collect();
    measured.sort_by(|a, b| a.0.total_cmp(&b.0));
    let ratios: Vec<_> = measured.iter().map(|(ratio, ..)| format!("{ratio:.2}")).collect();
    let (ratio, parse, walk) = measured[measured.len() / 2];
    println!("{} lines, {megabytes:.1} MB, {} events", summary.lines, self::walk(&file));
    println!("ratio {ratio:.2} ({}); {parse:.0?} against {walk:.0?}", ratios.join(", "));
    println!("peak memory {:.1} MiB", peak as f64 / f64::from(1 << 20));
}

fn timed<T>(action: impl FnOnce() -> T) -> Duration {
    let began = Instant::now();
    std::hint::black_box(action());
    began.elapsed()
}

/// Reads the statement with the reader of Hermes.
fn parse(file: &File) -> FileSummary {
    let mut lines = 0;
    let summary = read(file, &ReadOptions::default(), &mut |item| {
        lines += u64::from(matches!(item, hermes_statements::Item::Line(_)));
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(lines, summary.lines);
    summary
}

/// Walks all events of the parser, and returns their number.
fn walk(file: &File) -> u64 {
    use std::io::Seek;
    let mut file = file;
    file.rewind().unwrap();
    let mut reader = Reader::from_reader(BufReader::new(file));
    let mut buffer = Vec::new();
    let mut events = 0;
    while !matches!(reader.read_event_into(&mut buffer).unwrap(), Event::Eof) {
        events += 1;
        buffer.clear();
    }
    events
}

fn statement(payments: i64) -> String {
    let currency = "EUR".parse().unwrap();
    let payments: Vec<_> = (1..=payments)
        .map(|number| {
            let reference = Reference::new(number).unwrap();
            OpenPayment {
                reference: reference.to_string(),
                creditor_reference: reference.creditor_reference(),
                outstanding: Money::from_minor(number * 17 + 5_000, currency),
                payer: format!("Payer Number {number}"),
            }
        })
        .collect();
    let account = Account { number: simulated_iban() };
    let first_day = NaiveDate::from_ymd_opt(2026, 9, 1).unwrap();
    Simulation::run(SimulationOptions { seed: 7, account, currency, first_day }, &payments).camt053(8)
}
