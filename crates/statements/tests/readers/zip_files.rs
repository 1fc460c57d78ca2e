//! ZIP files of camt files.

use std::io::{Cursor, Write};

use zip::write::{SimpleFileOptions, ZipWriter};

use hermes_statements::{Limits, Problem, ReadOptions};

use crate::support::{camt053, entry, read_plain, read_with, refusal, simulation};

/// Packs files.
pub fn packed(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn each_file_of_a_zip_is_read() {
    let (first, second) = (simulation(1, 20, "EUR").camt053(2), simulation(2, 20, "USD").camt053(8));
    let zip =
        packed(&[("a.xml", first.as_bytes()), ("folder/b.xml", second.as_bytes()), ("__MACOSX/x", b"junk")]);
    let parts = read_plain(&zip).unwrap();
    let separate = [first, second].map(|file| read_plain(file.as_bytes()).unwrap());
    assert_eq!(parts.headers.len(), 2);
    let identities = |lines: &[hermes_statements::StatementLine]| {
        lines.iter().map(|line| line.identity).collect::<Vec<_>>()
    };
    let expected: Vec<_> = separate.iter().flat_map(|parts| identities(&parts.lines)).collect();
    assert_eq!(identities(&parts.lines), expected);
}

#[test]
fn a_refusal_names_the_file() {
    let bad = camt053(&entry("1.00", "CRDT", ""), "1.00");
    let message =
        refusal(&packed(&[("good.xml", camt053("", "1000.00").as_bytes()), ("bad.xml", bad.as_bytes())]));
    assert!(message.starts_with("bad.xml: entry 1: opening balance"), "{message}");
}

#[test]
fn the_signature_of_a_wide_directory_in_a_file_is_no_directory() {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    zip.start_file("a.xml", stored).unwrap();
    let text = entry("1.00", "CRDT", "<AddtlNtryInf>PK\u{6}\u{6} PK\u{6}\u{7}</AddtlNtryInf>");
    zip.write_all(camt053(&text, "1001.00").as_bytes()).unwrap();
    let zip = zip.finish().unwrap().into_inner();
    let error = read_plain(&zip).map(|parts| parts.lines.len());
    assert!(!error.as_ref().is_err_and(|error| error.to_string().contains("64-bit directory")), "{error:?}");
}

#[test]
fn hostile_zips_are_refused() {
    let inner = packed(&[("a.xml", b"<a/>")]);
    assert!(refusal(&packed(&[("inner.zip", &inner)])).contains("contains a ZIP file"));
    assert!(refusal(&packed(&[("a.txt", b":20:x")])).contains("only camt files"));
    assert!(refusal(&packed(&[])).contains("file is empty"));

    let bomb = camt053("", "1000.00").replace("<Stmt>", &("<x/>".repeat(5 << 20) + "<Stmt>"));
    let message = refusal(&packed(&[("bomb.xml", bomb.as_bytes())]));
    assert!(message.starts_with("bomb.xml: ") && message.contains("more than 200 times"), "{message}");
    let options = ReadOptions { limits: Limits { max_bytes: 50_000 }, ..ReadOptions::default() };
    let large = simulation(1, 100, "EUR").camt053(8);
    let error = read_with(&packed(&[("a.xml", large.as_bytes())]), &options).unwrap_err();
    assert!(matches!(error.problem, Problem::TooLarge { limit: 50_000 }), "{error}");
    let many: Vec<_> = (0..1001).map(|number| format!("{number}.xml")).collect();
    let many: Vec<_> = many.iter().map(|name| (name.as_str(), b"<a/>".as_slice())).collect();
    assert!(refusal(&packed(&many)).contains("more than 1000 files"));
}

#[test]
fn damaged_zips_are_refused() {
    let content = simulation(1, 20, "EUR").camt053(8);
    let zip = packed(&[("a.xml", content.as_bytes())]);
    for length in (4..zip.len()).step_by(101) {
        assert!(read_plain(&zip[..length]).is_err(), "cut at {length}");
    }
    // A changed bit is detected by the checksum, even if the text remains well-formed.
    for index in (60..zip.len() / 2).step_by(53) {
        let mut damaged = zip.clone();
        damaged[index] ^= 4;
        assert!(read_plain(&damaged).is_err(), "changed at {index}");
    }
}
