//! Small camt files, written by hand.

use std::fmt::Write as _;

const ACCOUNT: &str = "DE02120300000000202051";

/// A credit entry of a camt file.
#[derive(Debug, Clone, Default)]
pub struct Entry {
    /// The amount in cents.
    pub cents: i64,
    pub bank_id: String,
    pub name: String,
    pub text: String,
    /// The number of transfers of a batch that the file does not itemise.
    pub batch_of: Option<u32>,
    /// The transfers of a batch: the amount in cents and the text of each.
    pub parts: Vec<(i64, String)>,
}

/// Writes a camt.053 in dollars.
pub fn camt053(id: &str, entries: &[Entry]) -> String {
    let balance = |code: &str, cents: i64| {
        format!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"USD\">{}</Amt>\
             <CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2026-12-01</Dt></Dt></Bal>",
            amount(cents)
        )
    };
    let total = entries.iter().map(|entry| entry.cents).sum();
    let balances = balance("OPBD", 0) + &balance("CLBD", total);
    document(["camt.053.001.08", "BkToCstmrStmt", "Stmt"], id, &balances, entries)
}

/// Writes a camt.054 in dollars.
pub fn camt054(id: &str, entries: &[Entry]) -> String {
    document(["camt.054.001.08", "BkToCstmrDbtCdtNtfctn", "Ntfctn"], id, "", entries)
}

fn document([message, root, statement]: [&str; 3], id: &str, balances: &str, entries: &[Entry]) -> String {
    let entries: String = entries.iter().map(entry).collect();
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:{message}\"><{root}>\
         <GrpHdr><MsgId>{id}</MsgId><CreDtTm>2026-12-01T12:00:00</CreDtTm></GrpHdr>\
         <{statement}><Id>{id}</Id><Acct><Id><IBAN>{ACCOUNT}</IBAN></Id><Ccy>USD</Ccy></Acct>\
         {balances}{entries}</{statement}></{root}></Document>\n"
    )
}

fn entry(entry: &Entry) -> String {
    let mut details = String::new();
    if let Some(count) = entry.batch_of {
        write!(details, "<Btch><NbOfTxs>{count}</NbOfTxs></Btch>").unwrap();
    } else if entry.parts.is_empty() {
        details += &transfer("", &entry.name, &entry.text);
    }
    for (number, (cents, text)) in entry.parts.iter().enumerate() {
        let own = format!(
            "<Refs><AcctSvcrRef>{}/{number}</AcctSvcrRef></Refs><Amt Ccy=\"USD\">{}</Amt><CdtDbtInd>CRDT</CdtDbtInd>",
            entry.bank_id,
            amount(*cents)
        );
        details += &transfer(&own, &entry.name, text);
    }
    format!(
        "<Ntry><Amt Ccy=\"USD\">{}</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts>\
         <BookgDt><Dt>2026-12-01</Dt></BookgDt><ValDt><Dt>2026-12-01</Dt></ValDt><AcctSvcrRef>{}</AcctSvcrRef>\
         <NtryDtls>{details}</NtryDtls></Ntry>",
        amount(entry.cents),
        entry.bank_id
    )
}

fn transfer(own: &str, name: &str, text: &str) -> String {
    format!(
        "<TxDtls>{own}<RltdPties><Dbtr><Pty><Nm>{name}</Nm></Pty></Dbtr></RltdPties>\
         <RmtInf><Ustrd>{text}</Ustrd></RmtInf></TxDtls>"
    )
}

fn amount(cents: i64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
