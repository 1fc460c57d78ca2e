//! The elements of camt.053 and camt.054 that banks write in different ways.

use hermes_statements::{Batch, Direction, StatementLine};

use crate::support::{balance, camt053, camt054, entry, read_plain};

#[test]
fn an_entry_whose_transfers_add_up_is_itemised() {
    let transfer = |amount: &str, id: &str| {
        format!(
            "<TxDtls><Refs><AcctSvcrRef>{id}</AcctSvcrRef></Refs><Amt Ccy=\"EUR\">{amount}</Amt>\
             <RmtInf><Ustrd>text {id}</Ustrd></RmtInf></TxDtls>"
        )
    };
    let batch = |first: &str| {
        let details =
            format!("<Btch><NbOfTxs>2</NbOfTxs></Btch>{}{}", transfer(first, "P1"), transfer("30.00", "P2"));
        let entry =
            entry("100.00", "CRDT", &format!("<AcctSvcrRef>B1</AcctSvcrRef><NtryDtls>{details}</NtryDtls>"));
        read_plain(camt053(&entry, "1100.00").as_bytes()).unwrap().lines
    };
    let parts = batch("70.00");
    let ids: Vec<_> = parts.iter().map(|line| line.bank_id.as_deref().unwrap()).collect();
    assert_eq!(ids, ["P1", "P2"]);
    let Batch::Part { batch_id, position: 2, parts: 2, total } = &parts[1].batch else {
        panic!("{:?}", parts[1].batch)
    };
    assert_eq!((batch_id.as_deref(), total.minor()), (Some("B1"), 10_000));

    let whole = batch("70.01");
    assert_eq!(whole.len(), 1);
    assert_eq!(whole[0].batch, Batch::Whole { batch_id: Some("B1".to_owned()), transfers: Some(2) });
    assert_eq!(whole[0].remittance.texts, ["text P1", "text P2"]);
}

#[test]
fn the_text_of_an_entry_belongs_to_no_part_of_its_batch() {
    let transfer = |amount: &str| {
        format!(
            "<TxDtls><Amt Ccy=\"EUR\">{amount}</Amt><RmtInf><Ustrd>text</Ustrd></RmtInf>\
             <AddtlTxInf>own {amount}</AddtlTxInf></TxDtls>"
        )
    };
    let read = |transfers: &str| {
        let details = format!("<NtryDtls>{transfers}</NtryDtls><AddtlNtryInf>REF001 and more</AddtlNtryInf>");
        read_plain(camt053(&entry("100.00", "CRDT", &details), "1100.00").as_bytes()).unwrap().lines
    };
    let additional = |line: &StatementLine| line.remittance.additional.clone();
    let parts = read(&(transfer("70.00") + &transfer("30.00")));
    assert_eq!(parts.iter().map(additional).collect::<Vec<_>>(), [["own 70.00"], ["own 30.00"]]);
    assert_eq!(additional(&read(&transfer("100.00"))[0]), ["own 100.00", "REF001 and more"]);
    // A batch without itemisation is one line, which the text describes.
    let whole = read("<Btch><NbOfTxs>2</NbOfTxs></Btch>");
    assert_eq!(additional(&whole[0]), ["REF001 and more"]);
}

#[test]
fn a_notification_itemises_the_batch_of_a_statement() {
    let id = "<AcctSvcrRef>B1</AcctSvcrRef>";
    let summary =
        entry("100.00", "CRDT", &format!("{id}<NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch></NtryDtls>"));
    let statement = read_plain(camt053(&summary, "1100.00").as_bytes()).unwrap();
    let Batch::Whole { batch_id, transfers: Some(2) } = &statement.lines[0].batch else { panic!() };

    let transfer = |amount: &str| {
        format!(
            "<TxDtls><Refs><TxId>T{amount}</TxId></Refs><AmtDtls><TxAmt><Amt Ccy=\"EUR\">{amount}</Amt></TxAmt></AmtDtls></TxDtls>"
        )
    };
    let details = format!("{id}<NtryDtls>{}{}</NtryDtls>", transfer("60.00"), transfer("40.00"));
    let notification = read_plain(camt054(&entry("100.00", "CRDT", &details)).as_bytes()).unwrap();
    assert_eq!(notification.lines.len(), 2);
    assert_eq!(notification.summaries[0].closing, None);
    for line in &notification.lines {
        let Batch::Part { batch_id: part_of, .. } = &line.batch else { panic!("{:?}", line.batch) };
        assert_eq!(part_of, batch_id);
    }
}

