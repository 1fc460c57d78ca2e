use std::time::{Duration, SystemTime};

use uuid::{NoContext, Timestamp, Uuid};

use super::{is_orphan, mariadb, mysql};
use crate::test_database::{PREFIX, TestDatabase};

#[tokio::test]
async fn two_databases_on_mariadb_are_separate() {
    let (Some(one), Some(other)) = (mariadb().await, mariadb().await) else {
        return;
    };
    assert_separate(&one, &other).await;
}

#[tokio::test]
async fn two_databases_on_mysql_are_separate() {
    let (Some(one), Some(other)) = (mysql().await, mysql().await) else {
        return;
    };
    assert_separate(&one, &other).await;
}

#[tokio::test]
async fn a_dropped_handle_drops_its_database_on_mariadb() {
    let Some(database) = mariadb().await else { return };
    assert_dropped_with_its_handle(database).await;
}

#[tokio::test]
async fn a_dropped_handle_drops_its_database_on_mysql() {
    let Some(database) = mysql().await else { return };
    assert_dropped_with_its_handle(database).await;
}

#[tokio::test]
async fn the_environment_names_the_same_database_as_the_url() {
    let Some(database) = mariadb().await else { return };
    let values: Vec<String> = database.environment().into_iter().map(|(_, value)| value).collect();
    let [host, port, user, password, name] = values.try_into().unwrap();
    assert_eq!(database.url, format!("mysql://{user}:{password}@{host}:{port}/{name}"));
}

#[test]
fn only_old_databases_of_tests_are_orphans() {
    let now = SystemTime::now();
    let unix = now.duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let name_of_age = |age: Duration| {
        let created = Timestamp::from_unix(NoContext, (unix - age).as_secs(), 0);
        format!("{PREFIX}{}", Uuid::new_v7(created).simple())
    };
    assert!(is_orphan(&name_of_age(Duration::from_secs(3700)), now));
    assert!(!is_orphan(&name_of_age(Duration::from_secs(3500)), now));
    assert!(!is_orphan("hermes_payments", now));
    assert!(!is_orphan("hermes_test_bench", now));
}

async fn assert_separate(one: &TestDatabase, other: &TestDatabase) {
    let login = one.login().unwrap();
    login.execute(&format!("CREATE TABLE {}.text (text INT)", one.name())).await.unwrap();

    let tables = |database: &TestDatabase| {
        let name = database.name();
        format!("SELECT table_name FROM information_schema.tables WHERE table_schema = '{name}'")
    };
    assert_eq!(login.query(&tables(one)).await.unwrap(), ["text"]);
    assert!(login.query(&tables(other)).await.unwrap().is_empty());
}

async fn assert_dropped_with_its_handle(database: TestDatabase) {
    let login = database.login().unwrap().clone();
    let name = database.name().to_owned();
    let sql = format!("SELECT schema_name FROM information_schema.schemata WHERE schema_name = '{name}'");
    assert_eq!(login.query(&sql).await.unwrap(), [name]);

    drop(database);

    assert!(login.query(&sql).await.unwrap().is_empty());
}
