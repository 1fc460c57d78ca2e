//! The import of a bank statement of 10,000 lines against 50,000 open payments, and the list reads meanwhile.
//!
//! The simulated bank writes the statement, with all its defects, so that lines without a reference are matched by amount,
//! name and date. The time counts from the upload to the state `done`. **Reference of the reads:** the same reads of the same
//! list before the import. A reader sends at planned times and measures from them, so that a stall cannot hide.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use chrono::NaiveDate;
use hermes_domain::money::{Currency, Money};
use hermes_domain::payment::Reference;
use hermes_statements::Account;
use hermes_statements::sim::{OpenPayment, Simulation, SimulationOptions, simulated_iban};
use serde_json::Value;
use tokio::task::JoinSet;

use super::harness::Harness;
use crate::load::Connection;
use crate::report::{Limit, Row};
use crate::scale::Scale;
use crate::statistics::{Latencies, format_count, format_duration, format_number, millis};
use crate::system::{DatabaseKind, Hermes};

const CALLERS: usize = 64;
/// The time between two planned reads of the list.
const READ_INTERVAL: Duration = Duration::from_millis(20);
const IDLE_TIME: Duration = Duration::from_secs(20);
const POLL_INTERVAL: Duration = Duration::from_millis(100);
/// The required time of the import, in seconds.
const SECONDS_MAX: f64 = 30.0;
/// The required p99 of the reads during the import, as a multiple of the p99 before it.
const P99_RATIO_MAX: f64 = 3.0;
/// The defects lead to 114 lines per 100 payments.
const LINES_PER_100_PAYMENTS: u32 = 114;
/// The simulated bank uses an account that the example institution does not have.
const SETTINGS: [(&str, &str); 1] = [("HERMES__STATEMENTS__ANY_ACCOUNT", "true")];

/// Measures on MariaDB.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let mut harness = Harness::start(DatabaseKind::MariaDb).await?;
    let hermes = harness.hermes(&SETTINGS).await?;
    let payments = book(hermes.port(), scale.open_payments).await?;
    let paid = usize::try_from(scale.statement_lines * 100 / LINES_PER_100_PAYMENTS)?;
    let statement = statement(payments.get(..paid).context("fewer payments than lines")?);

    read_list_for(hermes.port(), scale.warm_up).await?;
    let idle = read_list_for(hermes.port(), IDLE_TIME.min(scale.overload)).await?;
    let is_done = Arc::new(AtomicBool::new(false));
    let reads = tokio::spawn(read_list(hermes.port(), Arc::clone(&is_done)));
    let started = Instant::now();
    let report = import(&hermes, &statement).await?;
    let seconds = started.elapsed().as_secs_f64();
    is_done.store(true, Ordering::Relaxed);
    let busy = reads.await??;

    let case = format!(
        "import of {} lines against {} open payments, MariaDB",
        field(&report, "lines"),
        format_count(payments.len())
    );
    let measured = format!(
        "**{} s**; {} lines posted, {} as credit",
        format_number(seconds),
        field(&report, "posted"),
        field(&report, "unallocated")
    );
    let ratio = millis(busy.p99()) / millis(idle.p99());
    let reads = format!(
        "**{}**; {} against {} before (p50 {} against {}), {} reads",
        format_number(ratio),
        format_duration(busy.p99()),
        format_duration(idle.p99()),
        format_duration(busy.p50()),
        format_duration(idle.p50()),
        format_count(busy.count())
    );
    Ok(vec![
        Row::limited(&case, Limit::AtMost(SECONDS_MAX), "s", seconds, measured),
        Row::limited(
            "the same: p99 of list reads",
            Limit::AtMost(P99_RATIO_MAX),
            "of the p99 before",
            ratio,
            reads,
        ),
    ])
}

