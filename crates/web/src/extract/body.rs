//! The bytes of a request body, with a limit of its size, of its duration and of the memory of all bodies.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::error::ResponseError;
use actix_web::http::header::CONTENT_LENGTH;
use actix_web::{HttpMessage, HttpRequest, web};
use bytes::BytesMut;
use futures_util::StreamExt;

use super::BODY_MAX;
use crate::limits::BodyMemory;
use crate::problem::{Problem, ProblemCode};
use crate::state::AppState;

/// Time limit for the body of a request, from the end of its head.
pub const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Waits for the whole body. Its bytes count as used memory until the request ends.
///
/// # Errors
/// 408 if the body does not arrive in time; 413 if the body is too large; 503 if all bodies together are.
pub(super) async fn read_body(request: HttpRequest, payload: Payload) -> Result<web::Bytes, Problem> {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: usize| length > BODY_MAX) {
        return Err(Problem::new(ProblemCode::BodyTooLarge));
    }
    let state = request.app_data::<web::Data<AppState>>();
    let memory = state.map_or_else(|| BodyMemory::new(0), |state| state.limits.bodies.clone());
    let body = actix_web::rt::time::timeout(BODY_TIMEOUT, collect(&request, payload, &memory));
    body.await.unwrap_or_else(|_| Err(Problem::new(ProblemCode::RequestTimeout)))
}

async fn collect(
    request: &HttpRequest,
    mut payload: Payload,
    memory: &BodyMemory,
) -> Result<web::Bytes, Problem> {
    let (mut body, mut counted) = (BytesMut::new(), memory.start());
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| Problem::new(ProblemCode::from_status(error.status_code())))?;
        if body.len() + chunk.len() > BODY_MAX {
            return Err(Problem::new(ProblemCode::BodyTooLarge));
        }
        if !counted.grow(chunk.len()) {
            return Err(Problem::new(ProblemCode::Overloaded));
        }
        body.extend_from_slice(&chunk);
    }
    request.extensions_mut().insert(counted);
    Ok(body.freeze())
}
