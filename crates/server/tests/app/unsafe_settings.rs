//! Dangerous and broken settings stop the start, and no error contains a secret.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use hermes_domain::access::{ApiKey, Scope};
use hermes_test_support::private_mariadb;
use sea_orm::ConnectionTrait;

use crate::support::{TestApp, TestEnvironment, rows};

/// The password of the database and of Redis.
const SECRET: &str = "tops3cret-9fk2";
/// The time limit of a start that fails, in seconds.
const EXIT_TIMEOUT_S: &str = "30";
/// The exit status of the program `timeout` after the limit.
const TIMED_OUT: i32 = 137;

/// Settings that may serve payers, except for those of the servers.
const PRODUCTION: [(&str, &str); 2] =
    [("HERMES_ENV", "production"), ("HERMES__SERVER__PUBLIC_URL", "https://pay.example.org")];

/// An institution that may serve payers.
const INSTITUTION: &str = r#"
    [institution]
    name = "Test College"
    payment_term_days = 14
    accounts = [{ currency = "EUR", holder = "Test College", iban = "DE89370400440532013000" }]
"#;

fn write_institution(folder: &Path) {
    fs::create_dir_all(folder.join("config")).unwrap();
    fs::write(folder.join("config/institution.toml"), INSTITUTION).unwrap();
}

/// Starts Hermes with the most detailed log, and returns everything that it printed until it failed.
fn failing_start(folder: &Path, variables: &[(&str, &str)]) -> String {
    let mut command = Command::new("timeout");
    command.args(["--signal=KILL", EXIT_TIMEOUT_S, env!("CARGO_BIN_EXE_hermes")]);
    command.env_clear().env("RUST_LOG", "trace").env("PORT", "0").env("DASHBOARD_PORT", "0");
    command.envs(variables.iter().copied()).current_dir(folder).stdin(Stdio::null());
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = [stdout, stderr].map(|text| String::from_utf8(text).unwrap()).concat();
    assert_ne!(status.code(), Some(TIMED_OUT), "{variables:?}: Hermes still runs: {text}");
    assert!(!status.success(), "{variables:?}: {text}");
    text
}

#[test]
fn no_broken_setting_prints_a_password() {
    let url_in_host = format!("mysql://hermes:{SECRET}@db/hermes");
    let login_in_host = format!("hermes:{SECRET}@db");
    let redis = |format: &str| format.replace("SECRET", SECRET);
    let redis_urls =
        ["http://:SECRET@h", "redis://:SECRET@h:x", "redis://:SECRET@127.0.0.1/words", ":SECRET@h"]
            .map(redis);
    let server = |host| vec![("DB_HOST", host), ("DB_PORT", "1")];
    let local = |name, value| [server("127.0.0.1"), vec![(name, value)]].concat();
    let mut starts: Vec<(Vec<(&str, &str)>, &str)> = vec![
        (server("a,b"), "DB_HOST"),
        (server("a b"), "DB_HOST"),
        (server("db:3306"), "DB_HOST"),
        (server("[::1"), "DB_HOST"),
        (server(&url_in_host), "DB_HOST"),
        (server(&login_in_host), "DB_HOST"),
        (server("/no/such/socket"), "cannot"),
        (server("127.0.0.1"), "hermes_payments at 127.0.0.1:1"),
        (local("DB_PORT", "99999"), "database.port"),
        (local("DB_PORT", "x"), "database.port"),
        (local("DB_NAME", "a/b?c#d"), "cannot"),
        (local("DB_USER", "u:p@h"), "cannot"),
        (local("HERMES__DATABASE__SSL_MODE", "nonsense"), "database.ssl_mode"),
        (local("HERMES__DATABASE__SSL_CA", "/no/such/file"), "cannot"),
        (local("DB_PASSWORD_FILE", "/no/such/file"), "DB_PASSWORD (database.password) and DB_PASSWORD_FILE"),
        (local("HERMES__DATABASE__PASWORD", SECRET), "did you mean database.password?"),
        (local("HERMES__DATABASE__PASSWORD__X", SECRET), "cannot"),
        (local("HERMES_DB_PASSWORD", SECRET), "has no effect"),
        (local("HERMES_ENV", "production"), "settings are dangerous"),
        (vec![("REDIS_URL_FILE", "/no/such/file")], "REDIS_URL (redis.url) and REDIS_URL_FILE"),
    ];
    starts.extend(redis_urls.iter().map(|url| (vec![("REDIS_URL", url.as_str())], "REDIS_URL is invalid")));
    for (variables, reason) in starts {
        let folder = tempfile::tempdir().unwrap();
        let redis_url = format!("redis://:{SECRET}@127.0.0.1:1");
        let secrets = [("DB_PASSWORD", SECRET), ("REDIS_URL", &redis_url)];
        let output = failing_start(folder.path(), &[&secrets[..], &variables].concat());
        assert!(output.contains(reason), "{variables:?}: {output}");
        assert!(!output.contains(SECRET), "{variables:?}: {output}");
    }
}

