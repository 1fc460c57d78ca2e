//! `hermes backup` and `hermes restore`: nothing is lost, nothing erased returns, and nothing cached is wrong.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use hermes_test_support::{TestDatabase, mariadb, mysql, sqlite};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use serde_json::json;

use crate::support::process::HermesProcess;
use crate::support::{HttpClient, LONG_QUEUE_AGE, TestApp, TestEnvironment, poll, rows};

const KEY_BEFORE: (&str, &str) = ("Idempotency-Key", "before");
const KEY_AFTER: (&str, &str) = ("Idempotency-Key", "after");

/// Every environment with an empty database on the same server.
async fn environments() -> Vec<(TestEnvironment, TestDatabase)> {
    let mut environments = vec![(TestEnvironment::sqlite().await, sqlite().await)];
    for (environment, empty) in
        [(TestEnvironment::mariadb().await, mariadb().await), (TestEnvironment::mysql().await, mysql().await)]
    {
        environments.extend(environment.zip(empty));
    }
    environments
}

/// Runs a command and returns its exit status and everything that it printed.
fn run(process: &HermesProcess, arguments: &[&str]) -> (bool, String) {
    let output = process.run(arguments);
    (output.status.success(), String::from_utf8([output.stdout, output.stderr].concat()).unwrap())
}

#[track_caller]
fn succeed(process: &HermesProcess, arguments: &[&str]) -> String {
    let (success, text) = run(process, arguments);
    assert!(success, "{arguments:?}: {text}");
    text
}

#[track_caller]
fn fail_with(process: &HermesProcess, arguments: &[&str], message: &str) {
    let (success, text) = run(process, arguments);
    assert!(!success && text.contains(message), "{arguments:?}: {text}");
}

/// A thread that books without a pause.
struct Writer {
    booked: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Writer {
    fn start(app: &TestApp) -> Self {
        let (booked, stop) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let (url, count, stopped) = (app.url("/api/bookings"), Arc::clone(&booked), Arc::clone(&stop));
        let thread = std::thread::spawn(move || {
            actix_web::rt::System::new().block_on(async {
                let client = HttpClient::new(Duration::from_secs(30));
                while !stopped.load(Ordering::Relaxed) {
                    let body = json!({"name": "It's \\ \"Ünï\" 😀\n", "email": "writer@example.org", "amount": "10"});
                    let headers = [("Content-Type", "application/json")];
                    let response = client.send("POST", &url, &headers, Some(body.to_string())).await.unwrap();
                    assert_eq!(response.status, 201, "{}", response.text());
                    count.fetch_add(1, Ordering::Relaxed);
                }
            });
        });
        Self { booked, stop, thread }
    }

    fn booked(&self) -> usize {
        self.booked.load(Ordering::Relaxed)
    }

    fn stop(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
    }
}

#[actix_web::test]
async fn a_backup_beside_a_writer_is_restored_completely_on_every_database() {
    for (mut environment, empty) in environments().await {
        let mut app = TestApp::start_with(&environment, &[LONG_QUEUE_AGE]).await;
        let ana = json!({"name": "Ana Ruiz", "email": "ana@example.org", "amount": "10"});
        let before = app.post("/api/bookings", &[KEY_BEFORE], &ana).await.expect(201).json();
        app.book("canary").await.expect(201);

        let writer = Writer::start(&app);
        poll(|| async { writer.booked() > 3 }, "bookings before the backup").await;
        let file = environment.folder.path().join("backup");
        let path = file.to_str().unwrap();
        let report = succeed(&app, &["backup", path]);
        let booked = writer.booked();
        poll(|| async { writer.booked() > booked + 3 }, "bookings after the backup").await;
        writer.stop();
        assert!(report.contains("ledger head") && !report.contains("warning"), "{report}");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o7777, 0o600);

        succeed(&app, &["erase", "--email", "canary@example.org"]);
        app.post("/api/bookings", &[KEY_AFTER], &ana).await.expect(201);
        // Fills the caches with data that the backup lacks.
        let lost = app.payment_count().await;
        app.get("/api/bookings").await.expect(200);
        fs::write(format!("{path}.erasures"), app.stdout_of(&["erase", "--list"])).unwrap();
        fail_with(&app, &["restore", path], "a restore overwrites nothing");
        app.kill();

        let restored = TestEnvironment::new(empty, environment.redis.take());
        copy_server_key(&environment, &restored);
        let process = HermesProcess::new("restore", restored.folder.path().to_owned(), restored.variables());
        let report = succeed(&process, &["restore", path]);
        assert!(
            report.contains("are intact") && report.contains("erased the personal data of REF002"),
            "{report}"
        );
        drop(process);
        let app = TestApp::start(&restored).await;
        app.assert_audit_log_is_intact(&["--deep"]);
        check_restored(&app, lost, before["payer_page"].as_str().unwrap()).await;

        // A key of the backup returns its booking; a later key is unknown, so the retry books.
        let replayed = app.post("/api/bookings", &[KEY_BEFORE], &ana).await.json();
        assert_eq!(replayed["id"], before["id"]);
        let count = app.payment_count().await;
        let rebooked = app.post("/api/bookings", &[KEY_AFTER], &ana).await.expect(201).json();
        assert_eq!(rebooked["reference"], format!("REF{:03}", count + 1));
        check_events(&app, &restored, rebooked["reference"].as_str().unwrap()).await;
        let database = rows::connect(&restored).await;
        rows::assert_no_gaps(&database).await;
        database.close().await.unwrap();
    }
}

