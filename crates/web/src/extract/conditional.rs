//! Conditional requests (RFC 9110 section 13).

use actix_web::HttpRequest;
use actix_web::http::header::{HeaderValue, IF_MATCH, IF_NONE_MATCH};

use crate::dto::version_from_etag;
use crate::problem::{Problem, ProblemCode};

/// The precondition of an `If-Match` header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IfMatch {
    /// The header is missing.
    Absent,
    /// Any version matches.
    Any,
    /// Only this version matches.
    Version(i64),
}

impl IfMatch {
    /// Parses the header.
    ///
    /// # Errors
    /// 412 if the tag is not the ETag of any version; 400 if there are several tags.
    pub fn from_headers(request: &HttpRequest) -> Result<Self, Problem> {
        let mut values = request.headers().get_all(IF_MATCH);
        let Some(value) = values.next() else { return Ok(Self::Absent) };
        let mismatch = || Problem::new(ProblemCode::VersionMismatch);
        match value.to_str().map_err(|_| mismatch())?.trim() {
            _ if values.next().is_some() => Err(several_tags()),
            "*" => Ok(Self::Any),
            list if list.contains(',') => Err(several_tags()),
            etag => version_from_etag(etag).map(Self::Version).ok_or_else(mismatch),
        }
    }

    /// Returns the expected version, `None` for any, if the request must have the header.
    ///
    /// # Errors
    /// 428 without the header.
    pub fn required(self) -> Result<Option<i64>, Problem> {
        match self {
            Self::Absent => Err(Problem::new(ProblemCode::PreconditionRequired)),
            Self::Any | Self::Version(_) => Ok(self.optional()),
        }
    }

    /// Returns the expected version, `None` for any, if the request may lack the header.
    pub const fn optional(self) -> Option<i64> {
        match self {
            Self::Absent | Self::Any => None,
            Self::Version(version) => Some(version),
        }
    }
}

fn several_tags() -> Problem {
    Problem::new(ProblemCode::BadRequest)
        .with_detail("Nothing was saved. Send one ETag in If-Match: that of the resource in the path, or *.")
}

/// Returns the tag of `If-None-Match` that matches, by weak comparison (RFC 9110 13.1.2). `*` matches as `current`.
pub fn matched_etag(
    request: &HttpRequest,
    current: &str,
    is_current: impl Fn(&str) -> bool,
) -> Option<HeaderValue> {
    request.headers().get_all(IF_NONE_MATCH).find_map(|value| {
        if value == current {
            return Some(value.clone());
        }
        let mut tags = value.to_str().ok()?.split(',').map(|tag| tag.trim().trim_start_matches("W/"));
        let matched = tags.find(|tag| *tag == "*" || is_current(tag))?;
        HeaderValue::from_str(if matched == "*" { current } else { matched }).ok()
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn parse(values: &[&str]) -> Result<IfMatch, ProblemCode> {
        let request = values
            .iter()
            .fold(TestRequest::default(), |request, value| request.append_header((IF_MATCH, *value)));
        IfMatch::from_headers(&request.to_http_request()).map_err(|problem| problem.code)
    }

    #[test]
    fn if_match_takes_one_version_or_any() {
        assert_eq!(parse(&[]), Ok(IfMatch::Absent));
        assert_eq!(parse(&["*"]), Ok(IfMatch::Any));
        assert_eq!(parse(&["\"v7\""]), Ok(IfMatch::Version(7)));
        for unknown in ["\"x\"", "\"v07\"", "\"v+7\"", "W/\"v7\""] {
            assert_eq!(parse(&[unknown]), Err(ProblemCode::VersionMismatch), "{unknown}");
        }
        assert_eq!(parse(&["\"v1\", \"v2\""]), Err(ProblemCode::BadRequest));
        assert_eq!(parse(&["\"v1\"", "\"v2\""]), Err(ProblemCode::BadRequest));
    }
}
