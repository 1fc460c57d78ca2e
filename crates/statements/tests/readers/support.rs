//! Files and simulated statements for the tests of the readers.

use std::io::Cursor;
use std::ops::ControlFlow;

use chrono::NaiveDate;
use hermes_domain::money::Money;
use hermes_statements::sim::{OpenPayment, Simulation, SimulationOptions};
use hermes_statements::{
    Account, CsvProfile, Direction, FileSummary, Item, ReadError, ReadOptions, StatementHeader,
    StatementLine, StatementSummary, read,
};

/// The IBAN of the institution.
pub const IBAN: &str = "DE89370400440532013000";

/// The parts of a file that was read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Parts {
    pub headers: Vec<StatementHeader>,
    pub lines: Vec<StatementLine>,
    pub summaries: Vec<StatementSummary>,
}

/// Returns the minor units by which a line changes the balance: negative for a debit.
pub fn signed_minor(line: &StatementLine) -> i64 {
    match line.direction {
        Direction::Credit => line.amount.minor(),
        Direction::Debit => -line.amount.minor(),
    }
}

/// Reads a file with the profile of the simulated bank.
pub fn read_all(file: &[u8]) -> Result<Parts, ReadError> {
    read_with(file, &ReadOptions { csv_profile: Some(profile("bank-sim")), ..ReadOptions::default() })
}

/// Reads a file without a profile.
pub fn read_plain(file: &[u8]) -> Result<Parts, ReadError> {
    read_with(file, &ReadOptions::default())
}

pub fn read_with(file: &[u8], options: &ReadOptions) -> Result<Parts, ReadError> {
    let mut parts = Parts::default();
    let summary = read(Cursor::new(file), options, &mut |item| {
        match item {
            Item::Header(header) => parts.headers.push(header),
            Item::Line(line) => parts.lines.push(*line),
            Item::Summary(summary) => parts.summaries.push(summary),
        }
        ControlFlow::Continue(())
    })?;
    let lines = u64::try_from(parts.lines.len()).unwrap();
    assert_eq!(summary, FileSummary { statements: u64::try_from(parts.headers.len()).unwrap(), lines });
    assert_eq!(parts.headers.len(), parts.summaries.len());
    Ok(parts)
}

/// Reads a file and counts its lines, without storing them.
pub fn count_lines(file: &[u8]) -> usize {
    let options = ReadOptions { csv_profile: Some(profile("bank-sim")), ..ReadOptions::default() };
    let mut lines = 0;
    read(Cursor::new(file), &options, &mut |item| {
        lines += usize::from(matches!(item, Item::Line(_)));
        ControlFlow::Continue(())
    })
    .unwrap();
    lines
}

/// Returns the message of the refusal.
pub fn refusal(file: &[u8]) -> String {
    read_plain(file).unwrap_err().to_string()
}

/// Loads a profile of `config/statements`.
pub fn profile(name: &str) -> CsvProfile {
    let path = format!("{}/../../config/statements/{name}.toml", env!("CARGO_MANIFEST_DIR"));
    toml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Simulates transfers for a number of payments in a currency.
pub fn simulation(seed: u64, payments: u32, currency: &str) -> Simulation {
    let currency = currency.parse().unwrap();
    let payments: Vec<_> = (1..=payments)
        .map(|number| {
            let reference = format!("REF{number:03}");
            OpenPayment {
                creditor_reference: format!("RF{:02}{reference}", creditor_check(&reference)),
                reference,
                outstanding: Money::from_minor(i64::from(number) * 7_919 + 13, currency),
                payer: format!("Ánna O'Payer & Sons/{number}"),
            }
        })
        .collect();
    let account = Account { number: IBAN.to_owned() };
    let first_day = NaiveDate::from_ymd_opt(2026, 9, 1).unwrap();
    Simulation::run(SimulationOptions { seed, account, currency, first_day }, &payments)
}

/// Computes the check digits of ISO 11649.
fn creditor_check(reference: &str) -> u32 {
    let digits = format!("{reference}RF00");
    let remainder = digits.chars().fold(0, |remainder, char| {
        let value = char.to_digit(36).unwrap();
        (remainder * if value > 9 { 100 } else { 10 } + value) % 97
    });
    98 - remainder
}

/// Creates a camt.053 file of version 08 with two lines: 100.00 in, 30.00 out.
pub fn camt053(entries: &str, closing: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">\
         <BkToCstmrStmt><GrpHdr><MsgId>M1</MsgId></GrpHdr><Stmt><Id>S1</Id>\
         <Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>{}{}{entries}</Stmt></BkToCstmrStmt></Document>",
        balance("OPBD", "1000.00"),
        balance("CLBD", closing),
    )
}

/// Creates a camt.054 file of version 08.
pub fn camt054(entries: &str) -> String {
    format!(
        "<n:Document xmlns:n=\"urn:iso:std:iso:20022:tech:xsd:camt.054.001.08\"><n:BkToCstmrDbtCdtNtfctn><Ntfctn>\
         <Id>N1</Id><Acct><Id><IBAN>{IBAN}</IBAN></Id><Ccy>EUR</Ccy></Acct>{entries}</Ntfctn>\
         </n:BkToCstmrDbtCdtNtfctn></n:Document>"
    )
}

pub fn balance(code: &str, amount: &str) -> String {
    format!(
        "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"EUR\">{amount}</Amt>\
         <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-11-23</Dt></Dt></Bal>"
    )
}

/// Creates an entry with further elements behind its dates.
pub fn entry(amount: &str, direction: &str, more: &str) -> String {
    format!(
        "<Ntry><Amt Ccy=\"EUR\">{amount}</Amt><CdtDbtInd>{direction}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
         <BookgDt><Dt>2026-11-23</Dt></BookgDt><ValDt><DtTm>2026-11-24T00:00:00+01:00</DtTm></ValDt>{more}</Ntry>"
    )
}
