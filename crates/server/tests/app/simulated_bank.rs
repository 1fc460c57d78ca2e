//! The statements of simulated banks: whatever the format and the database, the books are the same and no posting is wrong.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sea_orm::{ConnectionTrait, DatabaseConnection};
use serde_json::Value;

use super::statements::{book, simulate};
use crate::support::{TestApp, TestEnvironment, rows};

/// The variable with the number of simulated banks; all fifty in the long form.
const SEEDS: &str = "HERMES_TEST_BANK_SEEDS";
const DEFAULT_SEEDS: u64 = 2;
/// The payments of a simulated bank.
const PAYMENTS: u32 = 120;
/// The least share of matchable lines that are posted, in per cent.
const MIN_RECALL: usize = 95;
/// The database with the copies of all tables.
const PRISTINE: &str = "pristine";

/// What a simulated bank says about a line.
struct TrueLine {
    is_matchable: bool,
    allocations: BTreeMap<String, String>,
}

fn truth(path: &Path) -> BTreeMap<String, TrueLine> {
    let truth: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let credits = truth["lines"].as_array().unwrap().iter().filter(|line| line["direction"] == "credit");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let line = |line: &Value| {
        let allocations = line["allocations"].as_array().unwrap().iter();
        let allocations = allocations.map(|part| (text(&part["reference"]), text(&part["amount"])));
        let is_matchable = line["is_matchable"].as_bool().unwrap();
        (text(&line["bank_id"]), TrueLine { is_matchable, allocations: allocations.collect() })
    };
    credits.map(line).collect()
}

/// The books after an import: the status and the amount received of each payment; the amount, the credit and the state of the
/// receipts; and the totals of each currency.
async fn books(environment: &TestEnvironment) -> Vec<(String, String)> {
    let database = rows::connect(environment).await;
    let join = |columns: &[&str]| match database.get_database_backend() {
        sea_orm::DbBackend::Sqlite => columns.join(" || ' ' || "),
        _ => format!("CONCAT_WS(' ', {})", columns.join(", ")),
    };
    let payments = join(&["status", "amount_received"]);
    let receipts = join(&["value_date", "amount", "credit", "allocated", "status"]);
    let totals =
        join(&["payments", "amount_outstanding", "amount_received", "receipts", "credit", "refunds_due"]);
    let mut books = Vec::new();
    for sql in [
        format!("SELECT reference, {payments} FROM payments ORDER BY reference"),
        format!("SELECT currency, {receipts} FROM receipts ORDER BY 1, 2"),
        format!("SELECT currency_from, {totals} FROM payment_totals ORDER BY 1"),
    ] {
        books.extend(rows::query_pairs(&database, &sql).await);
    }
    books
}

/// The matches that were posted, by the bank's id of their line.
async fn posted(environment: &TestEnvironment) -> BTreeMap<String, BTreeMap<String, String>> {
    let database = rows::connect(environment).await;
    let sql = "SELECT l.bank_id, m.parts FROM statement_matches m JOIN statement_lines l ON l.id = m.line_id \
               WHERE m.state IN ('posted', 'undone')";
    let rows: Vec<(String, String)> = rows::query_pairs(&database, sql).await;
    let parts = |text: String| {
        let parts: Vec<Value> = serde_json::from_str(&text).unwrap();
        let minor = |part: &Value| part["amount"]["minor"].as_i64().unwrap();
        let amount = |part: &Value| format!("{}.{:02}", minor(part) / 100, minor(part) % 100);
        parts.iter().map(|part| (part["reference"].as_str().unwrap().to_owned(), amount(part))).collect()
    };
    rows.into_iter().map(|(bank_id, text)| (bank_id, parts(text))).collect()
}

/// The database before any import.
enum Pristine {
    /// A copy of the file.
    File { file: PathBuf, copy: PathBuf },
    /// A copy of every table in another database, whose name begins with that of the portal's.
    Tables { connection: DatabaseConnection, copy: String, tables: Vec<String> },
}

