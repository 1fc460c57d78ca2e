//! The stored form of an entry: one line of readable JSON, then the body unchanged.

use bytes::Bytes;
use hermes_domain::ledger::{BatchToken, HeadId};
use hermes_domain::ports::{CacheKey, StoredEntry, Version};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Ends the header. Compact JSON never contains it.
const END_OF_HEADER: u8 = b'\n';

/// The first line. An unknown field means that another release wrote the entry.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    format: String,
    version: String,
    head_seq: i64,
    head_token: Uuid,
    etag: String,
    link: Option<String>,
    /// The digest of the query, because several queries share a slot.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    query: Option<String>,
}

/// Encodes an entry.
pub(super) fn encode(format: &str, key: CacheKey, entry: &StoredEntry) -> Vec<u8> {
    let header = Header {
        format: format.to_owned(),
        version: entry.version.to_string(),
        head_seq: entry.head.seq,
        head_token: entry.head.token.0,
        etag: entry.etag.clone(),
        link: entry.link.clone(),
        query: query_digest(key),
    };
    // Serialising strings and a number cannot fail.
    let mut bytes = serde_json::to_vec(&header).unwrap_or_default();
    bytes.reserve_exact(1 + entry.body.len());
    bytes.push(END_OF_HEADER);
    bytes.extend_from_slice(&entry.body);
    bytes
}

/// Decodes an entry. Returns `None` for anything else, and for an entry of another format or query.
pub(super) fn decode(format: &str, key: CacheKey, bytes: Vec<u8>) -> Option<StoredEntry> {
    let bytes = Bytes::from(bytes);
    let header_len = bytes.iter().position(|byte| *byte == END_OF_HEADER)?;
    let header: Header = serde_json::from_slice(bytes.get(..header_len)?).ok()?;
    if header.format != format || header.query != query_digest(key) {
        return None;
    }
    Some(StoredEntry {
        version: Version::parse(&header.version)?,
        head: HeadId { seq: header.head_seq, token: BatchToken(header.head_token) },
        etag: header.etag,
        link: header.link,
        body: bytes.slice(header_len + 1..),
    })
}

fn query_digest(key: CacheKey) -> Option<String> {
    match key {
        CacheKey::List => None,
        CacheKey::Query(digest) => Some(digest.iter().map(|byte| format!("{byte:02x}")).collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: &str = "1";
    const VERSION: &str = "0a1b0a1b0a1b0a1b0a1b0a1b0a1b0a1b";

    fn entry(body: &'static [u8]) -> StoredEntry {
        StoredEntry {
            version: Version::parse(VERSION).unwrap(),
            head: HeadId { seq: 42, token: BatchToken(Uuid::from_u128(7)) },
            etag: "\"42-a\"".to_owned(),
            link: Some("a\nb".to_owned()),
            body: Bytes::from_static(body),
        }
    }

    #[test]
    fn the_header_is_a_line_of_readable_json() {
        assert_eq!(
            String::from_utf8(encode(FORMAT, CacheKey::List, &entry(b"[]"))).unwrap(),
            format!(
                "{{\"format\":\"1\",\"version\":\"{VERSION}\",\"head_seq\":42,\
                 \"head_token\":\"00000000-0000-0000-0000-000000000007\",\"etag\":\"\\\"42-a\\\"\",\
                 \"link\":\"a\\nb\"}}\n[]"
            )
        );
    }

    #[test]
    fn an_entry_of_another_format_is_ignored() {
        assert_eq!(decode("2", CacheKey::List, encode(FORMAT, CacheKey::List, &entry(b"[]"))), None);
    }

    #[test]
    fn a_malformed_value_is_ignored() {
        let whole = String::from_utf8(encode(FORMAT, CacheKey::List, &entry(b"[]"))).unwrap();
        for text in [
            String::new(),
            "\n".to_owned(),
            "[]".to_owned(),
            "[]\n[]".to_owned(),
            whole.replace('\n', ""),
            whole.replace(VERSION, ""),
            whole.replace("42,", "\"42\","),
            whole.replacen('{', "{\"more\":1,", 1),
        ] {
            assert_eq!(decode(FORMAT, CacheKey::List, text.clone().into_bytes()), None, "{text}");
        }
        assert_eq!(decode(FORMAT, CacheKey::List, b"\xff\n[]".to_vec()), None);
    }
}
