//! Every refusal says what is wrong, where it is, and what to do.

use std::io::Cursor;
use std::ops::ControlFlow;

use hermes_statements::{Limits, Problem, ReadOptions, read};

use crate::support::{balance, camt053, camt054, entry, read_plain, refusal, simulation};

/// Asserts that a file is refused with a message that contains a text.
#[track_caller]
fn assert_refused(file: impl AsRef<[u8]>, expected: &str) {
    let message = refusal(file.as_ref());
    assert!(message.contains(expected), "{message:?} does not contain {expected:?}");
    assert!(message.contains(';') || message.contains("upload"), "no remedy: {message}");
}

fn two_entries() -> String {
    entry("100.00", "CRDT", "") + &entry("30.00", "DBIT", "")
}

fn good() -> String {
    camt053(&two_entries(), "1070.00")
}

#[test]
fn files_that_are_no_statement_are_refused() {
    assert!(read_plain(good().as_bytes()).is_ok());
    assert_refused("", "the file is empty");
    assert_refused("hello", "format is unknown");
    assert_refused("date,amount\n2026-11-23,5", "CSV with a profile");
    assert_refused("<html><body/></html>", "format is unknown");
    assert_refused(good().replace("camt.053.001.08", "camt.052.001.08"), "the file is camt.052.001.08");
    assert_refused(good().replace("camt.053.001.08", "pain.001.001.03"), "not a bank statement");
    assert_refused(good().replace("camt.053.001.08", "camt.053.001.01"), "camt.053.001.01 is not supported");
    assert_refused(good().replace("camt.053.001.08", "camt.053.001.15"), "camt.053.001.15 is not supported");
    assert_refused(good().replace("camt.053", "camt.054"), "Document");
    assert_refused(":20:1\r\n:25:1\r\n:28C:1\r\n:34F:EUR0,\r\n-", "MT942");
}

#[test]
fn document_types_and_entities_are_refused() {
    let bomb = "<!DOCTYPE lolz [<!ENTITY lol \"lol\">]>\n<Document";
    assert_refused(good().replace("<Document", bomb), "declares a document type");
    assert_refused(good().replace("S1", "&lol;"), "uses an entity");
    assert_refused(good().replace("S1", "&#xFFFFFFFF;"), "not well-formed");
}

#[test]
fn damaged_files_are_refused() {
    let file = good();
    for length in (60..file.len()).step_by(7) {
        assert!(read_plain(&file.as_bytes()[..length]).is_err(), "cut at {length}");
    }
    assert_refused(&file.as_bytes()[..file.len() - 30], "ends before its end mark");
    assert_refused(file.replace("</Ntry>", "</Entry>"), "not well-formed");
    assert_refused(file.clone() + "<more/>", "not well-formed");
    assert_refused(file.clone() + "text", "not well-formed");
    let mut wrong = file.into_bytes();
    let index = wrong.windows(2).position(|bytes| bytes == b"S1").unwrap();
    wrong[index] = 0xFF;
    assert_refused(&wrong, "not valid UTF-8");
}

#[test]
fn balances_that_do_not_fit_are_refused() {
    assert_refused(
        camt053(&two_entries(), "1070.01"),
        "opening balance 1000.00 and the lines give 1070.00, but the closing balance is 1070.01 EUR",
    );
    assert_refused(
        camt053(&two_entries(), "1070.00").replace(&balance("CLBD", "1070.00"), ""),
        "no closing balance",
    );
    assert_refused(
        camt053(&two_entries(), "1070.00").replace(&balance("OPBD", "1000.00"), ""),
        "no opening balance",
    );
    let huge = "9".repeat(18);
    assert!(read_plain(camt053(&two_entries(), &huge).as_bytes()).is_err());
}

