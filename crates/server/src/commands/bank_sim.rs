//! `hermes bank-sim`: writes statements of a simulated bank for the open payments.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, ensure};
use chrono::NaiveDate;
use hermes_domain::institution;
use hermes_domain::money::Currency;
use hermes_domain::payment::Payment;
use hermes_domain::ports::{Page, PaymentFilter, PaymentReader, Position, reader_limits};
use hermes_repository::SqlPaymentReader;
use hermes_statements::Account;
use hermes_statements::sim::{OpenPayment, Simulation, SimulationOptions, simulated_iban};

use super::print_line;
use crate::cli::BankSim;
use crate::{compose, config, logging};

/// The open payments of one currency, and the day after the last of them was booked.
#[derive(Default)]
struct OpenPayments {
    payments: Vec<OpenPayment>,
    first_day: NaiveDate,
}

/// Executes the command.
pub(super) async fn run(what: &BankSim) -> Result<ExitCode> {
    let configuration = config::load()?;
    logging::start(configuration.settings.log.format, "warn");
    let database = compose::open_database(&configuration.settings).await?;
    let open = open_payments(&SqlPaymentReader::new(&database)).await;
    database.close().await;
    let open = open?;
    ensure!(!open.is_empty(), "no payment is open; book payments first");
    fs::create_dir_all(&what.out).with_context(|| format!("cannot create {}", what.out.display()))?;
    for (currency, OpenPayments { payments, first_day }) in open {
        let currency = currency.parse()?;
        let accounts = &configuration.rules.institution.accounts;
        let number = what.account.clone().or_else(|| account_in(accounts, currency));
        let account = Account { number: number.unwrap_or_else(simulated_iban) };
        let options = SimulationOptions { seed: what.seed, account, currency, first_day };
        let simulation = Simulation::run(options, &payments);
        write_files(&simulation, what, &format!("sim{}-{currency}", what.seed))?;
        print_line(&format!(
            "{currency}: {} lines for {} payments",
            simulation.lines().len(),
            payments.len()
        ))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Returns the number of the institution's account in a currency, by letters and digits. An example account does not count.
fn account_in(accounts: &[institution::Account], currency: Currency) -> Option<String> {
    let account = accounts.iter().find(|account| account.currency == currency && !account.is_example)?;
    let number = account.number.as_str();
    Some(number.chars().filter(char::is_ascii_alphanumeric).collect())
}

/// Reads the open payments by currency.
async fn open_payments(reader: &SqlPaymentReader) -> Result<BTreeMap<&'static str, OpenPayments>> {
    let mut open: BTreeMap<&str, OpenPayments> = BTreeMap::new();
    let filter = PaymentFilter::default();
    let mut page = Page::First;
    loop {
        let list = reader.list(&filter, page, reader_limits::PAGE_MAX).await?.value;
        for payment in list.payments.iter().filter(|payment| payment.amount_outstanding().minor() > 0) {
            open.entry(payment.amount_due().currency().code()).or_default().add(payment);
        }
        match list.payments.last() {
            Some(last) if list.has_next => page = Page::After(Position::from(last)),
            _ => return Ok(open),
        }
    }
}

impl OpenPayments {
    fn add(&mut self, payment: &Payment) {
        let booked = payment.created_at.date_naive();
        self.first_day = self.first_day.max(booked.succ_opt().unwrap_or(booked));
        let details = &payment.details;
        let payer = details.sender_full_name.as_ref().unwrap_or(&details.name);
        self.payments.push(OpenPayment {
            reference: payment.reference.to_string(),
            creditor_reference: payment.reference.creditor_reference(),
            outstanding: payment.amount_outstanding(),
            payer: payer.clone(),
        });
    }
}

fn write_files(simulation: &Simulation, what: &BankSim, name: &str) -> Result<()> {
    let files = [
        ("camt053.xml", simulation.camt053(what.camt_version)),
        ("mt940.sta", simulation.mt940()),
        ("csv", simulation.csv()),
        ("truth.json", simulation.truth()),
    ];
    files.iter().try_for_each(|(extension, text)| write_file(&what.out, &format!("{name}.{extension}"), text))
}

fn write_file(folder: &Path, name: &str, text: &str) -> Result<()> {
    let path = folder.join(name);
    fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
}
