//! A response with its whole body.

use actix_web::body::BoxBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::test;

pub struct TestResponse {
    pub status: StatusCode,
    headers: actix_web::http::header::HeaderMap,
    /// The body as text. Invalid UTF-8 is replaced.
    pub body: String,
    /// The length of the body in bytes.
    pub size: usize,
}

impl TestResponse {
    pub async fn read(response: ServiceResponse<BoxBody>) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = test::read_body(response).await;
        Self { status, headers, body: String::from_utf8_lossy(&bytes).into_owned(), size: bytes.len() }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// Returns the idempotency key of the form.
    pub fn form_key(&self) -> &str {
        let (_, rest) = self.body.split_once("name=\"idempotency_key\" value=\"").unwrap();
        rest.split_once('"').unwrap().0
    }

    /// Returns the name and value of the cookie that the browser stores.
    pub fn cookie(&self) -> &str {
        self.header("set-cookie").split(';').next().unwrap()
    }

    /// Returns the names and values of the hidden fields.
    pub fn hidden_fields(&self) -> Vec<(String, String)> {
        let inputs = self.body.split("<input type=\"hidden\" name=\"").skip(1);
        inputs
            .map(|rest| {
                let (name, rest) = rest.split_once("\" value=\"").unwrap();
                (name.to_owned(), rest.split_once('"').unwrap().0.to_owned())
            })
            .collect()
    }

    /// Returns the page without the digests in the URLs of its assets and in its tag, which change with every style rule.
    pub fn page(&self) -> String {
        ["?v=", "data-tag=\"W/&#34;"].iter().fold(self.body.clone(), |page, prefix| {
            let mut parts = page.split(prefix);
            let first = parts.next().unwrap_or_default().to_owned();
            parts.fold(first, |text, part| {
                text + part.trim_start_matches(|digit: char| digit.is_ascii_hexdigit())
            })
        })
    }
}
