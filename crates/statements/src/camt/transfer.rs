//! A transfer of an entry (`TxDtls`): references, amounts, parties and texts.

use hermes_domain::money::{Currency, Money};

use super::entry::bank_id;
use super::header::{account_number, direction, non_empty};
use super::tag::Tag;
use crate::amount::parse_amount;
use crate::emit::BankId;
use crate::{Counterparty, Direction, Problem, Remittance};

/// A transfer, as far as it has been read.
#[derive(Debug, Default)]
pub(super) struct Transfer {
    pub(super) bank_id: Option<String>,
    pub(super) id: Option<String>,
    pub(super) instruction_id: Option<String>,
    pub(super) direction: Option<Direction>,
    pub(super) is_returned: bool,
    pub(super) remittance: Remittance,
    amount: Option<Money>,
    transaction_amount: Option<Money>,
    debtor: Party,
    creditor: Party,
}

/// A party of a transfer.
#[derive(Debug, Default)]
struct Party {
    ultimate_name: Option<String>,
    details: Counterparty,
}

impl Transfer {
    /// Takes the text of the element at a path below the transfer.
    pub(super) fn leaf(&mut self, path: &[Tag], text: &str, currency: &str) -> Result<(), Problem> {
        match path {
            [Tag::Refs, path @ ..] => self.reference_leaf(path, text),
            [Tag::RmtInf, path @ ..] => self.remittance_leaf(path, text),
            [Tag::Amt] => self.amount = amount(text, currency)?,
            [Tag::AmtDtls, Tag::TxAmt, Tag::Amt] => self.transaction_amount = amount(text, currency)?,
            [Tag::CdtDbtInd] => self.direction = Some(direction(text.trim())?),
            [Tag::RltdPties, path @ ..] => self.party_leaf(path, text),
            [Tag::AddtlTxInf] => self.remittance.additional.extend(non_empty(text)),
            _ => {}
        }
        Ok(())
    }

    fn reference_leaf(&mut self, path: &[Tag], text: &str) {
        match path {
            [Tag::AcctSvcrRef] => self.bank_id = bank_id(text),
            [Tag::TxId] => self.id = bank_id(text),
            [Tag::InstrId] => self.instruction_id = bank_id(text),
            [Tag::EndToEndId] => self.remittance.end_to_end_id = bank_id(text),
            _ => {}
        }
    }

    fn remittance_leaf(&mut self, path: &[Tag], text: &str) {
        let remittance = &mut self.remittance;
        match path {
            [Tag::Strd, Tag::CdtrRefInf, Tag::Ref] => remittance.creditor_references.extend(non_empty(text)),
            // A space at the end of a piece belongs to the text.
            [Tag::Ustrd] if !text.trim().is_empty() => remittance.texts.push(text.to_owned()),
            [Tag::Strd, Tag::AddtlRmtInf] => remittance.additional.extend(non_empty(text)),
            _ => {}
        }
    }

    fn party_leaf(&mut self, path: &[Tag], text: &str) {
        let [role, path @ ..] = path else { return };
        let party = match role {
            Tag::Dbtr | Tag::DbtrAcct | Tag::UltmtDbtr => &mut self.debtor,
            Tag::Cdtr | Tag::CdtrAcct | Tag::UltmtCdtr => &mut self.creditor,
            _ => return,
        };
        match (role, path) {
            (Tag::DbtrAcct | Tag::CdtrAcct, [Tag::Id, Tag::IBAN] | [Tag::Id, Tag::Othr, Tag::Id]) => {
                party.details.account = non_empty(&account_number(text));
            }
            (Tag::Dbtr | Tag::Cdtr, [Tag::Nm] | [Tag::Pty, Tag::Nm]) => party.details.name = non_empty(text),
            (Tag::UltmtDbtr | Tag::UltmtCdtr, [Tag::Nm] | [Tag::Pty, Tag::Nm]) => {
                party.ultimate_name = non_empty(text);
            }
            _ => {}
        }
    }

    /// Returns an id that another bank or the payer has given. Unlike the bank's own id, it can return on another day.
    pub(super) fn foreign_id(&self) -> Option<BankId> {
        self.id.clone().or_else(|| self.instruction_id.clone()).map(BankId::Daily)
    }

    /// Returns the amount in the currency of the account, if stated.
    pub(super) fn amount_in(&self, currency: Currency) -> Option<Money> {
        let in_currency = |amount: &Money| amount.currency() == currency;
        self.amount.filter(in_currency).or_else(|| self.transaction_amount.filter(in_currency))
    }

    /// Returns the debtor or the creditor.
    pub(super) fn counterparty(&mut self, is_debtor: bool) -> Counterparty {
        let party = std::mem::take(if is_debtor { &mut self.debtor } else { &mut self.creditor });
        let name = party.details.name.or(party.ultimate_name);
        Counterparty { name, ..party.details }
    }
}

/// Parses an amount that the statement can do without: `None` if its currency is not one that Hermes knows.
fn amount(text: &str, currency: &str) -> Result<Option<Money>, Problem> {
    let Ok(currency) = currency.parse() else { return Ok(None) };
    parse_amount(text.trim(), '.', currency).map(Some)
}