#[test]
fn pending_entries_are_counted_but_are_not_lines() {
    let pending = entry("5.00", "CRDT", "").replace("BOOK", "PDNG");
    let file = camt053(&format!("{pending}{}", entry("100.00", "DBIT", "")), "900.00");
    let parts = read_plain(file.as_bytes()).unwrap();
    assert_eq!((parts.lines.len(), parts.summaries[0].pending), (1, 1));
    let proprietary = file.replace("<Cd>PDNG</Cd>", "<Prtry>EXPECTED</Prtry>");
    assert_eq!(read_plain(proprietary.as_bytes()).unwrap().summaries[0].pending, 1);
    assert_eq!(parts.lines[0].direction, Direction::Debit);
    assert_eq!(parts.lines[0].value_date.to_string(), "2026-11-24");
}

#[test]
fn a_returned_credit_is_a_debit_of_the_original_payer() {
    let parties = "<RltdPties><Dbtr><Pty><Nm>Payer</Nm></Pty></Dbtr><Cdtr><Pty><Nm>School</Nm></Pty></Cdtr></RltdPties>";
    let reversal =
        format!("<NtryDtls><TxDtls>{parties}<RtrInf><AddtlInf>no</AddtlInf></RtrInf></TxDtls></NtryDtls>");
    let parts = read_plain(camt053(&entry("10.00", "DBIT", &reversal), "990.00").as_bytes()).unwrap();
    assert!(parts.lines[0].is_reversal);
    assert_eq!(parts.lines[0].counterparty.name.as_deref(), Some("Payer"));

    let plain = format!("<NtryDtls><TxDtls>{parties}</TxDtls></NtryDtls>");
    let parts = read_plain(camt053(&entry("10.00", "DBIT", &plain), "990.00").as_bytes()).unwrap();
    assert!(!parts.lines[0].is_reversal);
    assert_eq!(parts.lines[0].counterparty.name.as_deref(), Some("School"));
}

#[test]
fn intermediate_balances_delimit_a_page() {
    let pages = [("OPBD", "ITBD"), ("ITBD", "ITBD"), ("ITBD", "CLBD"), ("PRCD", "CLBD")];
    for (first, last) in pages {
        let file =
            camt053(&entry("100.00", "CRDT", ""), "1100.00").replace("OPBD", first).replace("CLBD", last);
        let parts = read_plain(file.as_bytes()).unwrap();
        assert_eq!(parts.headers[0].opening.unwrap().minor(), 100_000, "{first} {last}");
        assert_eq!(parts.summaries[0].closing.unwrap().minor(), 110_000, "{first} {last}");
    }
    let only_one = camt053(&entry("100.00", "CRDT", ""), "1100.00")
        .replace(&balance("OPBD", "1000.00"), "")
        .replace("CLBD", "ITBD");
    assert!(read_plain(only_one.as_bytes()).unwrap_err().to_string().contains("no opening balance"));
}

#[test]
fn text_may_be_escaped_or_in_sections_and_other_encodings() {
    let text = "<NtryDtls><TxDtls><RmtInf><Ustrd>A &amp; B &#38; <![CDATA[C & D]]> Zürich</Ustrd></RmtInf></TxDtls></NtryDtls>";
    let file = camt053(&entry("100.00", "CRDT", text), "1100.00");
    let utf_16: Vec<u8> =
        [0xFEFF].into_iter().chain(file.encode_utf16()).flat_map(u16::to_be_bytes).collect();
    let single_bytes = file.replace("UTF-8", "ISO-8859-1").chars().map(|char| char as u8).collect();
    for bytes in [file.clone().into_bytes(), utf_16, single_bytes, format!("\u{feff}{file}").into_bytes()] {
        let parts = read_plain(&bytes).unwrap();
        assert_eq!(parts.lines[0].remittance.texts, ["A & B & C & D Zürich"]);
    }
}

#[test]
fn references_that_say_nothing_are_no_ids() {
    for id in ["NOTPROVIDED", "NONREF", "0000", " ", "not provided"] {
        let more = format!(
            "<AcctSvcrRef>{id}</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>{id}</EndToEndId></Refs></TxDtls></NtryDtls>"
        );
        let parts = read_plain(camt053(&entry("1.00", "CRDT", &more), "1001.00").as_bytes()).unwrap();
        assert_eq!(parts.lines[0].bank_id, None, "{id}");
        assert_eq!(parts.lines[0].remittance.end_to_end_id, None, "{id}");
    }
}

#[test]
fn a_document_may_be_in_an_envelope() {
    let file = camt053(&entry("100.00", "CRDT", ""), "1100.00")
        .replace("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "");
    let parts =
        read_plain(format!("<e:Envelope><Header><Id>x</Id></Header>{file}</e:Envelope>").as_bytes()).unwrap();
    assert_eq!(parts.lines.len(), 1);
}
