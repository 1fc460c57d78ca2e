//! `hermes bank-sim` writes statements for the open payments of every currency, on every database.

use std::fs;
use std::io::Cursor;
use std::ops::ControlFlow;
use std::path::Path;

use hermes_statements::{Direction, Item, ReadOptions, read};
use serde_json::json;

use crate::support::{TestApp, TestEnvironment};

/// Reads a file and returns the bank ids and the signed amounts of its lines.
fn lines(path: &Path) -> Vec<(String, i64)> {
    let mut lines = Vec::new();
    let file = Cursor::new(fs::read(path).unwrap());
    read(file, &ReadOptions::default(), &mut |item| {
        if let Item::Line(line) = item {
            let sign = if line.direction == Direction::Debit { -1 } else { 1 };
            lines.push((line.bank_id.clone().unwrap(), sign * line.amount.minor()));
        }
        ControlFlow::Continue(())
    })
    .unwrap();
    lines
}

#[actix_web::test]
async fn the_simulated_bank_pays_the_open_payments() {
    for environment in TestEnvironment::all().await {
        let app = TestApp::start(&environment).await;
        for (number, currency) in [(1, "EUR"), (2, "EUR"), (3, "JPY"), (4, "EUR")] {
            let booking = json!({"name": "Ana Ruiz", "email": format!("p{number}@example.org"),
                "amount": "100", "currency_from": currency});
            app.post("/api/bookings", &[], &booking).await.expect(201);
        }
        app.post("/api/bookings/REF004/cancel", &[], &json!({"reason": "a test"})).await.expect(200);

        let folder = tempfile::tempdir().unwrap();
        let files = |name: &str| {
            let out = folder.path().join(name);
            let arguments =
                ["bank-sim", "--seed", "7", "--out", out.to_str().unwrap(), "--camt-version", "2"];
            let printed = app.stdout_of(&arguments);
            assert!(printed.starts_with("EUR: ") && printed.contains("JPY: "), "{printed}");
            let mut files: Vec<_> = fs::read_dir(&out).unwrap().map(|file| file.unwrap().path()).collect();
            files.sort();
            files
        };
        let (first, second) = (files("first"), files("second"));
        assert_eq!(first.len(), 8, "{first:?}");
        for (first, second) in first.iter().zip(&second) {
            assert_eq!(first.file_name(), second.file_name());
            assert!(fs::read(first).unwrap() == fs::read(second).unwrap(), "{first:?}");
        }
        let file = |extension: &str| folder.path().join("first").join(format!("sim7-EUR.{extension}"));
        assert_eq!(lines(&file("camt053.xml")), lines(&file("mt940.sta")));
        let truth = fs::read_to_string(file("truth.json")).unwrap();
        assert!(truth.contains("REF001") && truth.contains("REF002"), "{truth}");
        assert!(!truth.contains("REF003") && !truth.contains("REF004"), "{truth}");
    }
}

/// An institution with an IBAN and a number without check digits.
const INSTITUTION: &str = r#"
    [institution]
    name = "Test College"
    payment_term_days = 14
    accounts = [
        { currency = "EUR", holder = "Test College", iban = "DE89 3704 0044 0532 0130 00" },
        { currency = "USD", holder = "Test College", number = "026 009 593 / 1234-5678 90" },
    ]
"#;

#[actix_web::test]
async fn an_institution_accepts_the_simulated_statements_of_its_accounts() {
    let environment = TestEnvironment::sqlite().await;
    let folder = environment.folder.path();
    fs::create_dir_all(folder.join("config")).unwrap();
    fs::write(folder.join("config/institution.toml"), INSTITUTION).unwrap();
    let app = TestApp::start(&environment).await;
    for currency in ["EUR", "USD"] {
        let booking = json!({"name": "Ana Ruiz", "email": format!("{currency}@example.org"), "amount": "100",
            "currency_from": currency});
        app.post("/api/bookings", &[], &booking).await.expect(201);
    }
    let out = folder.join("bank");
    app.stdout_of(&["bank-sim", "--seed", "7", "--out", out.to_str().unwrap()]);
    for file in ["sim7-EUR.camt053.xml", "sim7-USD.camt053.xml", "sim7-EUR.mt940.sta", "sim7-USD.mt940.sta"] {
        let file = out.join(file);
        let printed = app.stdout_of(&["statement", "import", "--dry-run", file.to_str().unwrap()]);
        assert!(printed.contains(", 1 lines: "), "{printed}");
    }
}

#[actix_web::test]
async fn a_portal_without_open_payments_has_nothing_to_simulate() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    let output = app.run(&["bank-sim", "--seed", "1", "--out", "unused"]);
    assert!(!output.status.success());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.contains("no payment is open"), "{stderr}");
}
