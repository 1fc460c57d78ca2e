//! Logs rejections as security events, at most one line per second and code.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::HttpRequest;

use crate::extract::RequestId;
use crate::problem::ProblemCode;

/// The shortest time between two lines with the same code, so that an attack does not fill the log.
const LOG_INTERVAL: Duration = Duration::from_secs(1);

/// The codes that were logged, and when.
#[derive(Debug, Default)]
pub(crate) struct SecurityLog(Mutex<Vec<Entry>>);

#[derive(Debug)]
struct Entry {
    code: ProblemCode,
    logged_at: Instant,
    /// The rejections since then that were not logged.
    omitted: u64,
}

impl SecurityLog {
    /// Logs a rejection without personal data: the route instead of the path, and no header.
    pub(crate) fn rejected(&self, code: ProblemCode, request: &HttpRequest, id: &RequestId) {
        let Some(omitted) = self.omitted_since_last_line(code, Instant::now()) else { return };
        log::warn!(
            target: "hermes::security",
            request_id = id.as_str(), code = code.as_str(), omitted = omitted;
            "rejected {} {}: {}",
            request.method(),
            request.match_pattern().as_deref().unwrap_or("unmatched"),
            code.as_str()
        );
    }

    /// Returns the number of omitted lines if a line is due.
    fn omitted_since_last_line(&self, code: ProblemCode, now: Instant) -> Option<u64> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(entry) = entries.iter_mut().find(|entry| entry.code == code) else {
            entries.push(Entry { code, logged_at: now, omitted: 0 });
            return Some(0);
        };
        if now.duration_since(entry.logged_at) < LOG_INTERVAL {
            entry.omitted += 1;
            return None;
        }
        entry.logged_at = now;
        Some(std::mem::take(&mut entry.omitted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_code_is_logged_once_per_second_with_the_number_of_omitted_lines() {
        let (log, start) = (SecurityLog::default(), Instant::now());
        let line = |code, now| log.omitted_since_last_line(code, now);
        assert_eq!(line(ProblemCode::CrossSite, start), Some(0));
        for _ in 0..3 {
            assert_eq!(line(ProblemCode::CrossSite, start), None);
        }
        assert_eq!(line(ProblemCode::MisdirectedRequest, start), Some(0));
        assert_eq!(line(ProblemCode::CrossSite, start + LOG_INTERVAL), Some(3));
        assert_eq!(line(ProblemCode::CrossSite, start + LOG_INTERVAL), None);
    }
}
