use std::fs;
use std::path::Path;

use config::{Config, File, FileFormat};

use super::super::sources::DEFAULTS;
use super::*;

/// Settings that may serve payers, with a database server and Redis on other machines.
const SAFE: &str = r#"
    server.public_url = "https://pay.example.org"
    access.server_key_file = "/run/secrets/key"
    database.host = "db"
    database.password = "kf73hs92jd83"
    database.ssl_mode = "verify_identity"
    redis.url = "rediss://:93jf7sk2la0d@cache"
    institution.accounts = []
"#;

fn settings(more: &str) -> Settings {
    let merged = [DEFAULTS, SAFE, more]
        .into_iter()
        .fold(Config::builder(), |builder, text| builder.add_source(File::from_str(text, FileFormat::Toml)));
    merged.build().unwrap().try_deserialize().unwrap()
}

fn violations(more: &str) -> String {
    check(Environment::Production, &settings(more)).err().map(|error| error.to_string()).unwrap_or_default()
}

#[track_caller]
fn assert_rejected(more: &str, reason: &str, line: &str) {
    let message = violations(more);
    assert!(message.starts_with(reason) && message.contains(line), "{more}: {message}");
}

#[test]
fn safe_settings_may_serve_payers_and_so_may_one_instance_on_sqlite() {
    assert_eq!(violations(""), "");
    let embedded = r#"
        access.server_key_file = ""
        database = { host = "", password = "", ssl_mode = "preferred" }
        redis.url = """#;
    assert_eq!(violations(embedded), "");
}

#[test]
fn an_example_account_is_rejected() {
    let account = "[[institution.accounts]]\ncurrency = 'EUR'\nexample = true";
    assert_rejected(account, "institution.accounts has an example account (EUR)", "institution.toml");
    let own = "[[institution.accounts]]\ncurrency = 'EUR'";
    assert_eq!(violations(own), "");
}

#[test]
fn a_weak_database_password_is_rejected_and_not_repeated() {
    for (password, reason) in [
        ("", "is empty"),
        ("kf73hs92jd8", "has fewer than 12 characters"),
        ("Change-Me-Before-Use", "is an example from the documentation"),
    ] {
        let more = format!("database.password = '{password}'");
        assert_rejected(&more, &format!("DB_PASSWORD {reason}"), "DB_PASSWORD_FILE");
        assert!(password.is_empty() || !violations(&more).contains(password));
    }
}

#[test]
fn a_weak_redis_password_is_rejected_and_none_is_required_on_this_machine() {
    assert_rejected(
        "redis.url = 'rediss://cache'",
        "the password in REDIS_URL is missing",
        "REDIS_URL=redis://:",
    );
    assert_rejected(
        "redis.url = 'redis://:secret@localhost'",
        "the password in REDIS_URL has fewer",
        "openssl rand",
    );
    for url in ["redis://127.0.0.1", "unix:///run/redis.sock"] {
        assert_eq!(violations(&format!("redis.url = '{url}'")), "");
    }
}

#[test]
fn a_network_to_the_database_requires_verified_tls_or_permission() {
    for mode in ["disabled", "preferred", "required"] {
        let mode = format!("database.ssl_mode = '{mode}'");
        assert_rejected(&mode, "database.ssl_mode is", "HERMES__DATABASE__ALLOW_PLAINTEXT=true");
        for more in ["host = 'localhost'", "host = '/run/mysqld.sock'", "allow_plaintext = true"] {
            assert_eq!(violations(&format!("{mode}\ndatabase.{more}")), "", "{more}");
        }
    }
    assert_eq!(violations("database.ssl_mode = 'verify_ca'"), "");
}

#[test]
fn a_network_to_redis_requires_verified_tls_or_permission() {
    for url in ["redis://:93jf7sk2la0d@cache", "rediss://:93jf7sk2la0d@cache/#insecure"] {
        let url = format!("redis.url = '{url}'");
        assert_rejected(&url, "REDIS_URL has no verified TLS", "HERMES__REDIS__ALLOW_PLAINTEXT=true");
        assert_eq!(violations(&format!("{url}\nredis.allow_plaintext = true")), "");
        assert!(!violations(&url).contains("93jf"));
    }
}

#[test]
fn instances_on_a_database_server_require_a_common_server_key() {
    let line = "HERMES__ACCESS__SERVER_KEY_FILE";
    assert_rejected("access.server_key_file = ''", "access.server_key_file is empty", line);
}

#[test]
fn the_public_url_is_an_https_url() {
    for url in ["", "http://pay.example.org"] {
        let more = format!("server.public_url = '{url}'");
        assert_rejected(&more, "server.public_url is", "HERMES__SERVER__PUBLIC_URL=https://HOST");
    }
}

#[test]
fn a_proxy_that_is_not_trusted_is_reported_in_production() {
    let warning = |environment, more| untrusted_proxy(environment, &settings(more)).unwrap_or_default();
    let production = warning(Environment::Production, "");
    assert!(production.contains("Set HERMES__SERVER__TRUSTED_PROXIES to"), "{production}");
    assert_eq!(warning(Environment::Development, ""), "");
    assert_eq!(warning(Environment::Production, "server.trusted_proxies = ['10.0.0.7']"), "");
}

#[test]
fn all_violations_are_reported_at_once() {
    let message = violations("server.public_url = ''\ndatabase.password = 'x'\naccess.server_key_file = ''");
    assert!(message.starts_with("3 settings are dangerous:\n  - DB_PASSWORD"), "{message}");
    assert_eq!(message.lines().count(), 4, "{message}");
}

#[test]
fn every_password_in_our_documents_is_weak() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files: Vec<_> =
        ["README.md", "docker-compose.yml", ".env.example", "docker/Dockerfile", "ARCHITECTURE.md"]
            .map(|name| root.join(name))
            .to_vec();
    for folder in ["docs", "config", "docs/decisions"] {
        let entries = fs::read_dir(root.join(folder)).unwrap();
        files.extend(entries.map(|entry| entry.unwrap().path()).filter(|path| path.is_file()));
    }
    let text: String = files.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    let found = passwords(&text);
    assert!(found.contains(&"a-long-random-one"), "{found:?}");
    for password in found {
        assert!(weakness(password).is_some(), "{password} is missing in DOCUMENTED_PASSWORDS");
    }
}

/// Returns the texts after `…PASSWORD=`, `PASSWORD: `, `password = ` and `IDENTIFIED BY`, and those in URLs.
fn passwords(text: &str) -> Vec<&str> {
    let end =
        |rest: &str| rest.find(|c: char| c.is_whitespace() || "'\"`@,;".contains(c)).unwrap_or(rest.len());
    let mut found = Vec::new();
    for marker in ["PASSWORD=", "PASSWORD: ", "password = ", "IDENTIFIED BY ", "://:"] {
        for (at, _) in text.match_indices(marker) {
            let rest = text[at + marker.len()..].trim_start_matches(['\'', '"']);
            found.push(&rest[..end(rest)]);
        }
    }
    // A variable of Compose is no password.
    found.retain(|password| !password.starts_with('$') && !password.is_empty());
    found
}
