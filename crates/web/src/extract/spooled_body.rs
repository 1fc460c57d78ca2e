//! A large body, written to a file while it arrives, so that it needs no memory.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::error::{PayloadError, ResponseError};
use actix_web::{HttpMessage, HttpRequest, web};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use super::BODY_TIMEOUT;
use crate::problem::{Problem, ProblemCode};

/// The minimum rate at which a client sends a large body, in bytes per second.
pub const UPLOAD_RATE_MIN: u32 = 64 * 1024;
/// The name of the part of a form that holds the file.
const FILE_PART: &str = "file";
/// The parts of a form around the file, at most: the boundaries and the header fields, in bytes.
const FORM_FRAME_MAX: u64 = 16 * 1024;

/// Returns the time limit for a body of at most `max_bytes`.
pub fn upload_timeout(max_bytes: u64) -> Duration {
    BODY_TIMEOUT.saturating_add(Duration::from_secs(max_bytes / u64::from(UPLOAD_RATE_MIN)))
}

/// A file that was received. It is removed unless it is moved.
pub struct SpooledBody {
    path: PathBuf,
    /// The name of the file, if it was sent in a form with a name.
    pub file_name: Option<String>,
}

impl SpooledBody {
    /// Writes the body, or the one file of a form (`multipart/form-data`), to a new file.
    ///
    /// # Errors
    /// 400 if a form is cut off or has another part than one file; 408 if the body does not arrive in time; 413 if the file
    /// exceeds `max_bytes`; 503 if the disk is full.
    pub async fn receive(
        path: PathBuf,
        request: &HttpRequest,
        payload: web::Payload,
        max_bytes: u64,
    ) -> Result<Self, Problem> {
        let receive = async {
            let mut file = SpooledFile::create(path, max_bytes)?;
            let file_name = if request.content_type().eq_ignore_ascii_case("multipart/form-data") {
                receive_form(&mut file, request, payload, max_bytes).await?
            } else {
                file.write_all(payload, |error: PayloadError| from_status(&error)).await?;
                None
            };
            Ok(Self { path: file.finish().await?, file_name })
        };
        let body = actix_web::rt::time::timeout(upload_timeout(max_bytes), receive).await;
        body.unwrap_or_else(|_| Err(Problem::new(ProblemCode::RequestTimeout)))
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for SpooledBody {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// A file that is being received. It is removed unless it is finished.
struct SpooledFile {
    path: Option<PathBuf>,
    file: File,
    received: u64,
    max_bytes: u64,
}

impl SpooledFile {
    fn create(path: PathBuf, max_bytes: u64) -> Result<Self, Problem> {
        let file = File::create_new(&path).map_err(Problem::from_disk)?;
        Ok(Self { path: Some(path), file, received: 0, max_bytes })
    }

    /// Appends the bytes of a stream.
    async fn write_all<E>(
        &mut self,
        mut stream: impl Stream<Item = Result<Bytes, E>> + Unpin,
        problem: impl Fn(E) -> Problem,
    ) -> Result<(), Problem> {
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(&problem)?;
            self.received = self.received.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
            if self.received > self.max_bytes {
                return Err(too_large(self.max_bytes));
            }
            self.file.write_all(&chunk).map_err(Problem::from_disk)?;
        }
        Ok(())
    }

    /// Waits until the file is on the disk, so that an accepted file survives a power failure.
    async fn finish(mut self) -> Result<PathBuf, Problem> {
        let file = self.file.try_clone().map_err(Problem::from_disk)?;
        let synchronised = web::block(move || file.sync_all()).await;
        synchronised
            .map_err(|error| Problem::new(ProblemCode::Internal).caused_by(error))?
            .map_err(Problem::from_disk)?;
        Ok(self.path.take().unwrap_or_default())
    }
}

impl Drop for SpooledFile {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            remove(path);
        }
    }
}

/// Writes the one file of a form. Returns its name.
async fn receive_form(
    file: &mut SpooledFile,
    request: &HttpRequest,
    payload: web::Payload,
    max_bytes: u64,
) -> Result<Option<String>, Problem> {
    let (limit, mut received) = (max_bytes.saturating_add(FORM_FRAME_MAX), 0_u64);
    let limited = payload.map(move |chunk| {
        let chunk = chunk?;
        received = received.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
        if received > limit { Err(PayloadError::Overflow) } else { Ok(chunk) }
    });
    let form_problem = |error: MultipartError| match error {
        MultipartError::Payload(PayloadError::Overflow) => too_large(max_bytes),
        MultipartError::Payload(error) => from_status(&error),
        _ => invalid_form("the form is cut off or cannot be read"),
    };
    let mut form = Multipart::new(request.headers(), limited);
    let mut name = None;
    while let Some(part) = form.next().await {
        let part = part.map_err(form_problem)?;
        if part.name() != Some(FILE_PART) {
            return Err(invalid_form(&format!("the form has a part other than \"{FILE_PART}\"")));
        }
        if name.is_some() {
            return Err(invalid_form("the form has more than one file"));
        }
        name = Some(file_name(&part));
        file.write_all(part, form_problem).await?;
    }
    name.ok_or_else(|| invalid_form("the form has no file"))
}

/// Returns the name of the file in a part, without folders.
fn file_name(part: &Field) -> Option<String> {
    let name = part.content_disposition()?.get_filename()?;
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let name: String = name.chars().filter(|character| !character.is_control()).collect();
    Some(name).filter(|name| !name.is_empty())
}

fn invalid_form(reason: &str) -> Problem {
    let detail = format!(
        "Nothing was saved, because {reason}. Send the statement as the only part, with the name \"{FILE_PART}\"."
    );
    Problem::new(ProblemCode::BadRequest).with_detail(detail)
}

fn too_large(max_bytes: u64) -> Problem {
    let detail = format!("Nothing was saved. Send at most {max_bytes} bytes (statements.max_bytes).");
    Problem::new(ProblemCode::BodyTooLarge).with_detail(detail)
}

fn from_status(error: &impl ResponseError) -> Problem {
    Problem::new(ProblemCode::from_status(error.status_code()))
}

fn remove(path: &Path) {
    // Usually the import has moved the file.
    let _ = std::fs::remove_file(path);
}
