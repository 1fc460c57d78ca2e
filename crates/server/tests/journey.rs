//! The journey of a payment through the running program, on everything it runs on.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]

mod support;

use serde_json::{Value, json};
use support::{Hermes, Stage};

fn ana(amount: &str) -> Value {
    json!({"name": "Ana Ruiz", "email": "ana@example.org", "amount": amount, "school": "Harvard", "student_id": "HRV001",
           "sender_full_name": "Ana Ruiz", "country_from": "USA", "sender_address": "123 Test St"})
}

#[actix_web::test]
async fn the_journey_on_sqlite() {
    journey(Stage::embedded().await).await;
}

#[actix_web::test]
async fn the_journey_on_mariadb_and_redis() {
    journey(Stage::mariadb().await).await;
}

#[actix_web::test]
async fn the_journey_on_mysql_and_redis() {
    journey(Stage::mysql().await).await;
}

async fn journey(stage: Option<Stage>) {
    let Some(stage) = stage else { return };
    let mut hermes = Hermes::start(&stage).await;
    health(&hermes, &stage).await;
    book_by_json(&hermes).await;
    book_by_form(&hermes).await;
    the_list_is_cached(&hermes, &stage).await;
    a_booking_makes_the_cached_list_old(&hermes, &stage).await;
    correct_and_cancel(&hermes).await;
    a_key_books_once(&hermes).await;
    a_key_corrects_once(&hermes).await;
    pages_of_the_list(&hermes).await;
    nonsense_is_told_apart(&hermes).await;
    the_dashboard_shows_it(&hermes).await;
    nothing_is_lost_by_a_power_cut(&mut hermes).await;
    the_audit_log_verifies(&hermes).await;
    hermes.ask_to_stop();
    assert!(hermes.wait_for_end().success(), "{}", hermes.log());
}

async fn health(hermes: &Hermes, stage: &Stage) {
    let body = hermes.get("/health").await.expect(200).json();
    assert_eq!(body["status"], "ok");
    assert_eq!(body["database"], "connected");
    assert_eq!(body["redis"], if stage.redis.is_some() { "connected" } else { "disabled" });
    hermes.get("/health/live").await.expect(200);
    assert!(hermes.run(&["healthcheck"]).status.success());
}

async fn book_by_json(hermes: &Hermes) {
    let answer = hermes.post("/api/bookings", &[], &ana("35000")).await.expect(201);
    let booking = answer.json();
    assert_eq!(answer.header("Location"), format!("/api/bookings/{}", booking["id"].as_str().unwrap()));
    assert_eq!(answer.header("ETag"), "\"v1\"");
    for (member, value) in [
        ("reference", "REF001"),
        ("creditor_reference", "RF59REF001"),
        ("amount", "35000.00"),
        ("fee_percentage", "2.00"),
        ("fee_amount", "700.00"),
        ("final_amount", "35700.00"),
        ("currency_from", "USD"),
        ("amount_due", "35700.00"),
        ("amount_received", "0.00"),
        ("amount_outstanding", "35700.00"),
        ("status", "PENDING"),
        ("validation_status", "PASSED"),
        ("school", "Harvard"),
        ("country_from", "USA"),
    ] {
        assert_eq!(booking[member], value, "{member}");
    }
    assert_eq!(booking["checks"].as_array().unwrap().len(), 4);
    assert_eq!(hermes.get("/api/bookings/REF001").await.expect(200).json(), booking);
    assert_eq!(hermes.get("/api/bookings/RF59REF001").await.expect(200).json(), booking);
}

async fn book_by_form(hermes: &Hermes) {
    let form = hermes.get("/payment").await.expect(200).text();
    let key = form.split("name=\"idempotency_key\"").nth(1).unwrap().split("value=\"").nth(1).unwrap();
    let key = key.split('"').next().unwrap();
    let fields = [
        ("name", "Bo <b>Li</b>"),
        ("email", "ana@example.org"),
        ("amount", "1000"),
        ("currency_from", "EUR"),
        ("school", ""),
        ("idempotency_key", key),
    ];
    let answer = hermes.submit("/payment", &fields).await.expect(303);
    let page = answer.header("Location").to_owned();
    assert!(page.starts_with("/payment/REF002/"), "{page}");
    let text = hermes.get(&page).await.expect(200).text();
    assert!(text.contains("RF32REF002") && text.contains("1030.00"), "{text}");
    assert!(
        text.contains("Bo &#60;b&#62;Li&#60;/b&#62;") || text.contains("Bo &lt;b&gt;Li&lt;/b&gt;"),
        "{text}"
    );
    hermes.get("/payment/REF002/00000000000000000000000000000000").await.expect(404);

    let again = hermes.submit("/payment", &fields).await.expect(303);
    assert!(again.header("Location").starts_with(&page), "a second press leads to the same payment");
    let flagged = hermes.get("/api/bookings/REF002").await.json();
    assert_eq!(flagged["validation_status"], "FLAGGED");
    assert_eq!(flagged["checks"][1]["type"], "DUPLICATED_PAYMENT");
    assert_eq!(flagged["checks"][1]["result"], "FLAGGED");
}

