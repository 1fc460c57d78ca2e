//! MT940 as banks write it.

use hermes_statements::{Direction, StatementLine};

use crate::support::{read_plain, refusal};

/// Creates a message with fields between the balances.
fn message(fields: &str, closing: &str) -> String {
    format!(
        ":20:STARTUMS\r\n:25:37040044/0532013000\r\n:28C:17/1\r\n:60F:C251231EUR1000,00\r\n{fields}\r\n\
         :62F:{closing}\r\n-\r\n"
    )
}

#[track_caller]
fn one(fields: &str, closing: &str) -> StatementLine {
    let mut parts = read_plain(message(fields, closing).as_bytes()).unwrap();
    assert_eq!(parts.lines.len(), 1, "{:?}", parts.lines);
    parts.lines.remove(0)
}

#[test]
fn the_entry_date_has_the_year_nearest_to_the_value_date() {
    for (dates, booking, value) in [
        ("2512310102", "2026-01-02", "2025-12-31"),
        ("2601021231", "2025-12-31", "2026-01-02"),
        ("260102", "2026-01-02", "2026-01-02"),
        ("2602300301", "2026-03-01", "2026-02-28"),
        ("2402300229", "2024-02-29", "2024-02-29"),
    ] {
        let line = one(&format!(":61:{dates}C1,5NTRFNONREF"), "C260131EUR1001,5");
        assert_eq!(
            (line.booking_date.to_string(), line.value_date.to_string()),
            (booking.into(), value.into())
        );
        assert_eq!(line.amount.minor(), 150);
    }
}

#[test]
fn marks_give_direction_and_reversal() {
    for (mark, direction, is_reversal, closing) in [
        ("C", Direction::Credit, false, "1010,"),
        ("CR", Direction::Credit, false, "1010,"),
        ("D", Direction::Debit, false, "990,"),
        ("RC", Direction::Debit, true, "990,"),
        ("RD", Direction::Credit, true, "1010,"),
        ("RDR", Direction::Credit, true, "1010,"),
    ] {
        let line = one(&format!(":61:260102{mark}10,NTRFREF7//BANK9"), &format!("C260131EUR{closing}"));
        assert_eq!((line.direction, line.is_reversal), (direction, is_reversal), "{mark}");
        assert_eq!(line.bank_id.as_deref(), Some("BANK9"));
        assert_eq!(line.remittance.end_to_end_id.as_deref(), Some("REF7"));
    }
}

#[test]
fn german_details_are_split_into_subfields() {
    let details = ":86:166?00GUTSCHRIFT?109310?20EREF+RF59REF001?21SVWZ+Schulgeld fuer Anna R\r\nF59?22REF001 Herbst\
                   ?30COBADEFFXXX?31DE89370400440532013000?32Erika Muster?33mann";
    let line = one(&format!(":61:2601020102C10,00NTRFNONREF\r\n{details}"), "C260131EUR1010,00");
    assert_eq!(line.remittance.texts, ["Schulgeld fuer Anna RF59", "REF001 Herbst"]);
    assert_eq!(line.remittance.end_to_end_id.as_deref(), Some("RF59REF001"));
    assert_eq!(line.counterparty.name.as_deref(), Some("Erika Mustermann"));
    assert_eq!(line.counterparty.account.as_deref(), Some("DE89370400440532013000"));

    let line = one(":61:260102C10,NTRFNONREF\r\n:86:051?20RF59?21REF001?60 more", "C260131EUR1010,00");
    assert_eq!(line.remittance.joined(), "RF59REF001 more");
}

#[test]
fn a_word_can_begin_where_the_bank_cuts_the_text() {
    for (details, pieces) in [
        (
            "166?20EREF+E-1?21SVWZ+Schulgeld Herbst 26?22REF001 Anna",
            vec!["Schulgeld Herbst 26", "REF001 Anna"],
        ),
        ("166?20SVWZ+RF59REF?2100?221 Anna ?23PURP+RINP", vec!["RF59REF", "00", "1 Anna"]),
        ("166?20SVW?21Z+ fee?22KREF+1", vec!["fee"]),
        ("166?20before ?21after?22SVWZ+more", vec!["before ", "after", "more"]),
        (
            "/REMI/USTD//Schulgeld Herbst 26\r\nREF001 Anna/EREF/E-1/",
            vec!["Schulgeld Herbst 26", "REF001 Anna"],
        ),
        ("/EREF/E-1/REMI/\r\nREF001 \r\nAnna\r\n/PURP/X", vec!["REF001 ", "Anna"]),
    ] {
        let line = one(&format!(":61:260102C10,NTRFNONREF\r\n:86:{details}"), "C260131EUR1010,00");
        assert_eq!(line.remittance.texts, pieces, "{details}");
        assert_eq!(line.remittance.joined(), pieces.concat(), "{details}");
    }
}

#[test]
fn swift_details_are_split_at_codewords() {
    let details = ":86:/EREF/E-1/ORDP//NAME/J. de Boer/BIC/ABNANL2A/IBAN/NL91ABNA0417164300/REMI/USTD//fee RF59\r\n\
                   REF001/x/OCMT/EUR11,00/CHGS/EUR1,00/";
    let line = one(&format!(":61:260102C10,NTRFNONREF\r\n{details}"), "C260131EUR1010,00");
    assert_eq!(line.remittance.texts, ["fee RF59", "REF001/x"]);
    assert_eq!(line.remittance.end_to_end_id.as_deref(), Some("E-1"));
    assert_eq!(line.counterparty.name.as_deref(), Some("J. de Boer"));
    assert_eq!(line.counterparty.account.as_deref(), Some("NL91ABNA0417164300"));
}