#[test]
fn no_broken_file_prints_a_password() {
    for (file, content, reason) in [
        (".env", "DB_PASSWORD=SECRET with spaces\n", "into single quotes"),
        (".env", "PORT=1\nDB_PASSWORD='SECRET\n", "into single quotes"),
        (".env", "SECRET\n", "into single quotes"),
        ("config/default.toml", "[database]\npassword = SECRET\n", "line 2, column 12 in "),
        ("config/default.toml", "[database]\npassword = \"SECRET\n", "line 2"),
        ("config/default.toml", "[database]\npassword = [\"SECRET\"]\n", "database.password"),
        ("config/default.toml", "[database]\npasword = \"SECRET\"\n", "did you mean database.password?"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("config")).unwrap();
        fs::write(folder.path().join(file), content.replace("SECRET", SECRET)).unwrap();
        let output = failing_start(folder.path(), &[]);
        assert!(output.contains(reason) && !output.contains(SECRET), "{content}: {output}");
    }
}

#[test]
fn production_reports_all_dangerous_settings_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let variables = [
        ("NODE_ENV", "production"),
        ("DB_HOST", "db"),
        ("DB_PASSWORD", "change-me"),
        // The default is verify_identity.
        ("HERMES__DATABASE__SSL_MODE", "preferred"),
        ("REDIS_URL", "redis://h"),
    ];
    let output = failing_start(folder.path(), &variables);
    for line in [
        "DB_PASSWORD has fewer than 12 characters",
        "the password in REDIS_URL is missing",
        "HERMES__DATABASE__SSL_MODE=verify_identity",
        "HERMES__REDIS__ALLOW_PLAINTEXT=true",
        "HERMES__ACCESS__SERVER_KEY_FILE",
        "HERMES__SERVER__PUBLIC_URL=https://",
        "institution.accounts has an example account (USD, EUR, GBP)",
    ] {
        assert!(output.contains(line), "{line} is missing: {output}");
    }
}

#[actix_web::test]
async fn production_serves_from_sqlite() {
    let environment = TestEnvironment::sqlite().await;
    write_institution(environment.folder.path());
    let key = create_key(&environment).await;
    let mut app = TestApp::start_with(&environment, &PRODUCTION).await;
    app.key = Some(key);
    app.book("ana").await.expect(201);
}

#[actix_web::test]
async fn production_requires_a_durable_database_server() {
    let Some(server) = private_mariadb().await else { return };
    let environment = TestEnvironment::new(server.create_database().await, None);
    let root = rows::connect(&environment).await;
    let user = format!("CREATE USER payer IDENTIFIED BY '{SECRET}'; GRANT ALL ON *.* TO payer");
    root.execute_unprepared(&user).await.unwrap();
    root.execute_unprepared("SET GLOBAL innodb_flush_log_at_trx_commit = 2").await.unwrap();

    write_institution(environment.folder.path());
    let key = environment.folder.path().join("data/server.key").display().to_string();
    let login = [("DB_USER", "payer"), ("DB_PASSWORD", SECRET), ("HERMES__ACCESS__SERVER_KEY_FILE", &key)];
    let settings = [&PRODUCTION[..], &login].concat();
    let all = environment.variables();
    let mut variables: Vec<_> = all.iter().map(|(name, value)| (*name, value.as_str())).collect();
    variables.extend(&settings);
    variables.push(("HERMES__DATABASE__MIGRATE_AT_START", "always"));
    let output = failing_start(environment.folder.path(), &variables);
    assert!(output.contains("set innodb_flush_log_at_trx_commit = 1"), "{output}");
    assert!(!output.contains(SECRET), "{output}");

    root.execute_unprepared("SET GLOBAL innodb_flush_log_at_trx_commit = 1").await.unwrap();
    let output = failing_start(environment.folder.path(), &variables);
    assert!(output.contains("no API key exists"), "{output}");
    let key = rows::create_key(&root, &[Scope::BookingsWrite]).await;
    let mut app = TestApp::start_with(&environment, &settings).await;
    app.key = Some(key);
    app.book("ana").await.expect(201);
}

