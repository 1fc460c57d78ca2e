use super::redis;

#[tokio::test]
async fn a_stopped_server_restarts_empty_on_the_same_port() {
    let Some(mut redis) = redis().await else { return };
    let url = redis.url();
    redis.cli(&["SET", "key", "here"]);

    redis.stop();
    assert!(std::net::TcpStream::connect(("127.0.0.1", redis.port())).is_err());
    redis.start().await;

    assert_eq!(redis.url(), url);
    assert_eq!(redis.cli(&["GET", "key"]), "");
}

#[tokio::test]
async fn a_restart_has_the_data_of_the_saved_dump() {
    let Some(mut redis) = redis().await else { return };
    redis.cli(&["SET", "key", "old"]);
    redis.cli(&["SAVE"]);
    redis.cli(&["SET", "key", "new"]);

    redis.stop();
    redis.start().await;

    assert_eq!(redis.cli(&["GET", "key"]), "old");
}

#[tokio::test]
async fn a_discarded_dump_is_not_restored() {
    let Some(mut redis) = redis().await else { return };
    redis.cli(&["SET", "key", "old"]);
    redis.cli(&["SAVE"]);

    redis.stop();
    redis.discard_dump();
    redis.start().await;

    assert_eq!(redis.cli(&["DBSIZE"]), "0");
    redis.discard_dump();
}

#[tokio::test]
async fn a_locked_server_requires_the_password_until_it_is_unlocked() {
    let Some(mut redis) = redis().await else { return };
    let without_password = |port| crate::resp::send(port, None, &["PING"]);

    redis.lock("correct-horse");
    assert!(without_password(redis.port()).unwrap_err().to_string().starts_with("NOAUTH"));
    assert_eq!(redis.cli(&["PING"]), "PONG");
    redis.unlock();

    assert_eq!(without_password(redis.port()).unwrap(), "PONG");
}

#[tokio::test]
async fn a_promoted_replica_has_what_its_primary_had() {
    let (Some(one), Some(other)) = (redis().await, redis().await) else {
        return;
    };
    one.cli(&["SET", "key", "old"]);

    other.follow(&one).await;
    other.promote();
    one.cli(&["SET", "key", "new"]);

    assert_eq!(other.cli(&["GET", "key"]), "old");
    other.cli(&["SET", "key", "mine"]);
    assert_eq!(one.cli(&["GET", "key"]), "new");
}

#[tokio::test]
async fn locking_closes_open_connections() {
    let Some(mut redis) = redis().await else { return };
    let mut open = std::net::TcpStream::connect(("127.0.0.1", redis.port())).unwrap();

    redis.lock("correct-horse");

    open.set_read_timeout(Some(std::time::Duration::from_secs(20))).unwrap();
    assert!(matches!(std::io::Read::read(&mut open, &mut [0]), Ok(0) | Err(_)));
    redis.stop();
    redis.start().await;
    assert_eq!(redis.cli(&["PING"]), "PONG");
}

#[tokio::test]
async fn a_paused_server_replies_when_it_is_resumed() {
    let Some(mut redis) = redis().await else { return };
    let port = redis.port();

    redis.pause();
    let reply = tokio::task::spawn_blocking(move || crate::resp::send(port, None, &["PING"]));
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert!(!reply.is_finished());
    redis.resume();

    assert_eq!(reply.await.unwrap().unwrap(), "PONG");
}

#[tokio::test]
async fn two_servers_are_separate() {
    let (Some(one), Some(other)) = (redis().await, redis().await) else {
        return;
    };
    one.cli(&["SET", "key", "here"]);
    assert_eq!(other.cli(&["DBSIZE"]), "0");
}