/// Books payments of different payers and amounts, and returns what each still has to receive.
async fn book(port: u16, count: u32) -> Result<Vec<OpenPayment>> {
    let (next, mut callers) = (Arc::new(AtomicU32::new(0)), JoinSet::new());
    for _ in 0..CALLERS {
        callers.spawn(book_until(port, Arc::clone(&next), count));
    }
    let mut payments = Vec::new();
    while let Some(booked) = callers.join_next().await {
        payments.extend(booked??);
    }
    Ok(payments)
}

async fn book_until(port: u16, next: Arc<AtomicU32>, count: u32) -> Result<Vec<OpenPayment>> {
    let (mut connection, mut payments) = (Connection::open(port).await?, Vec::new());
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= count {
            return Ok(payments);
        }
        let payer = format!("Payer{} Number{}", number % 211, number % 1_009);
        let amount = 100 + number % 899;
        let body = format!(
            r#"{{"name":"{payer}","email":"p{number}@example.org","amount":"{amount}","currency_from":"USD"}}"#
        );
        let response = connection.send(&request("POST", "/api/bookings", "application/json", &body)).await?;
        ensure!(response.status == 201, "unexpected status {} of a booking", response.status);
        let booked: Value = serde_json::from_slice(&response.body)?;
        let reference = Reference::parse(field(&booked, "reference").as_str().context("no reference")?)?;
        let outstanding = field(&booked, "amount_due").as_str().context("no amount due")?;
        payments.push(OpenPayment {
            reference: reference.to_string(),
            creditor_reference: reference.creditor_reference(),
            outstanding: Money::parse(outstanding, Currency::USD)?,
            payer,
        });
    }
}

fn statement(payments: &[OpenPayment]) -> String {
    let account = Account { number: simulated_iban() };
    let first_day = NaiveDate::from_ymd_opt(2026, 9, 1).unwrap_or_default();
    let options = SimulationOptions { seed: 7, account, currency: Currency::USD, first_day };
    Simulation::run(options, payments).camt053(8)
}

/// Uploads the statement and waits until all lines are posted or proposed. Returns the report.
async fn import(hermes: &Hermes, statement: &str) -> Result<Value> {
    let mut connection = Connection::open(hermes.port()).await?;
    let upload = request("POST", "/api/statements", "application/xml", statement);
    let response = connection.send(&upload).await?;
    ensure!(response.status == 202, "unexpected status: {}", String::from_utf8_lossy(&response.body));
    let path = response.header("location").context("no location")?.to_owned();
    loop {
        tokio::time::sleep(POLL_INTERVAL).await;
        let report: Value = serde_json::from_slice(&hermes.get(&path).await?.body)?;
        match field(&report, "state").as_str() {
            Some("done") => return Ok(report),
            Some("checking" | "posting") => {}
            _ => bail!("unexpected report: {report}"),
        }
    }
}

/// Returns a field of a response, or null.
fn field<'a>(response: &'a Value, name: &str) -> &'a Value {
    response.get(name).unwrap_or(&Value::Null)
}

async fn read_list_for(port: u16, length: Duration) -> Result<Latencies> {
    let is_done = Arc::new(AtomicBool::new(false));
    let reads = tokio::spawn(read_list(port, Arc::clone(&is_done)));
    tokio::time::sleep(length).await;
    is_done.store(true, Ordering::Relaxed);
    reads.await?
}

/// Reads the list at planned times until `is_done`, and returns the latencies since those times.
async fn read_list(port: u16, is_done: Arc<AtomicBool>) -> Result<Latencies> {
    let (mut connection, mut latencies) = (Connection::open(port).await?, Vec::new());
    let read = request("GET", "/api/bookings", "application/json", "");
    let mut planned = Instant::now();
    while !is_done.load(Ordering::Relaxed) {
        tokio::time::sleep_until(planned.into()).await;
        let response = connection.send(&read).await?;
        ensure!(response.status == 200, "unexpected status {} of the list", response.status);
        latencies.push(planned.elapsed());
        planned += READ_INTERVAL;
    }
    Ok(latencies.into_iter().collect())
}

fn request(method: &str, path: &str, content_type: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}