#[test]
fn the_counterparty_may_be_one_value_of_account_bank_and_name() {
    for (details, name) in [
        ("/EREF/E-1//CNTP/NL32INGB0000012345/INGBNL2A/ING BANK NV///REMI/USTD//REF001/", Some("ING BANK NV")),
        ("/CNTP/NL32INGB0000012345//A. de Boer/EREF/E-1/REMI/USTD//REF001/", Some("A. de Boer")),
        (
            "/EREF/E-1/REMI/USTD//REF001/CNTP/NL32 INGB 0000012345/INGBNL2A/A. de\r\n Boer/Delft//",
            Some("A. de Boer"),
        ),
        ("/EREF/E-1/CNTP/NL32INGB0000012345//REMI/REF001", None),
    ] {
        let line = one(&format!(":61:260102C10,NTRFNONREF\r\n:86:{details}"), "C260131EUR1010,00");
        assert_eq!(line.counterparty.account.as_deref(), Some("NL32INGB0000012345"), "{details}");
        assert_eq!(line.counterparty.name.as_deref(), name, "{details}");
        assert_eq!(line.remittance.end_to_end_id.as_deref(), Some("E-1"), "{details}");
        assert_eq!(line.remittance.texts, ["REF001"], "{details}");
    }
}

#[test]
fn free_details_remain_lines() {
    let line = one(":61:260102C10,NTRFNONREF\r\n:86:PAYMENT 1/2\r\nREF001: thanks", "C260131EUR1010,00");
    assert_eq!(line.remittance.texts, ["PAYMENT 1/2", "REF001: thanks"]);
}

#[test]
fn messages_may_be_in_blocks_and_in_single_bytes() {
    let text = message(":61:260102C10,NTRFNONREF\r\n:86:Z\u{fc}rich", "C260131EUR1010,00");
    let blocks = format!(
        "{{1:F01COBADEFFAXXX0000000000}}{{2:I940COBADEFFXXXXN}}{{4:\r\n{}",
        text.replace("-\r\n", "-}\r\n")
    );
    let bytes: Vec<u8> =
        format!("{blocks}{blocks}").chars().map(|char| u8::try_from(u32::from(char)).unwrap()).collect();
    let parts = read_plain(&bytes).unwrap();
    assert_eq!((parts.headers.len(), parts.lines.len()), (2, 2));
    assert_eq!(parts.lines[1].remittance.texts, ["Zürich"]);
    assert_eq!(parts.headers[0].account.number, "37040044/0532013000");
}

#[test]
fn accounts_are_found_in_each_notation() {
    for value in [
        "DE89370400440532013000",
        "DE89 3704 0044 0532 0130 00",
        "DE89370400440532013000EUR",
        "COBADEFF/DE89370400440532013000",
    ] {
        let file =
            message(":61:260102C10,NTRFNONREF", "C260131EUR1010,").replace("37040044/0532013000", value);
        assert_eq!(read_plain(file.as_bytes()).unwrap().headers[0].account.number, "DE89370400440532013000");
    }
}

#[test]
fn statements_without_balances_are_refused() {
    let file = message(":61:260102C10,NTRFNONREF", "C260131EUR1010,");
    let without = |start: &str| {
        let kept = file.split("\r\n").filter(|line| !line.starts_with(start));
        kept.collect::<Vec<_>>().join("\r\n")
    };
    assert!(refusal(without(":60F").as_bytes()).contains("no opening balance"));
    assert!(refusal(without(":62F").as_bytes()).contains("no closing balance"));
    let cut = &file[..file.find(":62F").unwrap()];
    assert!(refusal(cut.as_bytes()).contains("ends before its end mark"));
    let neither = without(":62F");
    let neither: Vec<_> = neither.split("\r\n").filter(|line| !line.starts_with(":60F")).collect();
    assert!(refusal(neither.join("\r\n").as_bytes()).contains("no opening balance"));
}

#[test]
fn invalid_fields_are_refused_with_their_line() {
    for (entry, message_text) in [
        ("2601xxC10,NTRFNONREF", "line 5: the field :61: has the invalid value"),
        ("260102X10,NTRFNONREF", "line 5: the field :61:"),
        ("260102C10NTRFNONREF", "line 5: the field :61:"),
        ("260102C10,005NTRFNONREF", "line 5: the amount"),
        ("260102C10,N", "line 5: the field :61:"),
    ] {
        let text = refusal(message(&format!(":61:{entry}"), "C260131EUR1010,").as_bytes());
        assert!(text.contains(message_text), "{text}");
    }
    let text = refusal(message(":61:260102C10,NTRFNONREF", "C260131USD1010,").as_bytes());
    assert!(text.contains("in USD, but the account is in EUR"), "{text}");
    let long = format!(":61:260102C10,NTRFNONREF\r\n:86:{}", "x\r\n".repeat(40_000));
    assert!(refusal(message(&long, "C260131EUR1010,").as_bytes()).contains("more than 65536 bytes"));
    let long = format!(":61:260102C10,NTRFNONREF\r\n:86:{}", "x".repeat(40_000));
    assert!(refusal(message(&long, "C260131EUR1010,").as_bytes()).contains("more than 16384 bytes"));
}