/// Creates the schema of an SQLite database and a key that may book.
async fn create_key(environment: &TestEnvironment) -> ApiKey {
    let app = TestApp::start(environment).await;
    let database = rows::connect(environment).await;
    let key = rows::create_key(&database, &[Scope::BookingsWrite]).await;
    database.close().await.unwrap();
    drop(app);
    key
}

#[actix_web::test]
async fn production_requires_a_key() {
    let environment = TestEnvironment::sqlite().await;
    write_institution(environment.folder.path());
    let all = environment.variables();
    let mut variables: Vec<_> = all.iter().map(|(name, value)| (*name, value.as_str())).collect();
    variables.extend(PRODUCTION);
    let output = failing_start(environment.folder.path(), &variables);
    assert!(output.contains("no API key exists") && output.contains("`hermes keys create "), "{output}");
}

#[actix_web::test]
async fn secrets_are_read_from_files() {
    let Some(mut environment) = TestEnvironment::mariadb().await else { return };
    let folder = environment.folder.path().to_owned();
    let redis = environment.redis.as_mut().unwrap();
    redis.lock(SECRET);
    let url = redis.url().replace("//", &format!("//:{SECRET}@"));
    let file = |name: &str, content: &str| {
        fs::write(folder.join(name), format!("{content}\n")).unwrap();
        folder.join(name).display().to_string()
    };
    let password = file("password", &environment.database.login().unwrap().password);
    let (url, key) = (file("url", &url), file("key", &"5a".repeat(32)));
    let files = [
        ("DB_PASSWORD", ""),
        ("DB_PASSWORD_FILE", password.as_str()),
        ("REDIS_URL", ""),
        ("REDIS_URL_FILE", &url),
        ("HERMES__ACCESS__SERVER_KEY_FILE", &key),
    ];
    let app = TestApp::start_with(&environment, &files).await;
    assert_eq!(app.get("/health").await.expect(200).json()["redis"], "connected");
    assert!(!folder.join("data/server.key").exists());
    assert!(app.stdout_of(&["doctor"]).contains("problem  server-key"), "{}", app.stdout_of(&["doctor"]));
}

#[test]
fn the_compose_file_with_other_passwords_may_serve_payers() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let compose = fs::read_to_string(root.join("docker-compose.yml")).unwrap();
    let example = fs::read_to_string(root.join(".env.example")).unwrap();
    assert!(example.contains("\nDB_PASSWORD=\nREDIS_PASSWORD=\n"), "the example contains a password");
    let service = compose.split("  payment-server:\n").nth(1).unwrap();
    let environment =
        service.split("    environment:\n").nth(1).unwrap().split("    ports:\n").next().unwrap();
    let lines = environment.lines().filter_map(|line| line.trim().split_once(": "));
    let variables: Vec<_> =
        lines.map(|(name, value)| (name, substitute(value.trim_matches('"'), &example))).collect();
    assert!(variables.len() > 10, "{variables:?}");
    let doctor = |password: &str| {
        let folder = tempfile::tempdir().unwrap();
        write_institution(folder.path());
        let mut command = Command::new(env!("CARGO_BIN_EXE_hermes"));
        command.env_clear().arg("doctor").current_dir(folder.path());
        command.envs(variables.iter().map(|(name, value)| (name, value.replace("PASSWORD", password))));
        command.env("HERMES__SERVER__PUBLIC_URL", "https://pay.example.org");
        String::from_utf8(command.output().unwrap().stdout).unwrap()
    };
    let findings = doctor(SECRET);
    assert!(findings.contains("warning  configuration: server.trusted_proxies is empty"), "{findings}");
    assert!(!findings.contains("problem  configuration"), "{findings}");
    let findings = doctor("a-long-random-one");
    assert!(findings.contains("2 settings are dangerous"), "{findings}");
}

/// Replaces each variable of Compose by its value in the example, by its default, or by `PASSWORD`.
fn substitute(value: &str, example: &str) -> String {
    let Some((before, rest)) = value.split_once("${") else { return value.to_owned() };
    let (name, rest) = rest.split_once(':').unwrap();
    let nested = rest.matches("${").count();
    let end = rest.match_indices('}').nth(nested).unwrap().0;
    let default = rest[..end].strip_prefix('-').map(|default| substitute(default, example));
    let assigned = example.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let replaced = assigned.filter(|value| !value.is_empty()).map(str::to_owned).or(default);
    format!(
        "{before}{}{}",
        replaced.unwrap_or_else(|| "PASSWORD".to_owned()),
        substitute(&rest[end + 1..], example)
    )
}
