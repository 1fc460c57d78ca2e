//! The trace id of a request from a caller that takes part in a distributed trace (W3C Trace Context, level 1).

use actix_web::http::header::HeaderMap;

/// The header with the trace id: `version-trace-parent-flags`, in lower-case hex.
const HEADER: &str = "traceparent";

/// The version that is not allowed.
const FORBIDDEN_VERSION: &str = "ff";

/// Returns the trace id, or an empty text if the header is missing, repeated or malformed.
///
/// The standard demands that a malformed header is ignored. Hermes starts no trace of its own.
pub(crate) fn trace_id(headers: &HeaderMap) -> &str {
    let mut values = headers.get_all(HEADER);
    let (Some(value), None) = (values.next(), values.next()) else { return "" };
    value.to_str().ok().and_then(parse).unwrap_or_default()
}

fn parse(text: &str) -> Option<&str> {
    let mut parts = text.split('-');
    let mut next = |length| parts.next().filter(|part| is_hex(part, length));
    let (version, trace, parent, _flags) = (next(2)?, next(32)?, next(16)?, next(2)?);
    // A later version may have more parts.
    let is_complete = version != "00" || parts.next().is_none();
    let is_set = |id: &str| id.bytes().any(|digit| digit != b'0');
    (is_complete && version != FORBIDDEN_VERSION && is_set(trace) && is_set(parent)).then_some(trace)
}

fn is_hex(part: &str, length: usize) -> bool {
    part.len() == length && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::{HeaderName, HeaderValue};

    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(HeaderName::from_static(HEADER), HeaderValue::from_str(value).unwrap());
        }
        headers
    }

    #[test]
    fn the_trace_id_is_the_second_part() {
        for text in ["00-T-00f067aa0ba902b7-01", "00-T-00f067aa0ba902b7-00", "cc-T-00f067aa0ba902b7-01-more"]
        {
            let text = text.replace('T', TRACE);
            assert_eq!(trace_id(&headers(&[&text])), TRACE, "{text}");
        }
    }

    #[test]
    fn a_missing_repeated_or_malformed_header_is_ignored() {
        let valid = format!("00-{TRACE}-00f067aa0ba902b7-01");
        assert_eq!(trace_id(&headers(&[])), "");
        assert_eq!(trace_id(&headers(&[&valid, &valid])), "");
        for text in [
            "",
            "00",
            "ff-T-00f067aa0ba902b7-01",
            "0-T-00f067aa0ba902b7-01",
            "00-T-00f067aa0ba902b7-01-more",
            "00-T-00f067aa0ba902b7",
            "00-T-0000000000000000-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-T0-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-T-00f067aa0ba902b7-0x",
            " 00-T-00f067aa0ba902b7-01",
        ] {
            let text = text.replace('T', TRACE);
            assert_eq!(trace_id(&headers(&[&text])), "", "{text}");
        }
    }
}
