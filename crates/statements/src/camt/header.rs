//! The head of a camt statement: account and balances.

use chrono::NaiveDate;
use hermes_domain::money::{Currency, Money};

use super::message::Message;
use super::tag::Tag;
use crate::amount::{digits, parse_amount, parse_xml_date};
use crate::emit::Emitter;
use crate::error::shown;
use crate::{Account, Direction, Problem, StatementHeader};

/// The head of a statement, as far as it has been read.
#[derive(Debug, Default)]
pub(super) struct Header {
    pub(super) currency: Option<Currency>,
    pub(super) is_open: bool,
    /// The number of entries that are not booked yet.
    pub(super) pending: u64,
    id: String,
    page: Option<u32>,
    account: String,
    balance: Balance,
    balances: Balances,
}

/// A balance, as far as it has been read.
#[derive(Debug, Default, Clone)]
struct Balance {
    code: String,
    amount: Option<Money>,
    direction: Option<Direction>,
    date: Option<NaiveDate>,
}

/// The balances that can begin or end a statement. The intermediate balances of a page do so if no other does.
#[derive(Debug, Default)]
struct Balances {
    opening: Option<(NaiveDate, Money)>,
    previous: Option<Money>,
    closing: Option<(NaiveDate, Money)>,
    first_interim: Option<Money>,
    last_interim: Option<Money>,
    interim_count: u32,
}

impl Header {
    pub(super) fn start_balance(&mut self) {
        self.balance = Balance::default();
    }

    /// Takes the text of the element at a path below the statement.
    pub(super) fn leaf(&mut self, path: &[Tag], text: &str, currency: &str) -> Result<(), Problem> {
        let text = text.trim();
        match path {
            [Tag::Id] => text.clone_into(&mut self.id),
            [Tag::StmtPgntn | Tag::NtfctnPgntn, Tag::PgNb] => self.page = digits(text),
            [Tag::Acct, Tag::Id, Tag::IBAN] | [Tag::Acct, Tag::Id, Tag::Othr, Tag::Id] => {
                self.account = account_number(text);
            }
            [Tag::Acct, Tag::Ccy] => self.currency = Some(parse_currency("Acct/Ccy", text)?),
            [Tag::Bal, path @ ..] => self.balance_leaf(path, text, currency)?,
            _ => {}
        }
        Ok(())
    }

    fn balance_leaf(&mut self, path: &[Tag], text: &str, currency: &str) -> Result<(), Problem> {
        let balance = &mut self.balance;
        match path {
            [Tag::Tp, Tag::CdOrPrtry, Tag::Cd] => text.clone_into(&mut balance.code),
            [Tag::Amt] => {
                balance.amount = Some(parse_amount(text, '.', parse_currency("Bal/Amt", currency)?)?)
            }
            [Tag::CdtDbtInd] => balance.direction = Some(direction(text)?),
            [Tag::Dt, Tag::Dt | Tag::DtTm] => {
                balance.date = Some(date("Bal/Dt", text)?);
                // `Dt` is the last element of a balance.
                let balance = std::mem::take(balance);
                self.take_balance(&balance)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn take_balance(&mut self, balance: &Balance) -> Result<(), Problem> {
        if !matches!(balance.code.as_str(), "OPBD" | "PRCD" | "CLBD" | "ITBD") {
            return Ok(());
        }
        let (Some(amount), Some(direction), Some(date)) = (balance.amount, balance.direction, balance.date)
        else {
            return Err(Problem::Missing { field: "Bal/Amt" });
        };
        let expected = *self.currency.get_or_insert(amount.currency());
        if amount.currency() != expected {
            return Err(Problem::CurrencyMismatch { expected, found: amount.currency().to_string() });
        }
        let amount = match direction {
            Direction::Credit => amount,
            Direction::Debit => Money::from_minor(-amount.minor(), amount.currency()),
        };
        let balances = &mut self.balances;
        match balance.code.as_str() {
            "OPBD" if balances.opening.is_none_or(|(earliest, _)| date < earliest) => {
                balances.opening = Some((date, amount));
            }
            "CLBD" if balances.closing.is_none_or(|(latest, _)| date >= latest) => {
                balances.closing = Some((date, amount));
            }
            "PRCD" => balances.previous = Some(amount),
            "ITBD" => {
                balances.first_interim.get_or_insert(amount);
                balances.last_interim = Some(amount);
                balances.interim_count += 1;
            }
            _ => {}
        }
        Ok(())
    }

    /// Passes the header on. Entries may state the currency of the account, if nothing else does.
    pub(super) fn open(
        &mut self,
        message: Message,
        entry_currency: Option<Currency>,
        emitter: &mut Emitter<'_>,
    ) -> Result<(), Problem> {
        let currency = self.currency.or(entry_currency).ok_or(Problem::Missing { field: "Acct/Ccy" })?;
        self.currency = Some(currency);
        if self.account.is_empty() {
            return Err(Problem::Missing { field: "Acct/Id" });
        }
        let has_balances = message.has_balances();
        self.is_open = true;
        emitter.open(StatementHeader {
            format: message.format,
            id: self.id.clone(),
            page: self.page,
            account: Account { number: self.account.clone() },
            currency,
            opening: self.balances.opening().filter(|_| has_balances),
        })
    }

    /// Ends the statement.
    pub(super) fn close(&self, message: Message, emitter: &mut Emitter<'_>) -> Result<(), Problem> {
        if !message.has_balances() {
            return emitter.close(None, None, self.pending);
        }
        let opening = self.balances.opening().ok_or(Problem::MissingBalance { which: "opening" })?;
        let closing = self.balances.closing().ok_or(Problem::MissingBalance { which: "closing" })?;
        emitter.close(Some(opening), Some(closing), self.pending)
    }
}

impl Balances {
    fn opening(&self) -> Option<Money> {
        let opening = self.opening.map(|(_, amount)| amount);
        opening.or(self.previous).or_else(|| self.first_interim.filter(|_| self.has_two_interim_or_closing()))
    }

    fn closing(&self) -> Option<Money> {
        self.closing.map(|(_, amount)| amount).or(self.last_interim)
    }

    /// Returns whether the first intermediate balance can begin the page, because another balance ends it.
    const fn has_two_interim_or_closing(&self) -> bool {
        self.closing.is_some() || self.interim_count > 1
    }
}

/// Parses a currency.
pub(super) fn parse_currency(field: &'static str, text: &str) -> Result<Currency, Problem> {
    text.parse().map_err(|_| Problem::Invalid { field, value: shown(text) })
}

/// Parses a day.
pub(super) fn date(field: &'static str, text: &str) -> Result<NaiveDate, Problem> {
    parse_xml_date(text).ok_or_else(|| Problem::Invalid { field, value: shown(text) })
}

/// Parses `CRDT` or `DBIT`.
pub(super) fn direction(text: &str) -> Result<Direction, Problem> {
    match text {
        "CRDT" => Ok(Direction::Credit),
        "DBIT" => Ok(Direction::Debit),
        _ => Err(Problem::Invalid { field: "CdtDbtInd", value: shown(text) }),
    }
}

/// Normalizes the number of an account: without spaces, in upper case.
pub(crate) fn account_number(text: &str) -> String {
    text.chars().filter(|char| !char.is_whitespace()).flat_map(char::to_uppercase).collect()
}

/// Returns a text, or `None` if it is blank.
pub(crate) fn non_empty(text: &str) -> Option<String> {
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}
