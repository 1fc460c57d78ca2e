//! `/api/keys`: one endpoint per file.
//!
//! A response contains the text of a key only when it creates the key or a secret of it. Hermes stores a digest, so no
//! later response could repeat the text. The commands therefore take no `Idempotency-Key`.

mod create;
mod get;
mod list;
mod revoke;
mod rotate;

pub use create::create_key;
pub use get::get_key;
pub use list::list_keys;
pub use revoke::revoke_key;
pub use rotate::rotate_key;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::LOCATION;
use hermes_domain::access::{ApiKey, KeyId};
use hermes_domain::ledger::KeyOutcome;
use hermes_service::writer::Committed;

use crate::cached_response::HERMES_VERSION;
use crate::dto::{CreatedKeyBody, KeyBody};
use crate::problem::{Problem, ProblemCode};

/// Parses the path parameter that identifies a key.
///
/// # Errors
/// 404 if the text is not the id of a key.
fn parse_key_id(path: &str) -> Result<KeyId, Problem> {
    KeyId::parse(path).ok_or_else(|| {
        Problem::new(ProblemCode::NotFound)
            .with_detail("There is no such key. Use its ID: the ten characters after hk_.")
    })
}

/// Builds the response to a command that creates a secret: the key after the change, and its text. Like every response
/// without another value, it is `Cache-Control: private, no-store`.
fn secret_response(status: StatusCode, committed: &Committed<KeyOutcome>, key: &ApiKey) -> HttpResponse {
    let record = &committed.outcome.key;
    let mut response = HttpResponse::build(status);
    response.insert_header((HERMES_VERSION, committed.head_seq));
    if status == StatusCode::CREATED {
        response.insert_header((LOCATION, format!("/api/keys/{}", record.id)));
    }
    response.json(CreatedKeyBody { record: KeyBody::new(record, None), key: key.expose() })
}