async fn references(hermes: &Hermes, path: &str) -> Vec<String> {
    let list = hermes.get(path).await.expect(200).json();
    list.as_array().unwrap().iter().map(|booking| booking["reference"].as_str().unwrap().to_owned()).collect()
}

async fn the_list_is_cached(hermes: &Hermes, stage: &Stage) {
    assert_eq!(references(hermes, "/api/bookings").await, ["REF002", "REF001"]);
    let second = hermes.get("/api/bookings").await.expect(200);
    assert_eq!(second.header("Hermes-Cache"), "l1");
    let etag = second.header("ETag").to_owned();
    hermes.get_with("/api/bookings", &[("If-None-Match", &etag)]).await.expect(304);
    if let Some(redis) = &stage.redis {
        let ttl: i64 = redis.cli(&["TTL", "payments:all"]).parse().unwrap();
        assert!((270..=330).contains(&ttl), "TTL {ttl}");
        assert!(redis.cli(&["GET", "payments:all"]).contains("REF001"));
    }
}

async fn a_booking_makes_the_cached_list_old(hermes: &Hermes, stage: &Stage) {
    let before = hermes.get("/api/bookings").await;
    hermes.post("/api/bookings", &[], &ana("0.10")).await.expect(201);
    if let Some(redis) = &stage.redis {
        assert_eq!(redis.cli(&["EXISTS", "payments:all"]), "0");
    }
    let after = hermes.get("/api/bookings").await.expect(200);
    assert_eq!(after.header("Hermes-Cache"), "db");
    assert_ne!(after.header("ETag"), before.header("ETag"));
    assert_eq!(references(hermes, "/api/bookings").await, ["REF003", "REF002", "REF001"]);
}

async fn correct_and_cancel(hermes: &Hermes) {
    let path = "/api/bookings/REF003";
    let change =
        json!({"name": "Ana María Ruiz", "amount": "1000.01", "school": null, "reason": "typing error"});
    assert_eq!(hermes.patch(path, &[], &change).await.expect(428).json()["code"], "precondition-required");
    let corrected = hermes.patch(path, &[("If-Match", "\"v1\"")], &change).await.expect(200).json();
    assert_eq!((&corrected["version"], &corrected["fee_percentage"]), (&json!(2), &json!("3.00")));
    assert_eq!(corrected["school"], Value::Null);
    let stale = hermes.patch(path, &[("If-Match", "\"v1\"")], &change).await.expect(412);
    assert_eq!(stale.header("ETag"), "\"v2\"");

    let cancel = format!("{path}/cancel");
    assert_eq!(hermes.post(&cancel, &[], &json!({})).await.expect(422).pointers(), ["/reason"]);
    let cancelled = hermes.post(&cancel, &[], &json!({"reason": "booked twice"})).await.expect(200).json();
    assert_eq!(
        (&cancelled["status"], &cancelled["amount_outstanding"]),
        (&json!("CANCELLED"), &json!("0.00"))
    );
    assert_eq!(
        hermes.post(&cancel, &[], &json!({"reason": "again"})).await.expect(409).json()["code"],
        "illegal-state"
    );

    let list = hermes.get("/api/bookings").await.json();
    assert_eq!((&list[0]["name"], &list[0]["status"]), (&json!("Ana María Ruiz"), &json!("CANCELLED")));
    let audit = hermes.get(&format!("{path}/audit")).await.expect(200).json();
    let actions: Vec<_> =
        audit.as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["PAYMENT_BOOKED", "PAYMENT_CORRECTED", "PAYMENT_CANCELLED"]);
    assert_eq!(audit[1]["reason"], "typing error");
    assert_eq!(
        (&audit[1]["old_value"]["amount"], &audit[1]["new_value"]["amount"]),
        (&json!("0.10"), &json!("1000.01"))
    );
    changes_come_in_pages(hermes, path, &audit).await;
}

