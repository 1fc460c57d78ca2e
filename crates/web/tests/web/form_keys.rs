//! The key of the form: who issues it, how long it is valid, and what it reveals.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use actix_web::http::StatusCode;
use chrono::{DateTime, TimeDelta, Utc};
use hermes_domain::access::ServerKey;
use hermes_domain::ports::Clock;
use hermes_test_support::FixedClock;
use hermes_web::AppState;
use hermes_web::gate::GateSettings;

use crate::support::{ANA, Browser, EVENING, Server, TestApp, TestResponse};

/// The values of the victim, which no other browser may see.
const VICTIM: [(&str, &str); 3] =
    [("name", "Vera Opfer"), ("email", "vera@example.org"), ("school", "Trinity College")];

fn at(minutes: i64) -> impl FnOnce(&mut AppState) {
    move |state| state.clock = Arc::new(FixedClock(EVENING + TimeDelta::minutes(minutes)))
}

#[track_caller]
fn assert_reveals_nothing(page: &TestResponse) {
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", page.body);
    assert_eq!(page.header("location"), "");
    for secret in ["Vera", "vera@", "Trinity", "REF001", "/payment/REF"] {
        assert!(!page.body.contains(secret), "{secret} is in {}", page.body);
    }
}

#[actix_web::test]
async fn a_key_of_another_installation_or_an_invented_key_opens_a_new_form() {
    let app = TestApp::start();
    let other = TestApp::start_with(|state| state.server_key = ServerKey::new([8; 32]));
    let foreign = Browser::open(&other).await.key;
    let mut changed = Browser::open(&app).await.key;
    changed.replace_range(..1, if changed.starts_with('B') { "C" } else { "B" });
    for key in [foreign, changed, "two words".to_owned(), "0123456789abcdef0123456789abcdef".to_owned()] {
        let mut browser = Browser { key, cookie: String::new() };
        let page = browser.send(&app, &[("school", "Harvard")]).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        for expected in ["This attempt booked nothing", "value=\"Ana Ruiz\"", "value=\"Harvard\""] {
            assert!(page.body.contains(expected), "{expected} is not in {}", page.body);
        }
        assert_eq!(app.payments().len(), 0);
        // The new form works.
        assert_ne!(browser.use_form(&page), browser.key);
        assert!(page.cookie().ends_with(&browser.key), "{}", page.cookie());
    }
}

#[actix_web::test]
async fn a_key_is_valid_for_a_day() {
    let mut browser = Browser::open(&TestApp::start()).await;
    let expired = TestApp::start_with(at(24 * 60 + 1));
    assert_eq!(browser.send(&expired, &[]).await.status, StatusCode::BAD_REQUEST);
    let mut browser = Browser::open(&TestApp::start()).await;
    let form = expired.get_with_cookie("/payment", &browser.cookie).await;
    assert_ne!(form.form_key(), browser.key);
    let valid = TestApp::start_with(at(24 * 60));
    assert_eq!(browser.send(&valid, &[]).await.status, StatusCode::SEE_OTHER);
}

/// Shows a time that the test sets, in minutes after [`EVENING`].
#[derive(Default)]
struct SteppingClock(AtomicI64);

impl Clock for SteppingClock {
    fn now(&self) -> DateTime<Utc> {
        EVENING + TimeDelta::minutes(self.0.load(Ordering::Relaxed))
    }
}

