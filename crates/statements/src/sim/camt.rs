//! Writes a simulated statement as camt.053 of any supported version.

use std::fmt::Write;

use hermes_domain::institution::AccountNumber;
use hermes_domain::money::Money;

use super::text::pieces;
use super::{SimulatedLine, Simulation};
use crate::Direction;

/// The length at which the simulated bank cuts free text, in characters.
const PIECE_CHARS: usize = 35;

/// The names of elements that differ between versions.
struct Names {
    party: (&'static str, &'static str),
    status: (&'static str, &'static str),
    charge: (&'static str, &'static str),
    has_amounts: bool,
}

impl Names {
    const fn of(version: u8) -> Self {
        Self {
            party: if version < 7 { ("", "") } else { ("<Pty>", "</Pty>") },
            status: if version < 7 { ("", "") } else { ("<Cd>", "</Cd>") },
            charge: if version < 3 { ("", "") } else { ("<Rcrd>", "</Rcrd>") },
            has_amounts: version >= 3,
        }
    }
}

impl Simulation {
    /// Writes the statement as `camt.053.001.NN`, with `version` from 2 to 14.
    pub fn camt053(&self, version: u8) -> String {
        let names = Names::of(version);
        let (from, to) = self.period();
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version:02}\"><BkToCstmrStmt>\
             <GrpHdr><MsgId>{id}</MsgId><CreDtTm>{to}T23:00:00Z</CreDtTm></GrpHdr>\n\
             <Stmt><Id>{id}</Id><ElctrncSeqNb>1</ElctrncSeqNb><CreDtTm>{to}T23:00:00Z</CreDtTm>\
             <FrToDt><FrDtTm>{from}T00:00:00Z</FrDtTm><ToDtTm>{to}T23:59:59Z</ToDtTm></FrToDt>\
             <Acct><Id>{number}</Id><Ccy>{currency}</Ccy>",
            id = self.id(),
            number = account_id(&self.options.account.number),
            currency = self.options.currency,
        );
        out.push_str("</Acct>\n");
        balance(&mut out, "OPBD", self.opening, &from.to_string());
        balance(&mut out, "CLBD", self.closing, &to.to_string());
        for line in &self.lines {
            entry(&mut out, &names, line);
        }
        out.push_str("</Stmt></BkToCstmrStmt></Document>\n");
        out
    }
}

/// Appends formatted text; writing to a string cannot fail.
/// Writes the number of an account, which may be no IBAN.
fn account_id(number: &str) -> String {
    if AccountNumber::from_iban(number).is_some() {
        format!("<IBAN>{number}</IBAN>")
    } else {
        format!("<Othr><Id>{number}</Id></Othr>")
    }
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = out.write_fmt(text);
}

fn balance(out: &mut String, code: &str, amount: Money, date: &str) {
    let unsigned = Money::from_minor(amount.minor().saturating_abs(), amount.currency());
    let indicator = if amount.minor() < 0 { "DBIT" } else { "CRDT" };
    push(
        out,
        format_args!(
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{}<CdtDbtInd>{indicator}</CdtDbtInd>\
             <Dt><Dt>{date}</Dt></Dt></Bal>\n",
            amount_element(unsigned)
        ),
    );
}

fn amount_element(amount: Money) -> String {
    format!("<Amt Ccy=\"{}\">{amount}</Amt>", amount.currency())
}

const fn indicator(direction: Direction) -> &'static str {
    match direction {
        Direction::Credit => "CRDT",
        Direction::Debit => "DBIT",
    }
}

fn entry(out: &mut String, names: &Names, line: &SimulatedLine) {
    let (indicator, amount) = (indicator(line.direction), amount_element(line.amount));
    let reversal = if line.is_reversal { "<RvslInd>true</RvslInd>" } else { "" };
    let family = if line.direction == Direction::Credit { "RCDT" } else { "ICDT" };
    let code = format!(
        "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>{family}</Cd><SubFmlyCd>ESCT</SubFmlyCd></Fmly></Domn></BkTxCd>"
    );
    let (before, behind) = names.status;
    push(
        out,
        format_args!(
            "<Ntry>{amount}<CdtDbtInd>{indicator}</CdtDbtInd>{reversal}<Sts>{before}BOOK{behind}</Sts>\
             <BookgDt><Dt>{}</Dt></BookgDt><ValDt><Dt>{}</Dt></ValDt><AcctSvcrRef>{}</AcctSvcrRef>{code}\
             <NtryDtls><TxDtls><Refs><EndToEndId>{}</EndToEndId></Refs>",
            line.booking_date,
            line.value_date,
            line.bank_id,
            line.end_to_end_id.as_deref().unwrap_or("NOTPROVIDED"),
        ),
    );
    if names.has_amounts {
        push(out, format_args!("{amount}<CdtDbtInd>{indicator}</CdtDbtInd>"));
    }
    if let Some(charges) = line.charges {
        let (before, behind) = names.charge;
        push(out, format_args!("<Chrgs>{before}{}{behind}</Chrgs>", amount_element(charges)));
    }
    party(out, names, line);
    remittance(out, line);
    out.push_str("</TxDtls></NtryDtls></Ntry>\n");
}

fn party(out: &mut String, names: &Names, line: &SimulatedLine) {
    // A reversal repeats the roles of the original transfer.
    let is_debtor = (line.direction == Direction::Credit) != line.is_reversal;
    let role = if is_debtor { "Dbtr" } else { "Cdtr" };
    let (before, behind) = names.party;
    push(
        out,
        format_args!(
            "<RltdPties><{role}>{before}<Nm>{}</Nm>{behind}</{role}><{role}Acct><Id><IBAN>{}</IBAN></Id></{role}Acct>\
             </RltdPties>",
            line.name.replace('\'', "&apos;"),
            line.iban
        ),
    );
}

fn remittance(out: &mut String, line: &SimulatedLine) {
    if line.text.is_empty() && line.creditor_reference.is_none() {
        return;
    }
    out.push_str("<RmtInf>");
    for piece in pieces(&line.text, PIECE_CHARS) {
        push(out, format_args!("<Ustrd>{piece}</Ustrd>"));
    }
    if let Some(reference) = &line.creditor_reference {
        push(
            out,
            format_args!(
                "<Strd><CdtrRefInf><Tp><CdOrPrtry><Cd>SCOR</Cd></CdOrPrtry></Tp><Ref>{reference}</Ref></CdtrRefInf></Strd>"
            ),
        );
    }
    out.push_str("</RmtInf>");
}