async fn changes_come_in_pages(hermes: &Hermes, path: &str, audit: &Value) {
    let page = hermes.get(&format!("{path}/audit?limit=2")).await.expect(200);
    assert_eq!(page.json().as_array().unwrap()[..], audit.as_array().unwrap()[..2]);
    let link = page.header("Link").to_owned();
    let next = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\"")).unwrap();
    let page = hermes.get(next).await.expect(200);
    assert_eq!(page.json().as_array().unwrap()[..], audit.as_array().unwrap()[2..]);
    assert_eq!(page.header("Link"), "");
    let whole = hermes.get(&format!("{path}/audit?limit=3")).await.expect(200);
    assert_eq!(whole.header("Link"), "", "nothing follows");
    hermes.get(&format!("{path}/audit?limit=0")).await.expect(400);
}

async fn a_key_books_once(hermes: &Hermes) {
    let key = [("Idempotency-Key", "\"journey-1\"")];
    let first = hermes.post("/api/bookings", &key, &ana("10")).await.expect(201);
    let reordered = r#"{"student_id":"HRV001", "sender_address":"123 Test St","email":"ana@example.org","amount":10.00,
        "school":"Harvard","country_from":"USA","sender_full_name":"Ana Ruiz","name":"Ana Ruiz"}"#;
    let request = hermes.send("POST", "/api/bookings", &key, Some(reordered.to_owned()));
    let second = request.await.expect(201);
    assert_eq!(second.header("Idempotency-Replayed"), "true");
    assert_eq!(second.body, first.body);
    let other = hermes.post("/api/bookings", &key, &ana("11")).await.expect(422);
    assert_eq!(other.json()["code"], "idempotency-key-reused");
    hermes.post("/api/bookings", &[("Idempotency-Key", "two words")], &ana("11")).await.expect(400);
}

async fn a_key_corrects_once(hermes: &Hermes) {
    let path = "/api/bookings/REF004";
    let seen = [("Idempotency-Key", "journey-2"), ("If-Match", "\"v1\"")];
    let change = json!({"student_id": "HRV004"});
    let first = hermes.patch(path, &seen, &change).await.expect(200);
    let second = hermes.patch(path, &seen, &change).await.expect(200);
    assert_eq!((first.header("Idempotency-Replayed"), second.header("Idempotency-Replayed")), ("", "true"));
    assert_eq!(second.body, first.body);
    let other = hermes.patch(path, &seen, &json!({"student_id": "HRV005"})).await.expect(422);
    assert_eq!(other.json()["code"], "idempotency-key-reused");

    // What is so already changes nothing, and its key is kept all the same.
    let any = [("Idempotency-Key", "journey-3"), ("If-Match", "*")];
    let same = hermes.patch(path, &any, &change).await.expect(200);
    assert_eq!(same.header("ETag"), "\"v2\"");
    let again = hermes.patch(path, &any, &change).await.expect(200);
    assert_eq!((again.header("Idempotency-Replayed"), &again.body), ("true", &same.body));
    assert_eq!(hermes.get(&format!("{path}/audit")).await.json().as_array().unwrap().len(), 2);
}

async fn pages_of_the_list(hermes: &Hermes) {
    assert_eq!(references(hermes, "/api/bookings?limit=2").await, ["REF004", "REF003"]);
    let first = hermes.get("/api/bookings?limit=2").await;
    let next = first.header("Link").split('>').next().unwrap().trim_start_matches('<').to_owned();
    assert_eq!(references(hermes, &next).await, ["REF002", "REF001"]);
    let second = hermes.get(&next).await;
    let link = second.header("Link");
    assert!(link.ends_with("rel=\"prev\""), "{link}");
    let prev = link.split('>').next().unwrap().trim_start_matches('<').to_owned();
    assert_eq!(references(hermes, &prev).await, ["REF004", "REF003"]);
    assert_eq!(references(hermes, "/api/bookings?status=cancelled").await, ["REF003"]);
    assert_eq!(references(hermes, "/api/bookings?validation_status=PASSED").await, ["REF001"]);
    assert_eq!(references(hermes, "/api/bookings?q=mar%C3%ADa").await, ["REF003"]);
    assert_eq!(
        references(hermes, "/api/bookings?reference=RF59REF001&email=ANA@example.org").await,
        ["REF001"]
    );
    let wrong = hermes.get("/api/bookings?limit=0&colour=red").await.expect(400);
    assert_eq!(wrong.pointers(), ["/limit", "/colour"]);
}

