use hermes_migration::{pending, up};

use crate::databases::{connect, each, step_count};

#[tokio::test]
async fn concurrent_migrations_all_succeed_and_one_applies_the_steps() {
    for database in each().await {
        let url = database.url.as_str();
        let (first, second, third) = tokio::join!(up(url, None), up(url, None), up(url, None));

        let mut applied = [first.unwrap().len(), second.unwrap().len(), third.unwrap().len()];
        applied.sort_unstable();
        assert_eq!(applied, [0, 0, step_count()]);
        assert_eq!(pending(&connect(&database).await).await.unwrap(), 0);
    }
}
