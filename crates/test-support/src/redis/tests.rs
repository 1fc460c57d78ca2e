use super::redis;

#[tokio::test]
async fn a_stopped_server_comes_back_empty_on_the_same_port() {
    let Some(mut redis) = redis().await else { return };
    let url = redis.url();
    redis.cli(&["SET", "word", "here"]);

    redis.stop();
    assert!(std::net::TcpStream::connect(("127.0.0.1", redis.port())).is_err());
    redis.start().await;

    assert_eq!(redis.url(), url);
    assert_eq!(redis.cli(&["GET", "word"]), "");
}

#[tokio::test]
async fn a_saved_dump_comes_back_without_what_was_written_after_it() {
    let Some(mut redis) = redis().await else { return };
    redis.cli(&["SET", "word", "old"]);
    redis.cli(&["SAVE"]);
    redis.cli(&["SET", "word", "new"]);

    redis.stop();
    redis.start().await;

    assert_eq!(redis.cli(&["GET", "word"]), "old");
}

#[tokio::test]
async fn a_discarded_dump_does_not_come_back() {
    let Some(mut redis) = redis().await else { return };
    redis.cli(&["SET", "word", "old"]);
    redis.cli(&["SAVE"]);

    redis.stop();
    redis.discard_dump();
    redis.start().await;

    assert_eq!(redis.cli(&["DBSIZE"]), "0");
    redis.discard_dump();
}

#[tokio::test]
async fn a_locked_server_lets_in_who_knows_the_password_until_it_is_unlocked() {
    let Some(mut redis) = redis().await else { return };
    let stranger = |port| crate::resp::ask(port, None, &["PING"]);

    redis.lock("correct-horse");
    assert!(stranger(redis.port()).unwrap_err().to_string().starts_with("NOAUTH"));
    assert_eq!(redis.cli(&["PING"]), "PONG");
    redis.unlock();

    assert_eq!(stranger(redis.port()).unwrap(), "PONG");
}

#[tokio::test]
async fn a_promoted_replica_has_what_its_primary_had() {
    let (Some(one), Some(other)) = (redis().await, redis().await) else {
        return;
    };
    one.cli(&["SET", "word", "old"]);

    other.follow(&one).await;
    other.promote();
    one.cli(&["SET", "word", "new"]);

    assert_eq!(other.cli(&["GET", "word"]), "old");
    other.cli(&["SET", "word", "mine"]);
    assert_eq!(one.cli(&["GET", "word"]), "new");
}

#[tokio::test]
async fn locking_ends_the_connections_that_are_open() {
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
async fn a_paused_server_answers_when_it_is_resumed() {
    let Some(mut redis) = redis().await else { return };
    let port = redis.port();

    redis.pause();
    let answer = tokio::task::spawn_blocking(move || crate::resp::ask(port, None, &["PING"]));
    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    assert!(!answer.is_finished());
    redis.resume();

    assert_eq!(answer.await.unwrap().unwrap(), "PONG");
}

#[tokio::test]
async fn two_servers_are_separate() {
    let (Some(one), Some(other)) = (redis().await, redis().await) else {
        return;
    };
    one.cli(&["SET", "word", "here"]);
    assert_eq!(other.cli(&["DBSIZE"]), "0");
}
