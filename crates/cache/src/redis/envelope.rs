//! The stored form of an entry: one line of readable JSON, then the body unchanged.
//!
//! The line contains an HMAC-SHA-256 of its other fields and the body. A client of Redis without the key can delete
//! entries, but cannot change, shorten or invent an entry. The query and the cache version are among the signed fields, so
//! an entry is valid neither for another query nor under another version.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use data_encoding::HEXLOWER;
use hermes_domain::ledger::{BatchToken, HeadId};
use hermes_domain::ports::{CacheKey, StoredEntry, Version};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

/// Ends the header. Compact JSON never contains it.
const END_OF_HEADER: u8 = b'\n';

/// The key that signs entries. All instances on one database use the same key.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// Creates the key from 32 secret bytes.
    #[expect(clippy::expect_used, reason = "HMAC accepts keys of every length")]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(Hmac::new_from_slice(secret).expect("HMAC accepts keys of every length"))
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SigningKey(..)")
    }
}

/// Why a stored value is not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DecodeError {
    /// The entry has another format, or is the entry of another query that shares the slot.
    OtherEntry,
    /// No instance with this signing key has stored the value as it is.
    BadSignature,
}

/// The first line.
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
    /// The signature in hexadecimal digits. The signed form of the line does not have this field.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    hmac: Option<String>,
}

/// The field that the first line has in every format.
#[derive(Deserialize)]
struct Format<'a> {
    #[serde(borrow)]
    format: Cow<'a, str>,
}

/// Encodes and signs an entry.
pub(super) fn encode(format: &str, signing_key: &SigningKey, key: CacheKey, entry: &StoredEntry) -> Vec<u8> {
    let mut header = Header {
        format: format.to_owned(),
        version: entry.version.to_string(),
        head_seq: entry.head.seq,
        head_token: entry.head.token.0,
        etag: entry.etag.clone(),
        link: entry.link.clone(),
        query: query_digest(key),
        hmac: None,
    };
    header.hmac = Some(HEXLOWER.encode(&header.sign(signing_key, &entry.body).finalize().into_bytes()));
    let mut bytes = header.to_line();
    bytes.reserve_exact(entry.body.len());
    bytes.extend_from_slice(&entry.body);
    bytes
}

/// Decodes an entry and verifies its signature.
pub(super) fn decode(
    format: &str,
    signing_key: &SigningKey,
    key: CacheKey,
    bytes: Vec<u8>,
) -> Result<StoredEntry, DecodeError> {
    let bytes = Bytes::from(bytes);
    let (line, body) = split_header(&bytes).ok_or(DecodeError::BadSignature)?;
    let stored: Format<'_> = serde_json::from_slice(line).map_err(|_| DecodeError::BadSignature)?;
    if stored.format != format {
        return Err(DecodeError::OtherEntry);
    }
    let header: Header = serde_json::from_slice(line).map_err(|_| DecodeError::BadSignature)?;
    if header.query != query_digest(key) {
        return Err(DecodeError::OtherEntry);
    }
    header.verified_entry(signing_key, body).ok_or(DecodeError::BadSignature)
}

impl Header {
    /// Returns the line with its end.
    fn to_line(&self) -> Vec<u8> {
        // Serialising strings and a number cannot fail.
        let mut line = serde_json::to_vec(self).unwrap_or_default();
        line.push(END_OF_HEADER);
        line
    }

    /// Signs a header without a signature, and a body.
    fn sign(&self, signing_key: &SigningKey, body: &[u8]) -> Hmac<Sha256> {
        signing_key.0.clone().chain_update(self.to_line()).chain_update(body)
    }

    /// Returns the entry if its signature is valid.
    fn verified_entry(mut self, signing_key: &SigningKey, body: Bytes) -> Option<StoredEntry> {
        let signature = HEXLOWER.decode(self.hmac.take()?.as_bytes()).ok()?;
        self.sign(signing_key, &body).verify_slice(&signature).ok()?;
        Some(StoredEntry {
            version: Version::parse(&self.version)?,
            head: HeadId { seq: self.head_seq, token: BatchToken(self.head_token) },
            etag: self.etag,
            link: self.link,
            body,
        })
    }
}

