//! Payments from booking to audit, on every installed database.

use serde_json::{Value, json};

use crate::support::{TestApp, TestEnvironment};

fn ana(amount: &str) -> Value {
    json!({"name": "Ana Ruiz", "email": "ana@example.org", "amount": amount, "school": "Harvard", "student_id": "HRV001",
           "sender_full_name": "Ana Ruiz", "country_from": "USA", "sender_address": "123 Test St"})
}

#[actix_web::test]
async fn payments_are_booked_read_changed_and_audited_on_every_database() {
    for environment in TestEnvironment::all().await {
        let mut app = TestApp::start(&environment).await;
        check_health(&app, &environment).await;
        book_with_json(&app).await;
        book_with_the_form(&app).await;
        check_list_cache(&app, &environment).await;
        correct_and_cancel(&app).await;
        replay_a_booking(&app).await;
        replay_a_correction(&app).await;
        filter_and_page_the_list(&app).await;
        check_dashboard_stats_and_events(&app).await;
        assert_eq!(app.stdout_of(&["audit", "verify"]).trim(), "audit rows 1 to 7 are intact");
        assert!(!app.stdout_of(&["migrate", "status"]).contains("missing"));
        app.signal("TERM");
        assert!(app.wait().success(), "{}", app.log());
    }
}

async fn check_health(app: &TestApp, environment: &TestEnvironment) {
    let body = app.get("/health").await.expect(200).json();
    assert_eq!(body["status"], "ok");
    assert_eq!(body["database"], "connected");
    assert_eq!(body["redis"], if environment.redis.is_some() { "connected" } else { "disabled" });
    assert_eq!(body["storage"].is_null(), environment.database.login().is_some());
    app.get("/health/live").await.expect(200);
    assert!(app.run(&["healthcheck"]).status.success());
}

async fn book_with_json(app: &TestApp) {
    let response = app.post("/api/bookings", &[], &ana("35000")).await.expect(201);
    let mut booking = response.json();
    assert_eq!(response.header("Location"), format!("/api/bookings/{}", booking["id"].as_str().unwrap()));
    assert_eq!(response.header("ETag"), "\"v1\"");
    for (field, value) in [
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
        assert_eq!(booking[field], value, "{field}");
    }
    let page = booking.as_object_mut().unwrap().remove("payer_page").unwrap();
    assert!(app.get(page.as_str().unwrap()).await.expect(200).text().contains("RF59REF001"));
    assert_eq!(booking["checks"].as_array().unwrap().len(), 4);
    assert_eq!(app.get("/api/bookings/REF001").await.expect(200).json(), booking);
    assert_eq!(app.get("/api/bookings/RF59REF001").await.expect(200).json(), booking);
}

async fn book_with_the_form(app: &TestApp) {
    let form = app.get("/payment").await.expect(200).text();
    let key = form.split("name=\"idempotency_key\"").nth(1).unwrap().split("value=\"").nth(1).unwrap();
    let key = key.split('"').next().unwrap();
    let fields = [
        ("name", "Bo Li"),
        ("email", "ana@example.org"),
        ("amount", "1000"),
        ("currency_from", "EUR"),
        ("school", ""),
        ("idempotency_key", key),
    ];
    let response = app.submit("/payment", &fields).await.expect(303);
    let page = response.header("Location").to_owned();
    assert!(page.starts_with("/payment/REF002/"), "{page}");
    let text = app.get(&page).await.expect(200).text();
    assert!(text.contains("RF32REF002") && text.contains("1030.00"), "{text}");
    app.get("/payment/REF002/00000000000000000000000000000000").await.expect(404);
    let flagged = app.get("/api/bookings/REF002").await.json();
    assert_eq!(flagged["validation_status"], "FLAGGED");
    assert_eq!(flagged["checks"][1]["type"], "DUPLICATED_PAYMENT");
    assert_eq!(flagged["checks"][1]["result"], "FLAGGED");
}

