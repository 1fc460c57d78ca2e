//! Conditional requests (RFC 9110 section 13).

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderValue, IF_MATCH, IF_NONE_MATCH};

use crate::dto::version_of_etag;
use crate::problem::{Problem, ProblemCode};

/// What an `If-Match` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMatch {
    /// There is no such header.
    Absent,
    /// Any version will do.
    Any,
    /// Only this one.
    Version(i64),
}

impl IfMatch {
    /// Reads the header.
    ///
    /// # Errors
    /// 412 when it names no version of a payment, for then none matches; 400 when it names several.
    pub fn of(request: &HttpRequest) -> Result<Self, Problem> {
        let mut values = request.headers().get_all(IF_MATCH);
        let (Some(value), None) = (values.next(), values.next()) else {
            return if request.headers().contains_key(IF_MATCH) { Err(several()) } else { Ok(Self::Absent) };
        };
        let mismatch = || Problem::new(ProblemCode::VersionMismatch);
        match value.to_str().map_err(|_| mismatch())?.trim() {
            "*" => Ok(Self::Any),
            list if list.contains(',') => Err(several()),
            etag => version_of_etag(etag).map(Self::Version).ok_or_else(mismatch),
        }
    }

    /// The version for a change that needs the header; `None` is any.
    ///
    /// # Errors
    /// 428 without the header.
    pub fn required(self) -> Result<Option<i64>, Problem> {
        match self {
            Self::Absent => Err(Problem::new(ProblemCode::PreconditionRequired)),
            Self::Any | Self::Version(_) => Ok(self.optional()),
        }
    }

    /// The version for a change that does not; `None` is any.
    pub const fn optional(self) -> Option<i64> {
        match self {
            Self::Absent | Self::Any => None,
            Self::Version(version) => Some(version),
        }
    }
}

fn several() -> Problem {
    Problem::new(ProblemCode::BadRequest)
        .with_detail("Nothing was changed. Send one ETag as If-Match, the booking's own, or *.")
}

/// The tag by which the caller has what it asks for already; weak comparison, as RFC 9110 13.1.2 says. `*` is the
/// current tag.
pub fn known_tag(
    request: &HttpRequest,
    current: &str,
    is_current: impl Fn(&str) -> bool,
) -> Option<HeaderValue> {
    request.headers().get_all(IF_NONE_MATCH).find_map(|value| {
        if value == current {
            // Most callers have one answer and name its tag: the value is that of the answer as it stands.
            return Some(value.clone());
        }
        let mut tags = value.to_str().ok()?.split(',').map(|tag| tag.trim().trim_start_matches("W/"));
        let known = tags.find(|tag| *tag == "*" || is_current(tag))?;
        HeaderValue::from_str(if known == "*" { current } else { known }).ok()
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn read(values: &[&str]) -> Result<IfMatch, ProblemCode> {
        let request = values
            .iter()
            .fold(TestRequest::default(), |request, value| request.append_header((IF_MATCH, *value)));
        IfMatch::of(&request.to_http_request()).map_err(|problem| problem.code)
    }

    #[test]
    fn one_version_or_any_can_be_asked_for() {
        assert_eq!(read(&[]), Ok(IfMatch::Absent));
        assert_eq!(read(&["*"]), Ok(IfMatch::Any));
        assert_eq!(read(&["\"v7\""]), Ok(IfMatch::Version(7)));
        for unknown in ["\"x\"", "\"v07\"", "\"v+7\"", "W/\"v7\""] {
            assert_eq!(read(&[unknown]), Err(ProblemCode::VersionMismatch), "{unknown}");
        }
        assert_eq!(read(&["\"v1\", \"v2\""]), Err(ProblemCode::BadRequest));
        assert_eq!(read(&["\"v1\"", "\"v2\""]), Err(ProblemCode::BadRequest));
    }
}
