//! Parts of database URLs.

use std::fmt::Write;
use std::path::Path;

/// Encodes every byte but letters, digits, `-`, `.`, `_` and `~` (RFC 3986, 2.3).
pub(super) fn encode(text: &str) -> String {
    encode_but(text, b"-._~")
}

/// The URL of a SQLite file.
pub(super) fn of_file(file: &Path) -> String {
    format!("sqlite://{}", encode_but(&file.to_string_lossy(), b"-._~/"))
}

/// The URL with an ellipsis in place of the password.
pub(super) fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else {
        return "…".to_owned();
    };
    match rest.rsplit_once('@') {
        Some((login, place)) => {
            let user = login.split(':').next().unwrap_or_default();
            format!("{scheme}://{user}:…@{place}")
        }
        None => url.to_owned(),
    }
}

fn encode_but(text: &str, plain: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || plain.contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}
