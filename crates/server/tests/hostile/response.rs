//! A strict parser of responses (RFC 9110, RFC 9112), and the rules that every response obeys.

use serde_json::Value;

use crate::case::{Answer, Body};

/// The headers that a response has at most once.
const SINGLE_HEADERS: &[&str] =
    &["content-length", "transfer-encoding", "content-type", "date", "etag", "location", "x-request-id"];

/// The characters of a body in the description of a failure.
const SHOWN_CHARS: usize = 300;

#[derive(Debug)]
pub struct Response {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Parses a response and returns its length; `None` if it is incomplete.
///
/// # Errors
/// If the bytes are no valid HTTP/1.1 response.
pub fn parse(bytes: &[u8], is_head: bool, is_closed: bool) -> Result<Option<(Response, usize)>, String> {
    let Some(head_length) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = std::str::from_utf8(&bytes[..head_length]).map_err(|_| "the head is not ASCII")?;
    let mut lines = head.split("\r\n");
    let status = parse_status_line(lines.next().unwrap_or_default())?;
    let headers = lines.map(parse_header).collect::<Result<Vec<_>, _>>()?;
    let mut response = Response { status, headers, body: Vec::new() };
    let start = head_length + 4;
    let body = &bytes[start..];
    let length = match (response.header("content-length")?, response.header("transfer-encoding")?) {
        (Some(_), Some(_)) => return Err("two framings".to_owned()),
        _ if is_head || status == 204 || status == 304 => 0,
        (Some(length), None) => {
            let length: usize = length.parse().map_err(|_| format!("the length {length:?}"))?;
            let Some(body) = body.get(..length) else { return Ok(None) };
            response.body = body.to_vec();
            length
        }
        (None, Some(coding)) => {
            require(coding == "chunked", || format!("the transfer coding {coding:?}"))?;
            let Some((content, length)) = parse_chunks(body)? else { return Ok(None) };
            response.body = content;
            length
        }
        (None, None) => {
            require(response.closes(), || "no framing".to_owned())?;
            if !is_closed {
                return Ok(None);
            }
            response.body = body.to_vec();
            body.len()
        }
    };
    response.check_form(is_head)?;
    Ok(Some((response, start + length)))
}

fn parse_status_line(line: &str) -> Result<u16, String> {
    let parsed = line.strip_prefix("HTTP/1.1 ").or_else(|| line.strip_prefix("HTTP/1.0 "));
    let (digits, reason) =
        parsed.and_then(|rest| rest.split_once(' ')).ok_or(format!("the line {line:?}"))?;
    require(reason.bytes().all(|byte| (b' '..=b'~').contains(&byte)), || format!("the reason {reason:?}"))?;
    let status = digits.parse().ok().filter(|status| digits.len() == 3 && (200..600).contains(status));
    status.ok_or_else(|| format!("the status {digits:?}"))
}

fn parse_header(line: &str) -> Result<(String, String), String> {
    let (name, value) = line.split_once(':').ok_or_else(|| format!("the header line {line:?}"))?;
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    require(!name.is_empty() && name.bytes().all(is_token), || format!("the header name {name:?}"))?;
    let value = value.trim_matches([' ', '\t']);
    let is_text = |byte: u8| byte == b'\t' || (b' '..=b'~').contains(&byte);
    require(value.bytes().all(is_text), || format!("the value {value:?} of {name}"))?;
    Ok((name.to_ascii_lowercase(), value.to_owned()))
}

/// Decodes chunks without extensions and trailers; `None` if the last chunk has not arrived.
fn parse_chunks(mut bytes: &[u8]) -> Result<Option<(Vec<u8>, usize)>, String> {
    let (total, mut content) = (bytes.len(), Vec::new());
    loop {
        let Some(end) = bytes.windows(2).position(|window| window == b"\r\n") else { return Ok(None) };
        let size =
            std::str::from_utf8(&bytes[..end]).ok().and_then(|hex| usize::from_str_radix(hex, 16).ok());
        let size = size.ok_or("the size of a chunk is not a number")?;
        let Some(chunk) = bytes.get(end + 2..end + 2 + size + 2) else { return Ok(None) };
        require(chunk.ends_with(b"\r\n"), || "a chunk without its end".to_owned())?;
        content.extend_from_slice(&chunk[..size]);
        bytes = &bytes[end + 2 + size + 2..];
        if size == 0 {
            return Ok(Some((content, total - bytes.len())));
        }
    }
}

impl Response {
    /// Checks the status, the content and the header that a case expects.
    pub fn check(&self, expected: &Answer) -> Result<(), String> {
        let text: String = String::from_utf8_lossy(&self.body).chars().take(SHOWN_CHARS).collect();
        require(self.status == expected.status, || {
            format!("{} instead of {}: {text}", self.status, expected.status)
        })?;
        if let Some((name, value)) = expected.header {
            let found = self.header(&name.to_ascii_lowercase())?;
            let is_equal = found.is_some_and(|found| found.eq_ignore_ascii_case(value));
            require(is_equal, || format!("{name} is {found:?} instead of {value:?}"))?;
        }
        let is_problem = self.has_type("application/problem+json");
        let is_page = self.has_type("text/html");
        match expected.body {
            Body::Problem(code) if is_problem => {
                let found = self.json()?["code"].clone();
                require(found == code, || format!("{found} instead of {code}: {text}"))
            }
            Body::Problem(_) => require(is_page, || format!("no problem details: {text:?}")),
            Body::ProblemOrNothing => require(is_problem || text.is_empty(), || format!("content: {text}")),
            Body::Any | Body::None => Ok(()),
        }
    }

    /// Checks the rules for every response.
    fn check_form(&self, is_head: bool) -> Result<(), String> {
        for name in SINGLE_HEADERS {
            self.header(name)?;
        }
        let id = self.header("x-request-id")?.unwrap_or_default();
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        require((1..=64).contains(&id.len()) && id.bytes().all(is_allowed), || {
            format!("the request id {id:?}")
        })?;
        require(self.header("date")?.is_some(), || "no date".to_owned())?;
        let has_content = !self.body.is_empty();
        require(!has_content || self.header("content-type")?.is_some(), || "no content type".to_owned())?;
        if is_head || !self.has_type("application/problem+json") {
            return Ok(());
        }
        let problem = self.json()?;
        let is_text = |name: &str| problem[name].as_str().is_some_and(|text| !text.is_empty());
        let has_texts = ["type", "title", "detail", "code", "error"].into_iter().all(is_text);
        let is_consistent = problem["status"] == self.status && problem["request_id"] == id;
        require(has_texts && is_consistent, || format!("invalid problem details: {problem}"))
    }

    /// Returns the value of a header.
    ///
    /// # Errors
    /// If the response has the header twice.
    fn header(&self, name: &str) -> Result<Option<&str>, String> {
        let mut values =
            self.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let value = values.next();
        require(values.next().is_none(), || format!("two headers {name}"))?;
        Ok(value)
    }

    fn closes(&self) -> bool {
        self.headers.iter().any(|(name, value)| name == "connection" && value == "close")
    }

    fn has_type(&self, media_type: &str) -> bool {
        let mut types = self.headers.iter().filter(|(name, _)| name == "content-type");
        types.any(|(_, value)| value.split(';').next() == Some(media_type))
    }

    fn json(&self) -> Result<Value, String> {
        serde_json::from_slice(&self.body).map_err(|error| format!("invalid JSON: {error}"))
    }
}

fn require(condition: bool, error: impl FnOnce() -> String) -> Result<(), String> {
    if condition { Ok(()) } else { Err(error()) }
}