/// Splits a value into its first line and the body.
fn split_header(bytes: &Bytes) -> Option<(&[u8], Bytes)> {
    let header_len = bytes.iter().position(|byte| *byte == END_OF_HEADER)?;
    Some((bytes.get(..header_len)?, bytes.slice(header_len + 1..)))
}

fn query_digest(key: CacheKey) -> Option<String> {
    match key {
        CacheKey::List => None,
        CacheKey::Query(digest) => Some(HEXLOWER.encode(&digest)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORMAT: &str = "1";
    const QUERY: CacheKey = CacheKey::Query([1; 32]);
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

    fn signing_key() -> SigningKey {
        SigningKey::new(&[7; 32])
    }

    fn stored(key: CacheKey) -> String {
        String::from_utf8(encode(FORMAT, &signing_key(), key, &entry(b"[]"))).unwrap()
    }

    fn decode_list(text: &str) -> Result<StoredEntry, DecodeError> {
        decode(FORMAT, &signing_key(), CacheKey::List, text.as_bytes().to_vec())
    }

    #[test]
    fn the_header_is_a_line_of_readable_json_with_a_signature() {
        // Computed with Python's hmac module.
        let hmac = "58c3af32feb8680c65e7eaed47c23bd17b3cc610bb2b859240606b21a686b68d";
        assert_eq!(
            stored(CacheKey::List),
            format!(
                "{{\"format\":\"1\",\"version\":\"{VERSION}\",\"head_seq\":42,\
                 \"head_token\":\"00000000-0000-0000-0000-000000000007\",\"etag\":\"\\\"42-a\\\"\",\
                 \"link\":\"a\\nb\",\"hmac\":\"{hmac}\"}}\n[]"
            )
        );
        assert_eq!(decode_list(&stored(CacheKey::List)), Ok(entry(b"[]")));
    }

    #[test]
    fn an_entry_of_another_format_or_query_is_another_entry() {
        let bytes = stored(CacheKey::List).into_bytes();
        let other = Err(DecodeError::OtherEntry);
        assert_eq!(decode("2", &signing_key(), CacheKey::List, bytes.clone()), other);
        assert_eq!(decode(FORMAT, &signing_key(), QUERY, bytes), other);
        assert_eq!(decode_list(&stored(QUERY)), other);
        // An entry of an earlier release, without a signature.
        assert_eq!(decode_list("{\"format\":\"0\",\"more\":1}\n[]"), other);
    }

    #[test]
    fn no_changed_or_shortened_entry_has_a_valid_signature() {
        let whole = stored(CacheKey::List);
        for end in 0..whole.len() {
            assert_eq!(decode_list(&whole[..end]), Err(DecodeError::BadSignature), "{end}");
        }
        let unsigned = whole.split(",\"hmac\"").next().unwrap().to_owned() + "}\n[]";
        for changed in [
            "[]\n[]".to_owned(),
            unsigned,
            format!("{whole} "),
            whole.replace("\n[]", "\n{}"),
            whole.replace("42,", "43,"),
            whole.replace("\"42,", "42,"),
            whole.replace("42-a", "42-b"),
            whole.replace("a\\nb", "c"),
            whole.replace(VERSION, &VERSION.replace('0', "1")),
            whole.replace(",\"link\"", ",\"query\":\"01\",\"link\"").replace("\"query\":\"01\",", ""),
            whole.replacen('{', "{\"more\":1,", 1),
        ]
        .iter()
        .filter(|changed| **changed != whole)
        {
            assert_eq!(decode_list(changed), Err(DecodeError::BadSignature), "{changed}");
        }
        let other_key = SigningKey::new(&[8; 32]);
        let decoded = decode(FORMAT, &other_key, CacheKey::List, whole.into_bytes());
        assert_eq!(decoded, Err(DecodeError::BadSignature));
    }

    #[test]
    fn an_entry_is_not_valid_for_another_query() {
        let other_digest = stored(QUERY).replace(&"01".repeat(32), &"02".repeat(32));
        let decoded = decode(FORMAT, &signing_key(), CacheKey::Query([2; 32]), other_digest.into_bytes());
        assert_eq!(decoded, Err(DecodeError::BadSignature));
    }
}