async fn nonsense_is_told_apart(hermes: &Hermes) {
    let before = references(hermes, "/api/bookings").await;
    for amount in ["\"1,000\"", "-1", "0", "NaN", "1e400", "\"NaN\"", "\"\"", "true", "[1]", "99999999999999"]
    {
        let body = format!("{{\"name\":\"A\",\"email\":\"a@example.org\",\"amount\":{amount}}}");
        let answer = hermes.post_text("/api/bookings", &body).await.expect(422);
        assert_eq!(answer.header("Content-Type"), "application/problem+json");
        assert_eq!(answer.pointers(), ["/amount"], "{amount}");
    }
    for (currency, amount) in [("JPY", "10.5"), ("KWD", "1.2345")] {
        let body =
            json!({"name": "A", "email": "a@example.org", "amount": amount, "currency_from": currency});
        assert_eq!(hermes.post("/api/bookings", &[], &body).await.expect(422).pointers(), ["/amount"]);
    }
    let many = json!({"name": "", "amount": "x", "currency_from": "ZZZ", "colour": "red"});
    let answer = hermes.post("/api/bookings", &[], &many).await.expect(422);
    let mut pointers = answer.pointers();
    pointers.sort();
    assert_eq!(pointers, ["/amount", "/colour", "/currency_from", "/email", "/name"]);
    assert_eq!(answer.json()["error"], answer.json()["detail"]);

    let members: Vec<_> = (0..5_000).map(|number| format!("\"m{number}\":1")).collect();
    let answer = hermes.post_text("/api/bookings", &format!("{{{}}}", members.join(","))).await.expect(422);
    assert_eq!(answer.pointers().len(), 50);
    assert!(answer.body.len() < 16 * 1024, "{} bytes", answer.body.len());

    for body in ["{", "[]", "nonsense", ""] {
        assert_eq!(
            hermes.post_text("/api/bookings", body).await.expect(400).json()["code"],
            "malformed-json"
        );
    }
    let long = format!("{{\"name\":\"{}\"}}", "x".repeat(70_000));
    hermes.post_text("/api/bookings", &long).await.expect(413);
    hermes.get("/api/bookings/REF999").await.expect(404);
    hermes.get("/api/bookings/nonsense").await.expect(404);
    hermes.get("/nothing/here").await.expect(404);
    let deleted = hermes.send("DELETE", "/api/bookings/REF001", &[], None).await.expect(405);
    assert_eq!(deleted.header("Allow"), "GET, HEAD, PATCH");
    assert_eq!(references(hermes, "/api/bookings").await, before, "nothing was booked");
}

async fn the_dashboard_shows_it(hermes: &Hermes) {
    let page = hermes.dashboard("/").await.expect(200).text();
    for text in ["REF001", "REF004", "DUPLICATED_PAYMENT", "35700.00", "CANCELLED"] {
        assert!(page.contains(text), "{text} is not on the dashboard");
    }
    let metrics = hermes.dashboard("/metrics").await.expect(200).text();
    for name in [
        "hermes_http_requests_total",
        "hermes_writer_batch_commands",
        "hermes_cached_reads_total",
        "hermes_pool",
    ] {
        assert!(metrics.contains(name), "{name} is not in the metrics");
    }
    let stats = hermes.get("/api/stats").await.expect(200).json();
    assert_eq!((&stats["payments"], &stats["cancelled"]), (&json!(4), &json!(1)));
    let cache = hermes.get("/api/cache").await.expect(200).json();
    assert_eq!((&cache["mismatches"], &cache["up"]), (&json!(0), &json!(true)));
    assert!(cache["list"]["hit_ratio"].as_f64().unwrap() > 0.0);
    for what in ["warm", "status"] {
        let told = hermes.run(&["cache", what]);
        let told: Value = serde_json::from_slice(&told.stdout).unwrap();
        assert_eq!(told["head_seq"], cache["head_seq"], "{what}");
    }
    hermes.post("/api/cache/warm", &[], &json!({})).await.expect(200);
}

async fn nothing_is_lost_by_a_power_cut(hermes: &mut Hermes) {
    let before = hermes.get("/api/bookings").await.json();
    let last = hermes.post("/api/bookings", &[], &ana("77")).await.expect(201).json();
    hermes.kill();
    hermes.restart().await;
    let after = hermes.get("/api/bookings").await.expect(200).json();
    assert_eq!(after[0], last);
    assert_eq!(after.as_array().unwrap()[1..], before.as_array().unwrap()[..]);
}

async fn the_audit_log_verifies(hermes: &Hermes) {
    let output = hermes.run(&["audit", "verify"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert_eq!(text.trim(), "audit rows 1 to 8 are as they were written");
    let status = hermes.run(&["migrate", "status"]);
    assert!(!String::from_utf8(status.stdout).unwrap().contains("missing"));
}