#[actix_web::test]
async fn a_form_that_was_open_for_too_long_still_finds_its_booking() {
    let clock = Arc::new(SteppingClock::default());
    let shown = Arc::clone(&clock);
    let app = TestApp::start_with(move |state| state.clock = shown);
    let mut browser = Browser::open(&app).await;
    assert_eq!(browser.send(&app, &[]).await.status, StatusCode::SEE_OTHER);
    clock.0.store(25 * 60, Ordering::Relaxed);
    let page = browser.send(&app, &[]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(page.body.contains("booked"), "{}", page.body);
    assert_ne!(page.form_key(), browser.key);
    assert!(!page.body.contains("othing has been booked"), "{}", page.body);
    assert_eq!(app.payments().len(), 1);
}

#[actix_web::test]
async fn without_its_cookie_a_key_reveals_nothing_of_its_booking() {
    let app = TestApp::start();
    let mut victim = Browser::open(&app).await;
    assert_eq!(victim.send(&app, &VICTIM).await.status, StatusCode::SEE_OTHER);
    let mut attacker = Browser { key: victim.key.clone(), cookie: String::new() };
    let page = attacker.send(&app, &[("amount", "99.50")]).await;
    assert_reveals_nothing(&page);
    // The page shows the values just entered, and does not say which of them differ.
    assert!(page.body.contains("<bdi>Ana Ruiz</bdi>"), "{}", page.body);
    insta::assert_snapshot!(page.page());
    // Even the same data does not lead to the payment's page.
    let mut attacker = Browser { key: victim.key.clone(), cookie: String::new() };
    let page = attacker.send(&app, &VICTIM).await;
    assert_eq!((page.status, page.header("location")), (StatusCode::UNPROCESSABLE_ENTITY, ""));
    assert!(!page.body.contains("REF001") && !page.body.contains("/payment/REF"), "{}", page.body);
    assert_eq!(app.payments().len(), 1);
}

#[actix_web::test]
async fn a_planted_key_reveals_nothing_a_quarter_of_an_hour_after_the_booking() {
    let app = TestApp::start_with(at(16));
    let mut attacker = Browser::open(&app).await;
    let planted = attacker.cookie.clone();
    let form = app.get_with_cookie("/payment", &planted).await;
    let mut victim = Browser { key: form.form_key().to_owned(), cookie: planted.clone() };
    assert_eq!(victim.key, attacker.key);
    let booked = victim.send(&app, &VICTIM).await;
    assert_reveals_nothing(&attacker.send(&app, &[]).await);
    // The browser that booked has the proof, and still reaches its page.
    let again = victim.send(&app, &VICTIM).await;
    assert_eq!(again.header("location"), format!("{}?again=1", booked.header("location")));
    let other_data = victim.send(&app, &ANA).await;
    assert!(other_data.body.contains("No, go to REF001"), "{}", other_data.body);
    // An invented proof is worthless.
    attacker.key = form.form_key().to_owned();
    attacker.cookie = format!("{planted}.{}", "A".repeat(43));
    assert_reveals_nothing(&attacker.send(&app, &[]).await);
}

#[actix_web::test]
async fn with_tls_only_the_host_cookie_counts() {
    let app = TestApp::with_gate(GateSettings { uses_tls: true, ..GateSettings::default() });
    let form = app.get(Server::Portal, "/payment").await;
    let cookie = form.header("set-cookie");
    assert!(cookie.starts_with("__Host-hermes_form=") && cookie.ends_with("; Path=/; Secure"), "{cookie}");
    let same = app.get_with_cookie("/payment", form.cookie()).await;
    assert_eq!(same.form_key(), form.form_key());
    let planted = format!("hermes_form={}", form.form_key());
    let other = app.get_with_cookie("/payment", &planted).await;
    assert_ne!(other.form_key(), form.form_key());
    let mut attacker = Browser { key: form.form_key().to_owned(), cookie: planted };
    let mut victim = Browser { key: form.form_key().to_owned(), cookie: form.cookie().to_owned() };
    victim.send(&app, &VICTIM).await;
    assert_reveals_nothing(&attacker.send(&app, &[]).await);
}

#[actix_web::test]
async fn without_tls_the_cookie_has_its_own_path_and_its_form_is_found_among_others() {
    let app = TestApp::start();
    let form = app.get(Server::Portal, "/payment").await;
    let cookie = form.header("set-cookie");
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Path=/payment"), "{cookie}");
    let cookies = format!("theme=dark; {}; x=y", form.cookie());
    assert_eq!(app.get_with_cookie("/payment", &cookies).await.form_key(), form.form_key());
    for cookies in ["theme=dark", "hermes_form=", "hermes_form=two words", "hermes_form", "=;;="] {
        assert_ne!(app.get_with_cookie("/payment", cookies).await.form_key(), form.form_key());
    }
}

#[actix_web::test]
async fn back_to_the_check_leads_to_the_payment_only_in_the_browser_that_booked_it() {
    let app = TestApp::start();
    let mut browser = Browser::open(&app).await;
    let open = browser.cookie.clone();
    let page = browser.send(&app, &[]).await.header("location").to_owned();
    let back = app.get_with_cookie("/payment/check", &browser.cookie).await;
    assert_eq!(
        (back.status, back.header("location")),
        (StatusCode::SEE_OTHER, format!("{page}?again=1").as_str())
    );
    // The key of an open form may be known to others.
    for cookie in ["", open.as_str()] {
        assert_eq!(
            app.get_with_cookie("/payment/check", cookie).await.header("location"),
            "/payment",
            "{cookie}"
        );
    }
}