async fn check_list_cache(app: &TestApp, environment: &TestEnvironment) {
    assert_eq!(app.references("/api/bookings").await, ["REF002", "REF001"]);
    let second = app.get("/api/bookings").await.expect(200);
    assert_eq!(second.header("Hermes-Cache"), "l1");
    let etag = second.header("ETag").to_owned();
    app.send("GET", "/api/bookings", &[("If-None-Match", &etag)], None).await.expect(304);
    if let Some(redis) = &environment.redis {
        let ttl: i64 = redis.cli(&["TTL", "payments:all"]).parse().unwrap();
        assert!((270..=330).contains(&ttl), "TTL {ttl}");
        assert!(redis.cli(&["GET", "payments:all"]).contains("REF001"));
    }

    app.post("/api/bookings", &[], &ana("0.10")).await.expect(201);
    if let Some(redis) = &environment.redis {
        assert_eq!(redis.cli(&["EXISTS", "payments:all"]), "0");
    }
    let after = app.get("/api/bookings").await.expect(200);
    assert_eq!(after.header("Hermes-Cache"), "db");
    assert_ne!(after.header("ETag"), etag);
    assert_eq!(app.references("/api/bookings").await, ["REF003", "REF002", "REF001"]);
}

async fn correct_and_cancel(app: &TestApp) {
    let path = "/api/bookings/REF003";
    let change =
        json!({"name": "Ana María Ruiz", "amount": "1000.01", "school": null, "reason": "typing error"});
    assert_eq!(app.patch(path, &[], &change).await.expect(428).json()["code"], "precondition-required");
    let corrected = app.patch(path, &[("If-Match", "\"v1\"")], &change).await.expect(200).json();
    assert_eq!(corrected["version"], 2);
    assert_eq!(corrected["fee_percentage"], "3.00");
    assert_eq!(corrected["school"], Value::Null);
    let stale = app.patch(path, &[("If-Match", "\"v1\"")], &change).await.expect(412);
    assert_eq!(stale.header("ETag"), "\"v2\"");

    let cancel = format!("{path}/cancel");
    assert_eq!(app.post(&cancel, &[], &json!({})).await.expect(422).pointers(), ["/reason"]);
    let cancelled = app.post(&cancel, &[], &json!({"reason": "booked twice"})).await.expect(200).json();
    assert_eq!(cancelled["status"], "CANCELLED");
    assert_eq!(cancelled["amount_outstanding"], "0.00");
    let again = app.post(&cancel, &[], &json!({"reason": "again"})).await.expect(409).json();
    assert_eq!(again["code"], "illegal-state");

    let list = app.get("/api/bookings").await.json();
    assert_eq!(list[0]["name"], "Ana María Ruiz");
    assert_eq!(list[0]["status"], "CANCELLED");
    let audit = app.get(&format!("{path}/audit")).await.expect(200).json();
    let actions: Vec<_> =
        audit.as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["PAYMENT_BOOKED", "PAYMENT_CORRECTED", "PAYMENT_CANCELLED"]);
    assert_eq!(audit[1]["reason"], "typing error");
    assert_eq!(audit[1]["old_value"]["amount"], "0.10");
    assert_eq!(audit[1]["new_value"]["amount"], "1000.01");
    page_the_audit_entries(app, path, &audit).await;
}

async fn page_the_audit_entries(app: &TestApp, path: &str, audit: &Value) {
    let page = app.get(&format!("{path}/audit?limit=2")).await.expect(200);
    assert_eq!(page.json().as_array().unwrap()[..], audit.as_array().unwrap()[..2]);
    assert!(page.header("Link").ends_with("; rel=\"next\""), "{}", page.header("Link"));
    let page = app.get(&page.first_link()).await.expect(200);
    assert_eq!(page.json().as_array().unwrap()[..], audit.as_array().unwrap()[2..]);
    assert_eq!(page.header("Link"), "");
    let whole = app.get(&format!("{path}/audit?limit=3")).await.expect(200);
    assert_eq!(whole.header("Link"), "", "a link without a next page");
    app.get(&format!("{path}/audit?limit=0")).await.expect(400);
}

async fn replay_a_booking(app: &TestApp) {
    let key = [("Idempotency-Key", "\"journey-1\"")];
    let first = app.post("/api/bookings", &key, &ana("10")).await.expect(201);
    let reordered = r#"{"student_id":"HRV001", "sender_address":"123 Test St","email":"ana@example.org","amount":10.00,
        "school":"Harvard","country_from":"USA","sender_full_name":"Ana Ruiz","name":"Ana Ruiz"}"#;
    let request = app.send("POST", "/api/bookings", &key, Some(reordered.to_owned()));
    let second = request.await.expect(201);
    assert!(second.is_replay());
    assert_eq!(second.body, first.body);
    let other = app.post("/api/bookings", &key, &ana("11")).await.expect(422);
    assert_eq!(other.json()["code"], "idempotency-key-reused");
    app.post("/api/bookings", &[("Idempotency-Key", "not a key")], &ana("11")).await.expect(400);
}

