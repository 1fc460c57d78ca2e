//! `docs/import-original.sh`: the payments of the original program are booked once, however often the import is repeated.

use std::path::Path;
use std::process::{Command, Output};

use hermes_domain::access::ApiKey;
use hermes_test_support::{Login, TestDatabase, private_mariadb};
use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use serde_json::json;

use crate::support::{TestApp, TestEnvironment};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/import-original.sh");

/// A table of the original program, without its column `student_id`.
const CREATE: &str = "
    CREATE TABLE payments (
        id INT AUTO_INCREMENT PRIMARY KEY, reference VARCHAR(50) UNIQUE, name VARCHAR(255), email VARCHAR(255),
        amount DECIMAL(15, 2), currency_from VARCHAR(3) DEFAULT 'USD', school VARCHAR(255), sender_full_name VARCHAR(255),
        country_from VARCHAR(100), sender_address TEXT, amount_received DECIMAL(15, 2) DEFAULT 0,
        status VARCHAR(20) DEFAULT 'PENDING', created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP
    ) CHARACTER SET utf8mb4";

/// Row 2 has an invalid e-mail address, which Hermes flags. Row 3 received money, row 4 is mostly NULL, and row 5 is the
/// oldest. Row 6 is rejected: a yen has no decimal places.
const INSERT: &str = r#"
    INSERT INTO payments VALUES
        (1, 'REF071', 'It\'s \\ "Ünï" 😀', 'uni@example.org', 35000.10, 'USD', 'Harvard', 'Ana Ruiz', 'USA',
         '123 Test St', 0, 'PENDING', '2024-05-02 10:00:00'),
        (2, 'REF072', 'Ben Okri', 'ben.example.org', 10, 'USD', NULL, NULL, NULL, NULL, 0, 'PENDING', '2024-05-02 11:00:00'),
        (3, 'REF073', 'Cho Lee', 'cho@example.org', 20, 'EUR', '', '', '', '', 20, 'COMPLETED', '2024-05-02 12:00:00'),
        (4, NULL, 'Dia Roy', 'dia@example.org', 30, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '2024-05-02 12:00:00'),
        (5, 'REF070', 'Eri Abe', 'eri@example.org', 900.00, 'JPY', 'Todai', NULL, 'Japan', NULL, 0, 'PENDING',
         '2024-05-01 10:00:00'),
        (6, 'REF074', 'Fay Ito', 'fay@example.org', 900.50, 'JPY', NULL, NULL, NULL, NULL, 0, 'PENDING', '2024-05-03 10:00:00')"#;

/// The old database and the arguments of every import.
struct Import<'a> {
    old: &'a TestDatabase,
    url: String,
}

impl Import<'_> {
    /// Returns the exit status and the printed text.
    fn run(&self, arguments: &[&str]) -> (i32, String) {
        let Login { host, port, user, password } = self.old.login().unwrap();
        let port = port.to_string();
        let mut command = Command::new("bash");
        command.args([SCRIPT, "--url", &self.url, "--host", host, "--port", &port, "--user", user]);
        command.args(arguments).arg(self.old.name()).env("MYSQL_PWD", password);
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = String::from_utf8([stdout, stderr].concat()).unwrap();
        assert!(!text.contains("example.org") && !text.contains("Ito"), "{text}");
        (status.code().unwrap(), text)
    }

    #[track_caller]
    fn expect(&self, arguments: &[&str], status: i32, texts: &[&str]) {
        let (actual, text) = self.run(arguments);
        assert_eq!(actual, status, "{text}");
        for expected in texts {
            assert!(text.contains(expected), "no {expected:?} in {text}");
        }
    }
}

/// Creates the table of the original with six rows.
async fn fill(old: &TestDatabase) -> DatabaseConnection {
    let connection = Database::connect(&old.url).await.unwrap();
    connection.execute_unprepared(CREATE).await.unwrap();
    connection.execute_unprepared(INSERT).await.unwrap();
    connection
}

/// Closes the portal with its first key, and writes the key to a file.
fn create_key(app: &mut TestApp, file: &Path) {
    let path = file.to_str().unwrap();
    let scopes =
        ["keys", "create", "--name", "import", "--scope", "bookings:read", "bookings:write", "--out", path];
    assert!(app.run(&scopes).status.success());
    app.key = ApiKey::parse(std::fs::read_to_string(file).unwrap().trim());
}