#[test]
fn invalid_fields_are_refused_with_their_entry() {
    for (from, to, message) in [
        ("30.00", "30.001", "entry 2: the amount \"30.001\" is not a valid amount in EUR"),
        ("30.00", "-30.00", "entry 2: the amount"),
        ("30.00", "3e1", "entry 2: the amount"),
        ("DBIT", "DEBIT", "entry 2: the field CdtDbtInd has the invalid value \"DEBIT\""),
    ] {
        assert_refused(camt053(&two_entries().replace(from, to), "1070.00"), message);
    }
    let foreign = entry("100.00", "CRDT", "") + &entry("30.00", "DBIT", "").replace("EUR", "CHF");
    assert_refused(camt053(&foreign, "1070.00"), "entry 2: the line is in CHF, but the account is in EUR");
    let dateless = two_entries().replace("<BookgDt><Dt>2026-11-23</Dt></BookgDt>", "");
    assert!(read_plain(camt053(&dateless, "1070.00").as_bytes()).is_ok());
    let dateless = dateless.replace("<ValDt><DtTm>2026-11-24T00:00:00+01:00</DtTm></ValDt>", "");
    assert_refused(camt053(&dateless, "1070.00"), "entry 1: the field BookgDt is missing");
    assert_refused(
        good().replace(
            "<Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-11-23",
            "<Cd>BOOK</Cd></Sts><BookgDt><Dt>2026-02-30",
        ),
        "BookgDt",
    );
    assert_refused(good().replace("<Ccy>EUR</Ccy>", "<Ccy>XXX</Ccy>"), "Acct/Ccy");
    assert_refused(camt054("").replace("IBAN>", "Foo>"), "Acct/Id");
}

#[test]
fn limits_are_enforced() {
    let options = |max_bytes| ReadOptions { limits: Limits { max_bytes }, ..ReadOptions::default() };
    let file = good();
    let length = u64::try_from(file.len()).unwrap();
    let read_limited = |max_bytes| {
        read(Cursor::new(&file), &options(max_bytes), &mut |_| ControlFlow::Continue(()))
            .map_err(|error| error.problem)
    };
    assert!(read_limited(length).is_ok());
    assert!(matches!(read_limited(length - 1), Err(Problem::TooLarge { .. })));

    assert_refused(good().replace("S1", &"x".repeat(2 << 20)), "more than 1048576 bytes");
    assert_refused(format!("{}{}", "<a>".repeat(65), good()), "nested too deeply");
    let transfers = format!("<NtryDtls>{}</NtryDtls>", "<TxDtls/>".repeat(20_001));
    assert_refused(camt053(&entry("1.00", "CRDT", &transfers), "1001.00"), "more than 20000 transfers");
    let text = format!("<Ustrd>{}</Ustrd>", "x".repeat(1 << 19)).repeat(33);
    let large = format!("<NtryDtls><TxDtls><RmtInf>{text}</RmtInf></TxDtls></NtryDtls>");
    assert_refused(camt053(&entry("1.00", "CRDT", &large), "1001.00"), "more than 16777216 bytes");
}

#[test]
fn a_file_with_too_many_statements_is_refused() {
    let message = ":20:1\r\n:25:1\r\n:28C:1\r\n:60F:C260101EUR1,\r\n:62F:C260101EUR1,\r\n-\r\n";
    assert!(read_plain(message.repeat(10_000).as_bytes()).is_ok());
    assert_refused(message.repeat(10_001), "more than 10000 statements; export a shorter period");
}

#[test]
fn a_visitor_can_stop() {
    let mut seen = 0;
    let error = read(Cursor::new(good()), &ReadOptions::default(), &mut |_| {
        seen += 1;
        ControlFlow::Break(())
    });
    assert!(matches!(error.unwrap_err().problem, Problem::Stopped));
    assert_eq!(seen, 1);
}

#[test]
fn a_missing_line_in_any_format_is_noticed() {
    let simulation = simulation(4, 30, "EUR");
    let camt = simulation.camt053(8);
    let start = camt.find("<Ntry>").unwrap();
    let end = camt.find("</Ntry>\n").unwrap() + 8;
    assert_refused(format!("{}{}", &camt[..start], &camt[end..]), "lines are missing or altered");
    let mt940 = simulation.mt940();
    let start = mt940.find(":61:").unwrap();
    let end = start + 4 + mt940[start + 4..].find(":61:").unwrap();
    assert_refused(format!("{}{}", &mt940[..start], &mt940[end..]), "lines are missing or altered");
}
