//! Lines are recognized across files, and equal lines of one statement are different lines.

use hermes_statements::LineIdentity;

use crate::support::{camt053, camt054, entry, read_all, read_plain, simulation};

fn identities(file: &str) -> Vec<LineIdentity> {
    read_plain(file.as_bytes()).unwrap().lines.iter().map(|line| line.identity).collect()
}

#[test]
fn every_format_gives_the_same_identities_each_time() {
    let simulation = simulation(3, 50, "EUR");
    for file in [simulation.camt053(2), simulation.mt940(), simulation.csv()] {
        assert_eq!(read_all(file.as_bytes()).unwrap(), read_all(file.as_bytes()).unwrap());
    }
    // The version of the message does not matter.
    assert_eq!(identities(&simulation.camt053(2)), identities(&simulation.camt053(14)));
}

#[test]
fn equal_lines_of_a_statement_are_different_and_keep_their_identity() {
    let line = entry("5.00", "CRDT", "");
    let two = identities(&camt053(&line.repeat(2), "1010.00"));
    assert_ne!(two[0], two[1]);
    let three = identities(&camt053(&line.repeat(3), "1015.00"));
    assert_eq!(three[..2], two);
    // A constant id is not an identity.
    let constant = entry("5.00", "CRDT", "<AcctSvcrRef>X</AcctSvcrRef>");
    let two = identities(&camt053(&constant.repeat(2), "1010.00"));
    assert_ne!(two[0], two[1]);
}

#[test]
fn any_difference_gives_another_identity() {
    let text = "<NtryDtls><TxDtls><RmtInf><Ustrd>text</Ustrd></RmtInf></TxDtls></NtryDtls>";
    let base = camt054(&entry("5.00", "CRDT", text));
    let first = identities(&base)[0];
    for (from, to) in [
        ("5.00", "5.01"),
        ("CRDT", "DBIT"),
        ("2026-11-23", "2026-11-22"),
        (">text<", ">texts<"),
        ("DE89", "DE88"),
    ] {
        assert_ne!(identities(&base.replace(from, to))[0], first, "{from}");
    }
    let cut = base.replace("<Ustrd>text</Ustrd>", "<Ustrd>te</Ustrd><Ustrd>xt</Ustrd>");
    assert_eq!(identities(&cut)[0], first);
}

#[test]
fn a_notification_and_a_statement_give_a_line_the_same_identity() {
    for more in ["", "<AcctSvcrRef>X7</AcctSvcrRef>"] {
        let entries = entry("5.00", "CRDT", more);
        assert_eq!(identities(&camt054(&entries)), identities(&camt053(&entries, "1005.00")));
    }
}

#[test]
fn a_line_without_an_id_is_the_same_on_every_page() {
    let page = |number: u32| {
        let page = format!("<Stmt><StmtPgntn><PgNb>{number}</PgNb><LastPgInd>true</LastPgInd></StmtPgntn>");
        camt053(&entry("5.00", "CRDT", ""), "1005.00").replace("<Stmt>", &page)
    };
    assert_eq!(identities(&page(1)), identities(&page(3)));
}

#[test]
fn an_id_of_the_payer_can_return_on_another_day() {
    for id in ["TxId", "InstrId"] {
        let refs = format!("<NtryDtls><TxDtls><Refs><{id}>SAME</{id}></Refs></TxDtls></NtryDtls>");
        let november = camt053(&entry("5.00", "CRDT", &refs), "1005.00");
        let december = november.replace("2026-11-23", "2026-12-23");
        assert_ne!(identities(&november), identities(&december), "{id}");
    }
    let refs = "<AcctSvcrRef>SAME</AcctSvcrRef>";
    let november = camt053(&entry("5.00", "CRDT", refs), "1005.00");
    assert_eq!(identities(&november), identities(&november.replace("2026-11-23", "2026-11-24")));
}

/// Puts statements into one document.
fn document(statements: &[String]) -> String {
    let parts = statements
        .iter()
        .map(|file| &file[file.find("<Stmt>").unwrap()..file.find("</BkToCstmrStmt>").unwrap()]);
    let inner = parts.collect::<String>();
    let file = &statements[0];
    let (start, end) = (file.find("<Stmt>").unwrap(), file.find("</BkToCstmrStmt>").unwrap());
    format!("{}{inner}{}", &file[..start], &file[end..])
}

#[test]
fn equal_lines_of_consecutive_statements_are_different() {
    let line = entry("5.00", "CRDT", "");
    let first = camt053(&line, "1005.00");
    let second = camt053(&line, "1010.00").replace("1000.00", "1005.00").replace("S1", "S2");
    let two = identities(&document(&[first.clone(), second]));
    assert_ne!(two[0], two[1]);
    // The same statement again, or another one over the same period, has the same lines.
    let repeated = identities(&document(&[first.clone(), first.clone()]));
    assert_eq!(repeated[0], repeated[1]);
    let overlapping = identities(&document(&[first.clone(), first.replace("S1", "S2")]));
    assert_eq!(overlapping[0], overlapping[1]);
}
