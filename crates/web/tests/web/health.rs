//! The health checks, and writes while the database is down.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use async_trait::async_trait;
use hermes_domain::ports::{CacheError, CacheKey, SharedCache, StoredEntry, Version};

use crate::support::{ANA, Server, TestApp};

fn post(body: &'static str) -> TestRequest {
    let content_type = ("content-type", "application/json");
    TestRequest::post().uri("/api/bookings").insert_header(content_type).set_payload(body)
}

#[actix_web::test]
async fn while_writes_are_rejected_the_server_is_not_ready_but_serves_reads() {
    let app = TestApp::start();
    assert_eq!(app.get(Server::Portal, "/health/ready").await.status, StatusCode::OK);
    app.fail_writes();
    app.post_form(&ANA).await;

    let ready = app.get(Server::Portal, "/health/ready").await;
    assert_eq!(ready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(ready.body.contains("\"database\":\"connected\",\"writes\":\"refused\""), "{}", ready.body);
    assert_eq!(app.get(Server::Portal, "/health").await.status, StatusCode::OK);
    assert_eq!(app.get(Server::Portal, "/api/bookings").await.status, StatusCode::OK);

    app.recover().await;
    assert_eq!(app.get(Server::Portal, "/health/ready").await.status, StatusCode::OK);
}

/// A shared cache that counts its pings and stores nothing.
#[derive(Default)]
struct CountingCache(AtomicUsize);

#[async_trait]
impl SharedCache for CountingCache {
    async fn version(&self) -> Result<Version, CacheError> {
        Err(CacheError::Refused("unused".to_owned()))
    }

    async fn get(&self, _key: CacheKey) -> Result<Option<StoredEntry>, CacheError> {
        Ok(None)
    }

    async fn put_if_version(&self, _key: CacheKey, _entry: &StoredEntry) -> Result<bool, CacheError> {
        Ok(false)
    }

    async fn invalidate(&self) -> Result<(), CacheError> {
        Ok(())
    }

    async fn ping(&self) -> Result<Option<()>, CacheError> {
        self.0.fetch_add(1, Ordering::Relaxed);
        tokio::task::yield_now().await;
        Ok(Some(()))
    }
}

#[actix_web::test]
async fn concurrent_health_checks_share_one_ping() {
    let cache = Arc::new(CountingCache::default());
    let shared = Arc::clone(&cache);
    let app = TestApp::start_with(move |state| state.cache = shared);
    let checks = (0..20).map(|_| app.get(Server::Portal, "/health"));
    for response in futures_util::future::join_all(checks).await {
        assert!(response.body.contains("\"redis\":\"connected\""), "{}", response.body);
    }
    // A slow machine may need longer than the interval of two probes.
    let pings = cache.0.load(Ordering::Relaxed);
    assert!((1..=5).contains(&pings), "{pings}");
}

#[actix_web::test]
async fn a_rejected_write_has_retry_after() {
    let app = TestApp::start();
    app.fail_writes();
    // The first command opens the circuit breaker; the second is not even queued.
    for _ in 0..2 {
        let request = post(r#"{"name":"Ana Ruiz","email":"ana@example.org","amount":"1.00"}"#);
        let response = app.send(Server::Portal, request).await;
        assert_eq!(response.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.header("retry-after"), "1");
        assert!(response.body.contains("database-unavailable"), "{}", response.body);
    }
}

#[actix_web::test]
async fn while_commands_are_not_admitted_their_bodies_are_not_parsed() {
    let app = TestApp::start();
    let request = || post("this is not JSON");
    assert_eq!(app.send(Server::Portal, request()).await.status, StatusCode::BAD_REQUEST);
    app.fail_writes();
    app.post_form(&ANA).await;
    assert_eq!(app.send(Server::Portal, request()).await.status, StatusCode::SERVICE_UNAVAILABLE);
    app.recover().await;
    assert_eq!(app.send(Server::Portal, request()).await.status, StatusCode::BAD_REQUEST);
}
