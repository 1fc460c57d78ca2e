//! What settings are taken, and what of them is printed.

use hermes_cache::{RedisCache, RedisSettings, RedisSettingsError};

#[test]
fn a_url_that_is_not_one_of_redis_is_refused_and_not_repeated() {
    for url in
        ["", "redis", "http://host:6379", "redis://", "redis://host/words", "redis://:pass word@host:x"]
    {
        let error = RedisCache::connect(&RedisSettings::new(url.to_owned().into())).unwrap_err();
        assert_eq!(error, RedisSettingsError::Url, "{url}");
        assert_eq!(error.to_string(), "not a Redis URL such as redis://user:password@host:6379/0");
    }
}

#[test]
fn a_pool_without_a_connection_is_refused() {
    let settings = RedisSettings { pool_max: 0, ..RedisSettings::new("redis://127.0.0.1".to_owned().into()) };
    assert_eq!(RedisCache::connect(&settings).unwrap_err(), RedisSettingsError::EmptyPool);
}

#[test]
fn nothing_prints_the_password() {
    let settings = RedisSettings::new("redis://hermes:correct-horse@127.0.0.1:1/0".to_owned().into());
    let cache = RedisCache::connect(&settings).unwrap();
    for printed in [format!("{settings:?}"), format!("{cache:?}")] {
        assert!(!printed.contains("correct-horse") && !printed.contains("hermes:"), "{printed}");
    }
}