impl Pristine {
    /// Copies the database. The portal is stopped.
    async fn save(environment: &TestEnvironment) -> Self {
        if environment.database.login().is_none() {
            let file = environment.folder.path().join("data/hermes.db");
            let copy = environment.folder.path().join("pristine.db");
            fs::copy(&file, &copy).unwrap();
            return Self::File { file, copy };
        }
        let connection = rows::connect(environment).await;
        let copy = format!("{}_{PRISTINE}", environment.database.name());
        let sql =
            "SELECT TABLE_NAME, TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()";
        let tables: Vec<(String, String)> = rows::query_pairs(&connection, sql).await;
        let tables: Vec<String> = tables.into_iter().map(|(table, _)| table).collect();
        connection.execute_unprepared(&format!("CREATE DATABASE {copy}")).await.unwrap();
        for table in &tables {
            let sql = format!("CREATE TABLE {copy}.{table} SELECT * FROM {table}");
            connection.execute_unprepared(&sql).await.unwrap();
        }
        Self::Tables { connection, copy, tables }
    }

    async fn restore(&self) {
        match self {
            Self::File { file, copy } => {
                for suffix in ["-wal", "-shm"] {
                    let _ = fs::remove_file(file.with_extension(format!("db{suffix}")));
                }
                fs::copy(copy, file).unwrap();
            }
            Self::Tables { connection, copy, tables } => {
                connection.execute_unprepared("SET FOREIGN_KEY_CHECKS = 0").await.unwrap();
                for table in tables {
                    // The triggers of the audit log do not apply to TRUNCATE.
                    connection.execute_unprepared(&format!("TRUNCATE TABLE {table}")).await.unwrap();
                    let sql = format!("INSERT INTO {table} SELECT * FROM {copy}.{table}");
                    connection.execute_unprepared(&sql).await.unwrap();
                }
            }
        }
    }

    async fn remove(self) {
        if let Self::Tables { connection, copy, .. } = self {
            connection.execute_unprepared(&format!("DROP DATABASE {copy}")).await.unwrap();
        }
    }
}

/// Imports every seed in three formats, and returns the books after each seed.
async fn import_all(environment: &TestEnvironment, seeds: u64) -> Vec<Vec<(String, String)>> {
    let profiles = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../config/statements");
    let variables = [
        ("HERMES__RECONCILIATION__AUTO_POST", "repaired"),
        ("HERMES__STATEMENTS__CSV_PROFILES", profiles.to_str().unwrap()),
    ];
    let mut app = TestApp::start_with(environment, &variables).await;
    book(&app, PAYMENTS).await;
    let folder = environment.folder.path().join("sim");
    let names: Vec<PathBuf> = (1..=seeds).map(|seed| simulate(&app, &folder, seed)).collect();
    app.signal("TERM");
    assert!(app.wait().success());
    let pristine = Pristine::save(environment).await;

    let (mut matchable, mut found, mut all_books) = (0, 0, Vec::new());
    for name in names {
        let truth = truth(&name.with_extension("truth.json"));
        let mut first_books = None;
        for extension in ["camt053.xml", "mt940.sta", "csv"] {
            pristine.restore().await;
            let statement = name.with_extension(extension);
            let arguments = ["statement", "import", "--profile", "bank-sim", statement.to_str().unwrap()];
            let output = app.run(&arguments);
            assert!(output.status.success(), "{statement:?}: {output:?}");
            let posted = posted(environment).await;
            for (bank_id, parts) in &posted {
                assert_eq!(*parts, truth[bank_id].allocations, "{statement:?} {bank_id}");
            }
            matchable += truth.values().filter(|line| line.is_matchable).count();
            found += truth.iter().filter(|(id, line)| line.is_matchable && posted.contains_key(*id)).count();
            let books = books(environment).await;
            assert_eq!(*first_books.get_or_insert_with(|| books.clone()), books, "{statement:?}");
        }
        all_books.extend(first_books);
    }
    pristine.remove().await;
    assert!(found * 100 >= matchable * MIN_RECALL, "{found} of {matchable} matchable lines are posted");
    eprintln!(
        "bank: {found} of {matchable} matchable lines of {seeds} simulated banks are posted, none wrongly"
    );
    all_books
}

#[actix_web::test]
async fn statements_of_the_simulated_bank_lead_to_the_same_books_in_every_format_and_database() {
    let seeds = std::env::var(SEEDS).ok().map_or(DEFAULT_SEEDS, |text| text.parse().unwrap());
    let on_sqlite = import_all(&TestEnvironment::sqlite().await, seeds).await;
    let Some(mariadb) = TestEnvironment::mariadb().await else { return };
    let on_mariadb = import_all(&mariadb, seeds).await;
    for (seed, (sqlite, mariadb)) in (1..).zip(on_sqlite.iter().zip(&on_mariadb)) {
        assert_eq!(sqlite, mariadb, "seed {seed}");
    }
}