/// The restored portal has fewer payments than the lost one, but not the erased person, in the first read of each kind.
async fn check_restored(app: &TestApp, lost: i64, page: &str) {
    let count = app.payment_count().await;
    assert!((6..lost).contains(&count), "{count} of {lost}");
    let list = app.get("/api/bookings").await.expect(200);
    assert_eq!(list.json().as_array().unwrap().len(), usize::try_from(count).unwrap());
    assert!(!list.text().contains("canary"), "{}", list.text());
    assert_eq!(app.get("/api/bookings/REF001").await.expect(200).json()["email"], "ana@example.org");
    assert_eq!(app.get("/api/bookings/REF002").await.expect(200).json()["email"], "");
    app.get(page).await.expect(200);
}

/// The feed continues at the backup, and the stream continues after the events of the lost database.
async fn check_events(app: &TestApp, environment: &TestEnvironment, newest: &str) {
    app.get("/api/events?after=100000").await.expect(410);
    let events = app.get("/api/events?limit=1000").await.expect(200).json();
    assert_eq!(events.as_array().unwrap().last().unwrap()["reference"], newest);
    let Some(redis) = &environment.redis else { return };
    let last =
        || async { redis.cli(&["XREVRANGE", "{hermes:events}", "+", "-", "COUNT", "1"]).contains(newest) };
    poll(last, "the new event in the stream").await;
    app.wait_for_log("the database lost commits").await;
}

fn copy_server_key(from: &TestEnvironment, to: &TestEnvironment) {
    let [from, to] = [from, to].map(|environment| environment.folder.path().join("data"));
    fs::create_dir_all(&to).unwrap();
    fs::copy(from.join("server.key"), to.join("server.key")).unwrap();
}

/// A backup of two bookings.
struct Backup {
    app: TestApp,
    environment: TestEnvironment,
    file: PathBuf,
}

impl Backup {
    async fn of(environment: TestEnvironment) -> Self {
        let app = TestApp::start(&environment).await;
        app.book("ana").await.expect(201);
        app.book("bob").await.expect(201);
        let file = environment.folder.path().join("backup");
        succeed(&app, &["backup", file.to_str().unwrap()]);
        Self { app, environment, file }
    }

    fn path(&self) -> &str {
        self.file.to_str().unwrap()
    }

    /// Checks a file with other content.
    #[track_caller]
    fn check(&self, content: &[u8], expected: Result<&str, &str>) {
        let file = self.environment.folder.path().join("other");
        fs::write(&file, content).unwrap();
        let arguments = ["restore", "--check", file.to_str().unwrap()];
        match expected {
            Ok(message) => assert!(succeed(&self.app, &arguments).contains(message)),
            Err(message) => fail_with(&self.app, &arguments, message),
        }
        assert_eq!(fs::read(&file).unwrap(), content, "the check wrote the file");
    }
}

/// Every server that is installed.
async fn servers() -> Vec<TestEnvironment> {
    [TestEnvironment::mariadb().await, TestEnvironment::mysql().await].into_iter().flatten().collect()
}

#[actix_web::test]
async fn a_check_finds_every_damage_of_a_dump() {
    for environment in servers().await {
        let backup = Backup::of(environment).await;
        let dump = fs::read(&backup.file).unwrap();
        let text = String::from_utf8(dump.clone()).unwrap();
        backup.check(&dump, Ok("ledger head 2 ("));
        backup.check(text.replace("ana@", "eve@").as_bytes(), Err("was changed after the backup"));
        backup.check(&[&dump[..], b"DROP TABLE payments;\n"].concat(), Err("continues after its record"));
        let (without_record, _) = text.split_once("-- Hermes backup").unwrap();
        backup.check(without_record.as_bytes(), Ok("without a record of Hermes"));
        for length in (0..without_record.len()).step_by(without_record.len() / 16) {
            backup.check(&dump[..length], Err("is no complete backup"));
        }
        // Without the record, the hash chain still protects the audit log.
        backup.check(without_record.replace("ana@", "eve@").as_bytes(), Err("audit row 1: changed"));
        let newer = without_record.replace("_create_access_uses", "_newer");
        backup.check(newer.as_bytes(), Err("does not know the schema step"));
    }
}

