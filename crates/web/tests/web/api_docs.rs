//! The API reference.

use actix_web::http::StatusCode;
use serde_json::Value;

use crate::support::{Server, TestApp};

#[actix_web::test]
async fn the_reference_lists_every_operation_of_the_document() {
    let app = TestApp::start();
    let page = app.get(Server::Portal, "/api/docs/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("href=\"/api/openapi.json\""));
    let document: Value =
        serde_json::from_str(&app.get(Server::Portal, "/api/openapi.json").await.body).unwrap();
    assert_eq!(document["servers"][0]["url"], "/");
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let heading = format!("<code>{} {path}</code>", method.to_uppercase());
            assert!(page.body.contains(&heading), "{heading}");
        }
    }
}
