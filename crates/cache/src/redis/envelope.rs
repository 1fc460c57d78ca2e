//! An entry as bytes: one line of JSON that people can read, then the body as it is.

use hermes_domain::ports::{CachedList, Version};
use serde::{Deserialize, Serialize};

/// Ends the header; JSON never contains it.
const END_OF_HEADER: u8 = b'\n';

/// The first line. A field that this program does not know makes the entry another program's.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    version: String,
    head_seq: i64,
    next_cursor: Option<String>,
}

/// Writes an entry.
pub(super) fn encode(entry: &CachedList) -> Vec<u8> {
    let header = Header {
        version: entry.version.to_string(),
        head_seq: entry.head_seq,
        next_cursor: entry.next_cursor.clone(),
    };
    // Texts and a number: serialising them cannot fail.
    let mut bytes = serde_json::to_vec(&header).unwrap_or_default();
    bytes.reserve_exact(1 + entry.body.len());
    bytes.push(END_OF_HEADER);
    bytes.extend_from_slice(&entry.body);
    bytes
}

/// Reads an entry; `None` is something else, which is as good as nothing.
pub(super) fn decode(mut bytes: Vec<u8>) -> Option<CachedList> {
    let header_len = bytes.iter().position(|byte| *byte == END_OF_HEADER)?;
    let header: Header = serde_json::from_slice(bytes.get(..header_len)?).ok()?;
    let version = Version::parse(&header.version).ok()?;
    bytes.drain(..=header_len);
    Some(CachedList { version, head_seq: header.head_seq, next_cursor: header.next_cursor, body: bytes })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(body: &[u8]) -> CachedList {
        CachedList {
            version: Version::parse("0a1b").unwrap(),
            head_seq: 42,
            next_cursor: Some("a\nb".to_owned()),
            body: body.to_vec(),
        }
    }

    #[test]
    fn the_header_is_a_line_that_people_can_read() {
        assert_eq!(
            encode(&entry(b"[]")),
            b"{\"version\":\"0a1b\",\"head_seq\":42,\"next_cursor\":\"a\\nb\"}\n[]"
        );
    }

    #[test]
    fn an_entry_comes_back_byte_for_byte() {
        for body in [&b""[..], b"\n", b"{}\n{}\n", b"\xff\x00\n\r"] {
            assert_eq!(decode(encode(&entry(body))), Some(entry(body)));
        }
    }

    #[test]
    fn whatever_else_is_stored_is_no_entry() {
        for bytes in [
            &b""[..],
            b"\n",
            b"[]",
            b"[]\n[]",
            b"{\"version\":\"0a1b\",\"head_seq\":42,\"next_cursor\":null}",
            b"{\"version\":\"\",\"head_seq\":42,\"next_cursor\":null}\n[]",
            b"{\"version\":\"0a1b\",\"head_seq\":\"42\",\"next_cursor\":null}\n[]",
            b"{\"version\":\"0a1b\",\"head_seq\":42,\"next_cursor\":null,\"more\":1}\n[]",
            b"\xff\n[]",
        ] {
            assert_eq!(decode(bytes.to_vec()), None, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