#[actix_web::test]
async fn payments_of_the_original_are_booked_once_in_their_order() {
    let Some(server) = private_mariadb().await else { return };
    let old = server.create_database().await;
    let connection = fill(&old).await;
    let environment = TestEnvironment::sqlite().await;
    let mut app = TestApp::start(&environment).await;
    let [key_file, map_file] = ["import.key", "map.csv"].map(|name| environment.folder.path().join(name));
    create_key(&mut app, &key_file);
    let (key, map) = (["--key-file", key_file.to_str().unwrap()], ["--map", map_file.to_str().unwrap()]);
    let import = Import { old: &old, url: app.url("") };

    import.expect(&[], 2, &["stopped at 5: Hermes responds 401 unauthenticated"]);
    let counts = "rows with money received: 1; rows with another status than PENDING: 1";
    let first = ["rejected 6: too_many_decimals\n", "booked 5, already booked 0, rejected 1\n", counts];
    import.expect(&[key, map].concat(), 1, &first);
    let mapped = "old_id,reference\n5,REF001\n1,REF002\n2,REF003\n3,REF004\n4,REF005\n";
    assert_eq!(std::fs::read_to_string(&map_file).unwrap(), mapped);
    check_bookings(&app).await;

    // Without the map, the idempotency keys prevent a second booking.
    let repeated = ["booked 0, already booked 5, rejected 1\n"];
    import.expect(&key, 1, &repeated);
    import.expect(&[key, map].concat(), 1, &repeated);
    assert_eq!(app.payment_count().await, 5);

    let correct = "UPDATE payments SET amount = 901 WHERE id = 6";
    connection.execute_unprepared(correct).await.unwrap();
    import.expect(&[key, map].concat(), 0, &["booked 1, already booked 5, rejected 0\n"]);
    assert_eq!(std::fs::read_to_string(&map_file).unwrap(), format!("{mapped}6,REF006\n"));
    connection.close().await.unwrap();
}

async fn check_bookings(app: &TestApp) {
    let payers = [
        ("REF001", "Eri Abe", "eri@example.org", "900", "JPY"),
        ("REF002", "It's \\ \"Ünï\" 😀", "uni@example.org", "35000.10", "USD"),
        ("REF003", "Ben Okri", "ben.example.org", "10.00", "USD"),
        ("REF004", "Cho Lee", "cho@example.org", "20.00", "EUR"),
        ("REF005", "Dia Roy", "dia@example.org", "30.00", "USD"),
    ];
    for (reference, name, email, amount, currency) in payers {
        let booking = app.get(&format!("/api/bookings/{reference}")).await.expect(200).json();
        let fields =
            ["name", "email", "amount", "currency_from"].map(|field| booking[field].as_str().unwrap());
        assert_eq!(fields, [name, email, amount, currency]);
        assert_eq!(booking["status"], "PENDING");
    }
    assert_eq!(app.get("/api/bookings/REF003").await.json()["flags"], json!(["INVALID_EMAIL"]));
    let booking = app.get("/api/bookings/REF002").await.json();
    let texts =
        ["school", "sender_full_name", "country_from", "sender_address"].map(|field| booking[field].as_str());
    assert_eq!(texts, ["Harvard", "Ana Ruiz", "USA", "123 Test St"].map(Some));
}

#[actix_web::test]
async fn a_row_without_an_id_and_a_blank_line_of_the_map_stop_nothing() {
    let Some(server) = private_mariadb().await else { return };
    let old = server.create_database().await;
    let connection = Database::connect(&old.url).await.unwrap();
    for sql in [
        "CREATE TABLE payments (id VARCHAR(10), name VARCHAR(255), email VARCHAR(255), amount DECIMAL(15, 2))",
        "INSERT INTO payments VALUES ('', 'Ana Ruiz', 'ana@example.org', 10), ('b1', 'Bo Li', 'bo@example.org', 20), \
         ('c1', 'Cho Lee', 'cho@example.org', 30)",
    ] {
        connection.execute_unprepared(sql).await.unwrap();
    }
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    let map_file = environment.folder.path().join("map.csv");
    std::fs::write(&map_file, "old_id,reference\n\nb1,REF001\n").unwrap();
    let import = Import { old: &old, url: app.url("") };

    let counts = ["rejected '': unsupported-id\n", "booked 1, already booked 1, rejected 1\n"];
    import.expect(&["--map", map_file.to_str().unwrap()], 1, &counts);
    assert_eq!(app.payment_count().await, 1);
    connection.close().await.unwrap();
}

#[actix_web::test]
async fn an_import_explains_its_options_and_rejects_a_password_among_them() {
    let run = |arguments: &[&str]| Command::new("bash").arg(SCRIPT).args(arguments).output().unwrap();
    let help = run(&["--help"]);
    assert!(help.status.success() && String::from_utf8(help.stdout).unwrap().contains("--map FILE"));
    let rejected = run(&["--password=secret", "old"]);
    let text = String::from_utf8(rejected.stderr).unwrap();
    assert_eq!(rejected.status.code(), Some(2));
    assert!(text.contains("unknown option --password;") && !text.contains("secret"), "{text}");
}
