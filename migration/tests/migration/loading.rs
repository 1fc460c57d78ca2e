use hermes_migration::{Dialect, pending, schema_ddl, status, up};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};

use crate::databases::{connect, describe, each, pairs};

#[tokio::test]
async fn the_script_and_the_steps_create_the_same_schema() {
    for (loaded, migrated) in pairs().await {
        let db = connect(&loaded).await;
        load(&db).await;
        up(&migrated.url, None).await.unwrap();

        assert_eq!(describe(&db).await, describe(&connect(&migrated).await).await);
    }
}

#[tokio::test]
async fn a_loaded_database_has_no_pending_steps() {
    for database in each().await {
        let db = connect(&database).await;
        load(&db).await;

        assert!(status(&db).await.unwrap().iter().all(|step| step.applied));
        assert!(up(&database.url, None).await.unwrap().is_empty());
        assert_eq!(pending(&db).await.unwrap(), 0);
    }
}

async fn load(db: &DatabaseConnection) {
    let dialect = match db.get_database_backend() {
        DbBackend::Sqlite => Dialect::Sqlite,
        _ => Dialect::MySql,
    };
    for statement in schema_ddl(dialect).split_terminator(";\n") {
        // The client of MySQL interprets these lines.
        let statement = statement.replace("DELIMITER //\n", "").replace("//\nDELIMITER ", "");
        db.execute_unprepared(&statement).await.unwrap();
    }
}
