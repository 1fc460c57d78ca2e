//! The checks after the last fault: no booking is lost or doubled, and no number is missing.

use std::collections::{BTreeMap, HashMap};

use sea_orm::Database;

use crate::list::parse_number;
use crate::run::Run;
use crate::support::process::HermesProcess;
use crate::support::rows;

/// Log texts that only a defect of Hermes causes, never an injected fault.
const NEVER_LOGGED: [&str; 2] = ["panicked at", "changed outside Hermes"];

/// Compares the rows of the database with the acknowledged bookings; returns the number of payments.
pub async fn check_rows(run: &Run, url: &str) -> usize {
    let database = Database::connect(url).await.unwrap();
    let pairs: Vec<(String, String)> =
        rows::query_pairs(&database, "SELECT reference, email FROM payments").await;
    database.close().await.unwrap();
    let count = pairs.len();
    let rows: BTreeMap<u64, String> =
        pairs.into_iter().map(|(reference, email)| (parse_number(&reference).unwrap(), email)).collect();
    assert_eq!(rows.len(), count, "a reference exists twice");

    let gaps: Vec<_> =
        rows.keys().zip(1..).filter(|(number, expected)| **number != *expected).take(3).collect();
    if !gaps.is_empty() {
        run.report_anomaly(&format!("references have a gap: (actual, expected) {gaps:?}"));
    }
    let mut numbers: HashMap<&str, u64> = HashMap::new();
    for (number, email) in &rows {
        if let Some(first) = numbers.insert(email, *number) {
            run.report_anomaly(&format!("{email} was booked twice: REF{first:03} and REF{number:03}"));
        }
    }
    for (number, acknowledged) in run.record.all() {
        let stored = rows.get(&number);
        if stored != Some(&acknowledged.email) {
            let expected = run.record.describe(number..=number);
            run.report_anomaly(&format!("lost: the database has {stored:?} instead of\n{expected}"));
        }
    }
    rows.len()
}

pub fn check_audit_log(run: &Run, instance: &HermesProcess) {
    let output = instance.run(&["audit", "verify"]);
    if !output.status.success() {
        let text = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        run.report_anomaly(&format!("audit verify: {text:?}"));
    }
}

/// Checks that the log contains no panic and no cached list that differs from the database at the same head.
pub fn check_log(run: &Run, number: usize, instance: &HermesProcess) {
    let log = instance.log();
    let is_defect = |line: &&str| NEVER_LOGGED.iter().any(|text| line.contains(text));
    for line in log.lines().filter(is_defect).take(3) {
        run.report_anomaly(&format!("instance {number} logged: {line}"));
    }
}
