//! A browser with an open form.

use actix_web::test::TestRequest;

use super::{ANA, Server, TestApp, TestResponse, with_fields};

/// The key of the open form, and the cookie of the site.
pub struct Browser {
    pub key: String,
    pub cookie: String,
}

impl Browser {
    /// Opens the form for the first time.
    pub async fn open(app: &TestApp) -> Self {
        let form = app.get(Server::Portal, "/payment").await;
        Self { key: form.form_key().to_owned(), cookie: form.cookie().to_owned() }
    }

    /// Sends the form with some fields changed, and stores the cookie of the response.
    pub async fn send(&mut self, app: &TestApp, changes: &[(&str, &str)]) -> TestResponse {
        let unchanged = ANA.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
        let key = ("idempotency_key", self.key.as_str());
        let fields: Vec<_> = unchanged.chain(changes).copied().chain([key]).collect();
        let request = TestRequest::post()
            .uri("/payment")
            .insert_header(("sec-fetch-site", "same-origin"))
            .insert_header(("cookie", self.cookie.as_str()));
        let response = app.send(Server::Portal, with_fields(request, &fields)).await;
        if !response.header("set-cookie").is_empty() {
            self.cookie = response.cookie().to_owned();
        }
        response
    }

    /// Continues with the form of a page, and returns the key of the form before.
    pub fn use_form(&mut self, page: &TestResponse) -> String {
        std::mem::replace(&mut self.key, page.form_key().to_owned())
    }
}
