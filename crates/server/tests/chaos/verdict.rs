//! What must hold when all is mended: nothing is lost, nothing is there twice, no number is missing.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection, Statement};

use crate::instance::Instance;
use crate::list::number_of;
use crate::run::Run;

/// What the log has only when the program is at fault.
const NEVER_LOGGED: [&str; 2] = ["panicked at", "the cached list is not what the database says"];

/// Holds the rows of the database against the record; returns how many payments there are.
pub async fn check_rows(run: &Run, url: &str) -> usize {
    let database = Database::connect(url).await.unwrap();
    let rows = payments(&database).await;
    database.close().await.unwrap();

    let gaps: Vec<_> =
        rows.keys().zip(1..).filter(|(number, expected)| **number != *expected).take(3).collect();
    if !gaps.is_empty() {
        run.anomaly(&format!("references have a gap: (is, should be) {gaps:?}"));
    }
    let mut numbers: HashMap<&str, u64> = HashMap::new();
    for (number, email) in &rows {
        if let Some(first) = numbers.insert(email, *number) {
            run.anomaly(&format!("{email} was booked twice: REF{first:03} and REF{number:03}"));
        }
    }
    for (number, acknowledged) in run.record.all() {
        let stored = rows.get(&number);
        if stored != Some(&acknowledged.email) {
            let story = run.record.tell(number..=number);
            run.anomaly(&format!("lost: the database has {stored:?} where\n{story}"));
        }
    }
    rows.len()
}

/// The payers by the numbers of their references.
async fn payments(database: &DatabaseConnection) -> BTreeMap<u64, String> {
    let sql = "SELECT reference, email FROM payments";
    let statement = Statement::from_string(database.get_database_backend(), sql);
    let rows = database.query_all_raw(statement).await.unwrap();
    let payments: Vec<(String, String)> =
        rows.iter().map(|row| (row.try_get_by_index(0).unwrap(), row.try_get_by_index(1).unwrap())).collect();
    let count = payments.len();
    let payments: BTreeMap<_, _> =
        payments.into_iter().map(|(reference, email)| (number_of(&reference).unwrap(), email)).collect();
    assert_eq!(payments.len(), count, "a reference is there twice");
    payments
}

/// Walks the audit log.
pub fn check_audit(run: &Run, instance: &Instance) {
    let output = instance.run(&["audit", "verify"]);
    if !output.status.success() {
        let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
        run.anomaly(&format!("audit verify: {said:?}"));
    }
}

/// No fault outside may make the program panic, or keep a list that is not the database's at the same head.
pub fn check_log(run: &Run, instance: &Instance) {
    let log = instance.log();
    let is_fault = |line: &&str| NEVER_LOGGED.iter().any(|text| line.contains(text));
    for line in log.lines().filter(is_fault).take(3) {
        run.anomaly(&format!("{} has logged: {line}", instance.name));
    }
}
