use hermes_migration::{MigrationError, pending, status, up};
use sea_orm::ConnectionTrait;

use crate::databases::{connect, each, step_count, tables};

#[tokio::test]
async fn status_and_pending_do_not_change_an_empty_database() {
    for database in each().await {
        let db = connect(&database).await;
        assert!(status(&db).await.unwrap().iter().all(|step| !step.applied));
        assert_eq!(pending(&db).await.unwrap(), step_count());
        assert!(tables(&db).await.is_empty());
    }
}

#[tokio::test]
async fn applied_steps_are_reported_as_applied() {
    for database in each().await {
        up(&database.url, Some(3)).await.unwrap();
        let steps = status(&connect(&database).await).await.unwrap();
        assert!(steps.iter().enumerate().all(|(index, step)| step.applied == (index < 3)), "{steps:?}");
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