#[actix_web::test]
async fn a_check_finds_every_damage_of_an_sqlite_backup() {
    let backup = Backup::of(TestEnvironment::sqlite().await).await;
    let content = fs::read(&backup.file).unwrap();
    backup.check(&content, Ok("ledger head 2 ("));
    backup.check(&content[..content.len() / 2], Err(""));
    backup.check(b"", Err("the end is missing"));
    let live = backup.environment.folder.path().join("data/hermes.db");
    backup.check(&fs::read(live).unwrap(), Err("is no complete backup"));
    for (statement, message) in [
        ("UPDATE payments SET reference = 'REF009' WHERE reference = 'REF001'", Ok("is complete")),
        ("UPDATE ledger_head SET seq = 1", Err("the ledger head was changed")),
        ("DELETE FROM hermes_backup", Err("has no record")),
        (
            "INSERT INTO seaql_migrations VALUES ('m20990101_000001_newer', 0)",
            Err("does not know the schema step"),
        ),
        (
            "DROP TRIGGER audit_log_no_delete; DELETE FROM audit_log WHERE seq = 2",
            Err("audit row 2: missing"),
        ),
    ] {
        let file = backup.environment.folder.path().join("changed");
        fs::write(&file, &content).unwrap();
        let database = sea_orm::Database::connect(format!("sqlite://{}", file.display())).await.unwrap();
        database.execute_unprepared(statement).await.unwrap();
        database.close().await.unwrap();
        backup.check(&fs::read(&file).unwrap(), message);
    }
}

#[actix_web::test]
async fn a_tampered_audit_log_is_reported_and_still_backed_up() {
    let environment = TestEnvironment::sqlite().await;
    let app = TestApp::start(&environment).await;
    app.book("ana").await.expect(201);
    let database = rows::connect(&environment).await;
    for statement in ["DROP TRIGGER audit_log_no_update", "UPDATE audit_log SET actor = 'nobody'"] {
        database.execute_unprepared(statement).await.unwrap();
    }
    let file = environment.folder.path().join("backup");
    let path = file.to_str().unwrap();
    fail_with(&app, &["backup", path], "audit row 1: changed since it was written");
    fail_with(&app, &["restore", "--check", path], "audit row 1: changed");
    fail_with(&app, &["backup", path], "a backup needs a new file");
}

#[actix_web::test]
async fn a_backup_of_another_kind_or_a_wrong_list_restores_nothing() {
    let backup = Backup::of(TestEnvironment::sqlite().await).await;
    let list = backup.environment.folder.path().join("list");
    for (text, message) in [("REF001", "is no list of erasures"), ("", "a restore overwrites nothing")] {
        fs::write(&list, text).unwrap();
        let arguments = ["restore", backup.path(), "--erasures", list.to_str().unwrap()];
        fail_with(&backup.app, &arguments, message);
    }
    fail_with(&backup.app, &["restore", backup.path(), "--erasures", "missing"], "cannot read missing");
    for environment in servers().await {
        let process = HermesProcess::new("h", environment.folder.path().to_owned(), environment.variables());
        fail_with(&process, &["restore", backup.path()], "unset DB_HOST");
    }
}

/// A correction makes the payment Bob's. Only the backup in which it is Bob's already retains his data.
#[actix_web::test]
async fn a_repeated_erasure_leaves_nothing_of_the_person_in_any_backup() {
    let environment = TestEnvironment::sqlite().await;
    let mut app = TestApp::start(&environment).await;
    app.book("canary").await.expect(201);
    let backup = |app: &TestApp, name| {
        let path = environment.folder.path().join(name);
        succeed(app, &["backup", path.to_str().unwrap()]);
        path
    };
    let earlier = backup(&app, "earlier");
    let to_bob = json!({"name": "Bob", "email": "bob@example.org", "reason": "not the canary"});
    app.patch("/api/bookings/REF001", &[("If-Match", "\"v1\"")], &to_bob).await.expect(200);
    let later = backup(&app, "later");
    succeed(&app, &["erase", "--email", "canary@example.org"]);
    let newest = backup(&app, "newest");
    fs::write(environment.folder.path().join("list"), app.stdout_of(&["erase", "--list"])).unwrap();
    app.kill();
    let data = environment.folder.path().join("data");
    // The list can be repeated after the restore, as for a backup with an earlier schema.
    fs::remove_dir_all(&data).unwrap();
    succeed(&app, &["restore", later.to_str().unwrap()]);
    for report in ["erased the personal data of REF001", "every listed erasure is done already"] {
        let repeated = succeed(&app, &["erase", "--repeat", "list"]);
        assert!(repeated.contains(report), "{repeated}");
    }
    for (file, email, report) in [
        (earlier, "", "erased the personal data of REF001"),
        (later, "bob@example.org", "erased the personal data of REF001"),
        (newest, "bob@example.org", "every listed erasure is done already"),
    ] {
        fs::remove_dir_all(&data).unwrap();
        let restored = succeed(&app, &["restore", file.to_str().unwrap(), "--erasures", "list"]);
        assert!(restored.contains(report), "{restored}");
        app.restart().await;
        assert_eq!(app.get("/api/bookings/REF001").await.expect(200).json()["email"], email);
        app.assert_audit_log_is_intact(&["--deep"]);
        app.kill();
        let content = fs::read(data.join("hermes.db")).unwrap();
        assert!(!String::from_utf8_lossy(&content).contains("canary"), "{file:?}");
    }
}