async fn replay_a_correction(app: &TestApp) {
    let path = "/api/bookings/REF004";
    let seen = [("Idempotency-Key", "journey-2"), ("If-Match", "\"v1\"")];
    let change = json!({"student_id": "HRV004"});
    let first = app.patch(path, &seen, &change).await.expect(200);
    let second = app.patch(path, &seen, &change).await.expect(200);
    assert_eq!((first.is_replay(), second.is_replay()), (false, true));
    assert_eq!(second.body, first.body);
    let other = app.patch(path, &seen, &json!({"student_id": "HRV005"})).await.expect(422);
    assert_eq!(other.json()["code"], "idempotency-key-reused");

    // A correction without an effect changes nothing, but its key is stored.
    let any = [("Idempotency-Key", "journey-3"), ("If-Match", "*")];
    let same = app.patch(path, &any, &change).await.expect(200);
    assert_eq!(same.header("ETag"), "\"v2\"");
    let again = app.patch(path, &any, &change).await.expect(200);
    assert_eq!((again.is_replay(), &again.body), (true, &same.body));
    assert_eq!(app.get(&format!("{path}/audit")).await.json().as_array().unwrap().len(), 2);
}

async fn filter_and_page_the_list(app: &TestApp) {
    assert_eq!(app.references("/api/bookings?limit=2").await, ["REF004", "REF003"]);
    let first = app.get("/api/bookings?limit=2").await;
    let next = first.first_link();
    assert_eq!(app.references(&next).await, ["REF002", "REF001"]);
    let second = app.get(&next).await;
    assert!(second.header("Link").ends_with("rel=\"prev\""), "{}", second.header("Link"));
    assert_eq!(app.references(&second.first_link()).await, ["REF004", "REF003"]);
    assert_eq!(app.references("/api/bookings?status=cancelled").await, ["REF003"]);
    assert_eq!(app.references("/api/bookings?validation_status=PASSED").await, ["REF001"]);
    assert_eq!(app.references("/api/bookings?q=mar%C3%ADa").await, ["REF003"]);
    assert_eq!(app.references("/api/bookings?reference=RF59REF001&email=ANA@example.org").await, ["REF001"]);
    let wrong = app.get("/api/bookings?limit=0&colour=red").await.expect(400);
    assert_eq!(wrong.pointers(), ["/limit", "/colour"]);
}

async fn check_dashboard_stats_and_events(app: &TestApp) {
    let page = app.dashboard("/").await.text();
    for text in ["REF001", "REF004", "Possible duplicate", "35,700.00", "Cancelled"] {
        assert!(page.contains(text), "{text} is not on the dashboard");
    }
    let metrics = app.dashboard("/metrics").await.text();
    for name in ["hermes_cached_reads_total", "hermes_pool"] {
        assert!(metrics.contains(name), "{name} is not in the metrics");
    }
    let stats = app.get("/api/stats").await.expect(200).json();
    assert_eq!(stats["payments"], 4);
    assert_eq!(stats["cancelled"], 1);
    let events = app.get("/api/events?after=3&limit=3").await.expect(200).json();
    let events = events.as_array().unwrap();
    let summary: Vec<_> = events.iter().map(|event| (event["seq"].as_i64(), &event["type"])).collect();
    let types = ["payment.corrected", "payment.cancelled", "payment.booked"].map(Value::from);
    assert_eq!(summary, [(Some(4), &types[0]), (Some(5), &types[1]), (Some(6), &types[2])]);

    let cache = app.get("/api/cache").await.expect(200).json();
    assert_eq!(cache["mismatches"], 0);
    assert_eq!(cache["up"], true);
    assert!(cache["list"]["hit_ratio"].as_f64().unwrap() > 0.0);
    let warmed = app.post("/api/cache/warm", &[], &json!({})).await.expect(200).json();
    for subcommand in ["warm", "status"] {
        let printed: Value = serde_json::from_str(&app.stdout_of(&["cache", subcommand])).unwrap();
        assert_eq!(printed["head_seq"], warmed["head_seq"], "{subcommand}");
    }
}
