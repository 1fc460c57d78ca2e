//! Many bookings at once, made by the database itself out of a row of numbers.
//!
//! They are whole for a reader: each payment keeps its invariants and has its four checks, and the head goes on after
//! the last reference. They have no audit rows and no events, which no list reads.

use anyhow::{Context, Result};
use hermes_domain::payment::CheckKind;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};

use crate::system::{Kind, Store};

/// The bookings of one transaction.
const SLICE: u32 = 50_000;

/// When the first was booked, in seconds of Unix time; each is booked a second after the one before.
const FIRST_AT_S: u32 = 1_767_225_600;

/// Fills an empty database with bookings.
pub async fn fill(store: &Store, bookings: u32) -> Result<()> {
    let mut options = ConnectOptions::new(&store.url);
    options.max_connections(1).sqlx_logging(false);
    let connection = Box::pin(Database::connect(options)).await?;
    // What is lost in a crash of the machine is filled anew.
    let quick = match store.kind {
        Kind::Sqlite => "PRAGMA journal_mode = WAL; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF",
        Kind::MariaDb => "SET SESSION foreign_key_checks = 0, unique_checks = 0",
        Kind::MySql => {
            "SET SESSION foreign_key_checks = 0, unique_checks = 0, cte_max_recursion_depth = 1000000"
        }
    };
    connection.execute_unprepared(quick).await?;
    let mut first = 1;
    while first <= bookings {
        let last = bookings.min(first + SLICE - 1);
        slice(&connection, store.kind, first, last).await.context("the table was not filled")?;
        first = last + 1;
    }
    let head = format!("UPDATE ledger_head SET seq = 1, next_reference = {}", bookings + 1);
    connection.execute_unprepared(&head).await?;
    connection.close().await?;
    Ok(())
}

async fn slice(connection: &DatabaseConnection, kind: Kind, first: u32, last: u32) -> Result<()> {
    let numbers = match kind {
        Kind::MariaDb => format!("(SELECT seq AS n FROM seq_{first}_to_{last}) AS numbers"),
        Kind::Sqlite | Kind::MySql => format!(
            "(WITH RECURSIVE row_of(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM row_of WHERE n < {last}) \
             SELECT n FROM row_of) AS numbers"
        ),
    };
    let (id, at, reference, email) = expressions(kind);
    let payments = format!(
        "INSERT INTO payments (id, reference, page_token, name, email, email_key, school, student_id, \
         sender_full_name, country_from, sender_address, currency_from, amount, amount_received, fee_amount, \
         final_amount, fee_rate_bps, fee_rule, fee_bearer, status, validation_status, version, created_at, \
         updated_at) \
         SELECT {id}, {reference}, {id}, 'Ana Ruiz', {email}, {email}, 'Harvard University', 'HRV001', \
         'Ana Maria Ruiz', 'USA', '123 Test Street, Springfield', 'USD', 125000, 0, 3750, 128750, 300, 'medium', \
         'PAYER', 'PENDING', 'PASSED', 1, {at}, {at} FROM {numbers}"
    );
    let kinds = CheckKind::ALL.map(|kind| {
        format!("SELECT '{kind}' AS kind, '{message}' AS message", message = kind.passed_message())
    });
    let checks = format!(
        "INSERT INTO validation_results (payment_id, check_type, check_result, check_message, created_at) \
         SELECT {id}, kinds.kind, 'PASSED', kinds.message, {at} FROM {numbers} CROSS JOIN \
         ({kinds}) AS kinds ORDER BY n, kind",
        kinds = kinds.join(" UNION ALL "),
    );
    connection.execute_unprepared(&payments).await?;
    connection.execute_unprepared(&checks).await?;
    Ok(())
}

/// The identifier (of the form of a UUIDv7, in the order of time), the instant, the reference and the address of
/// number `n`.
fn expressions(kind: Kind) -> (String, String, &'static str, &'static str) {
    match kind {
        Kind::Sqlite => (
            format!("unhex(printf('%012x70008000%012x', ({FIRST_AT_S} + n) * 1000, n))"),
            format!("strftime('%Y-%m-%dT%H:%M:%S', {FIRST_AT_S} + n, 'unixepoch') || '+00:00'"),
            "printf('REF%03d', n)",
            "printf('p%d@example.org', n)",
        ),
        Kind::MariaDb | Kind::MySql => (
            format!(
                "UNHEX(CONCAT(LPAD(HEX(({FIRST_AT_S} + n) * 1000), 12, '0'), '70008000', LPAD(HEX(n), 12, '0')))"
            ),
            "DATE_ADD('2026-01-01', INTERVAL n SECOND)".to_owned(),
            "CONCAT('REF', IF(n < 1000, LPAD(n, 3, '0'), n))",
            "CONCAT('p', n, '@example.org')",
        ),
    }
}
