//! A large body, written to a file while it arrives, so that it needs no memory.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use actix_web::error::ResponseError;
use actix_web::web;
use futures_util::StreamExt;

use crate::problem::{Problem, ProblemCode};

/// Time limit for a spooled body. The listener ends slow bodies earlier.
const SPOOLED_BODY_TIMEOUT: Duration = Duration::from_secs(120);

/// A body in a file, which is removed unless it is moved.
pub struct SpooledBody(PathBuf);

impl SpooledBody {
    /// Writes the body to a new file.
    ///
    /// # Errors
    /// 408 if the body does not arrive in time; 413 if it exceeds `max_bytes`; 503 if the disk is full.
    pub async fn receive(path: PathBuf, payload: web::Payload, max_bytes: u64) -> Result<Self, Problem> {
        let receive = write(path, payload, max_bytes);
        let body = actix_web::rt::time::timeout(SPOOLED_BODY_TIMEOUT, receive).await;
        body.unwrap_or_else(|_| Err(Problem::new(ProblemCode::RequestTimeout)))
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for SpooledBody {
    fn drop(&mut self) {
        // Usually the import has moved the file.
        let _ = std::fs::remove_file(&self.0);
    }
}

async fn write(path: PathBuf, mut payload: web::Payload, max_bytes: u64) -> Result<SpooledBody, Problem> {
    let full = |error: std::io::Error| Problem::new(ProblemCode::StorageFull).caused_by(error);
    let mut file = File::create_new(&path).map_err(full)?;
    let body = SpooledBody(path);
    let mut received = 0_u64;
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|error| Problem::new(ProblemCode::from_status(error.status_code())))?;
        received = received.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if received > max_bytes {
            let detail = format!("Nothing was saved. Send at most {max_bytes} bytes (statements.max_bytes).");
            return Err(Problem::new(ProblemCode::BodyTooLarge).with_detail(detail));
        }
        file.write_all(&chunk).map_err(full)?;
    }
    // Before the response, so that an accepted file survives a power failure.
    web::block(move || file.sync_all())
        .await
        .map_err(|error| Problem::new(ProblemCode::Internal).caused_by(error))?
        .map_err(full)?;
    Ok(body)
}
