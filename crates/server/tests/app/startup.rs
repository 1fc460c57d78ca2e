//! What a start creates, and the errors that stop it.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::support::{SmallDisk, TestApp, TestEnvironment};

/// A user without any rights.
const NOBODY: u32 = 65_534;

fn start(folder: &Path, data: &Path, configure: impl FnOnce(&mut Command)) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hermes"));
    command.env_clear().env("DATA_DIR", data).env("PORT", "0").env("DASHBOARD_PORT", "0");
    command.current_dir(folder).stdin(Stdio::null());
    configure(&mut command);
    let Output { status, stderr, .. } = command.output().unwrap();
    assert!(!status.success());
    String::from_utf8(stderr).unwrap()
}

#[track_caller]
fn assert_explained(error: &str, data: &Path, cause: &str, remedy: &str) {
    for text in [&data.display().to_string(), cause, remedy] {
        assert!(error.contains(text), "{text:?} is not in: {error}");
    }
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().mode() & 0o7777
}

#[actix_web::test]
async fn only_the_user_of_hermes_has_access_to_the_data_folder() {
    let environment = TestEnvironment::sqlite().await;
    let data = environment.folder.path().join("data");
    let mut app = TestApp::start(&environment).await;
    app.book("ana").await.expect(201);
    let files = [
        "hermes.db",
        "hermes.db-wal",
        "hermes.db-shm",
        "hermes.db.migrate-lock",
        "hermes.db.serve-lock",
        "server.key",
    ];
    let assert_private = || {
        assert_eq!(mode(&data), 0o700);
        assert!(files.iter().all(|name| mode(&data.join(name)) == 0o600), "{files:?}");
    };
    assert_private();
    assert!(app.stdout_of(&["doctor"]).contains("ok       data-folder: only this user has access"));

    app.kill();
    fs::set_permissions(&data, Permissions::from_mode(0o755)).unwrap();
    for name in files {
        fs::set_permissions(data.join(name), Permissions::from_mode(0o644)).unwrap();
    }
    let findings = app.stdout_of(&["doctor"]);
    assert!(findings.contains("problem  data-folder: other users have access: "), "{findings}");
    assert!(findings.contains("hermes.db-wal has mode 0644"), "{findings}");
    assert!(findings.contains("server.key has mode 0644"), "{findings}");
    app.restart().await;
    assert_private();
}

#[actix_web::test]
async fn the_server_key_is_created_once() {
    let Some(environment) = TestEnvironment::mariadb().await else { return };
    let path = environment.folder.path().join("data/server.key");
    let mut app = TestApp::start(&environment).await;
    let key = fs::read_to_string(&path).unwrap();
    assert_eq!((key.trim().len(), mode(&path)), (64, 0o600));
    let warning = "if several instances use this database, give all of them the same file";
    assert_eq!(app.log().matches(warning).count(), 1, "{}", app.log());
    assert!(!app.log().contains(key.trim()));
    assert!(app.stdout_of(&["doctor"]).contains("ok       server-key: "));
    app.kill();
    app.restart().await;
    assert_eq!(fs::read_to_string(&path).unwrap(), key);
    assert_eq!(app.log().matches(warning).count(), 1);
}

#[test]
fn a_damaged_file_is_named_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("hermes.db"), "x".repeat(8_192)).unwrap();
    let error = start(folder.path(), &data, |_| {});
    assert_explained(&error, &data, "file is not a database", "restore it from a backup");
    assert_eq!(fs::read_to_string(data.join("hermes.db")).unwrap(), "x".repeat(8_192));
}

#[test]
fn a_folder_without_permission_is_named_with_the_remedy() {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let existing = folder.path().join("existing");
    fs::create_dir(&existing).unwrap();
    fs::set_permissions(&existing, Permissions::from_mode(0o555)).unwrap();
    // Permissions do not limit root.
    let is_root = fs::metadata("/proc/self").unwrap().uid() == 0;
    for (data, remedy) in [
        (existing.clone(), "let the user of Hermes write to the folder"),
        (existing.join("new"), "let the user of Hermes create it, or set DATA_DIR"),
    ] {
        let error = start(folder.path(), &data, |command| {
            if is_root {
                command.uid(NOBODY).gid(NOBODY);
            }
        });
        assert_explained(&error, &data, "Permission denied", remedy);
    }
}

#[test]
fn a_full_disk_is_named_with_the_remedy() {
    let Some(disk) = SmallDisk::mount() else { return };
    let folder = tempfile::tempdir().unwrap();
    let data = disk.path().join("data");
    fs::create_dir(&data).unwrap();
    fs::write(data.join("hermes.db"), "").unwrap();
    disk.fill();
    let error = start(folder.path(), &data, |_| {});
    assert_explained(&error, &data, "full", "free some space");
}

#[actix_web::test]
async fn a_wrong_redis_database_stops_the_start() {
    let Some(redis) = hermes_test_support::redis().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let url = format!("{}/99", redis.url());
    let error = start(folder.path(), &folder.path().join("data"), |command| {
        command.env("REDIS_URL", &url);
    });
    assert!(
        error.contains("no database with the number") && error.contains("correct the number in REDIS_URL"),
        "{error}"
    );
}

#[actix_web::test]
async fn a_wrong_redis_password_is_logged_without_the_password() {
    let Some(mut environment) = TestEnvironment::mariadb().await else { return };
    let redis = environment.redis.as_mut().unwrap();
    redis.lock("correct-horse");
    let url = redis.url().replace("//", "//:wrong-donkey@");
    let app = TestApp::start_with(&environment, &[("REDIS_URL", &url)]).await;
    let log = app.log();
    assert!(log.contains("the password of the Redis URL is wrong. Correct REDIS_URL or Redis"), "{log}");
    assert!(!log.contains("wrong-donkey") && !log.contains("correct-horse"), "{log}");
    app.book("ana").await.expect(201);
}
