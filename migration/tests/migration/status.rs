use hermes_migration::{MigrationError, pending, status, up};
use sea_orm::ConnectionTrait;

use crate::databases::{connect, each, tables};

#[tokio::test]
async fn status_and_pending_do_not_change_an_empty_database() {
    for database in each().await {
        let db = connect(&database).await;
        assert!(status(&db).await.unwrap().iter().all(|step| !step.applied));
        assert_eq!(pending(&db).await.unwrap(), 12);
        assert!(tables(&db).await.is_empty());
    }
}

#[tokio::test]
async fn applied_steps_are_reported_as_applied() {
    for database in each().await {
        up(&database.url, Some(3)).await.unwrap();
        let steps = status(&connect(&database).await).await.unwrap();
        let applied: Vec<bool> = steps.iter().map(|step| step.applied).collect();
        assert_eq!(applied, [[true; 3].as_slice(), &[false; 9]].concat());
        assert_eq!(steps[0].name, "m20261122_000001_create_payments");
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_detected() {
    for database in each().await {
        up(&database.url, None).await.unwrap();
        let db = connect(&database).await;
        db.execute_unprepared(
            "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m29991231_future', 0)",
        )
        .await
        .unwrap();

        assert!(matches!(status(&db).await, Err(MigrationError::UnknownSteps(_))));
        assert!(matches!(up(&database.url, None).await, Err(MigrationError::UnknownSteps(_))));
    }
}