/// A database user of its own, with which the backup is made.
struct User {
    name: String,
    owner: DatabaseConnection,
}

impl User {
    /// Creates a user without privileges and lets the portal's commands use that user.
    async fn create(backup: &mut Backup, password: &str) -> Self {
        let owner = rows::connect(&backup.environment).await;
        let database = backup.environment.database.name();
        let name = format!("u{}", &database[database.len() - 12..]);
        let quoted = password.replace('\\', "\\\\").replace('\'', "''");
        owner
            .execute_unprepared(&format!("CREATE USER '{name}'@'%' IDENTIFIED BY '{quoted}'"))
            .await
            .unwrap();
        backup.app.variables.retain(|(name, _)| !["DB_USER", "DB_PASSWORD"].contains(name));
        backup.app.variables.extend([("DB_USER", name.clone()), ("DB_PASSWORD", password.to_owned())]);
        Self { name, owner }
    }

    async fn grant(&self, what: &str) {
        self.owner.execute_unprepared(&format!("GRANT {what} TO '{}'@'%'", self.name)).await.unwrap();
    }

    async fn drop(self) {
        self.owner.execute_unprepared(&format!("DROP USER '{}'@'%'", self.name)).await.unwrap();
        self.owner.close().await.unwrap();
    }
}

/// The password contains every character that an option file treats specially.
#[actix_web::test]
async fn any_password_works_and_a_missing_tool_is_named_without_it() {
    for environment in servers().await {
        let mut backup = Backup::of(environment).await;
        let folder = backup.environment.folder.path().to_owned();
        let user = User::create(&mut backup, "a\"b\\c'd#e $f\\n").await;
        user.grant(&format!("ALL ON {}.*", backup.environment.database.name())).await;
        succeed(&backup.app, &["backup", "second"]);
        user.drop().await;

        let mut process = HermesProcess::new("h", folder.clone(), backup.environment.variables());
        process.variables.push(("PATH", "/nonexistent".to_owned()));
        let (success, text) = run(&process, &["backup", "third"]);
        assert!(!success && text.contains("mariadb-dump --host='127.0.0.1'"), "{text}");
        assert!(!text.contains(&backup.environment.database.login().unwrap().password), "{text}");
        let mut files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name());
        assert!(files.all(|name| !name.to_string_lossy().starts_with(".hermes")), "a temporary file remains");
    }
}

/// The dump tools omit what the user may not read, and report no error.
#[actix_web::test]
async fn a_user_with_too_few_privileges_gets_no_incomplete_backup() {
    for environment in servers().await {
        let mut backup = Backup::of(environment).await;
        let database = backup.environment.database.name().to_owned();
        let user = User::create(&mut backup, "hermes-Test-1").await;
        let tables = "SELECT CAST(table_name AS CHAR), 0 FROM information_schema.tables WHERE table_schema = DATABASE()";
        for (table, _) in rows::query_pairs::<String, i64>(&user.owner, tables).await {
            if table != "validation_results" {
                user.grant(&format!("SELECT ON {database}.{table}")).await;
            }
        }
        fail_with(&backup.app, &["backup", "second"], "the dump lacks the tables validation_results");
        assert!(!backup.environment.folder.path().join("second").exists());
        user.grant(&format!("SELECT ON {database}.validation_results")).await;
        assert!(
            succeed(&backup.app, &["backup", "second"]).contains("warning: the backup lacks the triggers")
        );
        user.grant(&format!("TRIGGER ON {database}.*")).await;
        assert!(!succeed(&backup.app, &["backup", "third"]).contains("warning"));
        user.drop().await;
    }
}
