//! An entry of a camt statement, and its lines.

use chrono::NaiveDate;
use hermes_domain::money::{Currency, Money};

use super::header::{date, direction, non_empty, parse_currency};
use super::tag::Tag;
use super::transfer::Transfer;
use crate::amount::{digits, parse_amount};
use crate::emit::{BankId, DraftLine};
use crate::error::shown;
use crate::{Batch, Direction, Problem, Remittance};

/// The most transfers of one entry. Their lines take about 20 MiB.
const MAX_TRANSFERS: usize = 20_000;

/// An entry, as far as it has been read.
#[derive(Debug, Default)]
pub(super) struct Entry {
    amount: Option<Money>,
    direction: Option<Direction>,
    is_reversal: bool,
    status: String,
    booking_date: Option<NaiveDate>,
    value_date: Option<NaiveDate>,
    bank_id: Option<String>,
    batch_count: Option<u32>,
    transfers: Vec<Transfer>,
    additional: Option<String>,
}

impl Entry {
    /// Begins a transfer of the entry.
    pub(super) fn start_transfer(&mut self) -> Result<(), Problem> {
        if self.transfers.len() >= MAX_TRANSFERS {
            let limit = u64::try_from(MAX_TRANSFERS).unwrap_or(u64::MAX);
            return Err(Problem::EntryTooLarge { limit, unit: "transfers" });
        }
        self.transfers.push(Transfer::default());
        Ok(())
    }

    /// Marks the current transfer as a return (`RtrInf`).
    pub(super) fn set_returned(&mut self) {
        if let Some(transfer) = self.transfers.last_mut() {
            transfer.is_returned = true;
        }
    }

    /// Takes the text of the element at a path below the entry.
    pub(super) fn leaf(&mut self, path: &[Tag], text: &str, currency: &str) -> Result<(), Problem> {
        match path {
            [Tag::NtryDtls, Tag::TxDtls, path @ ..] => match self.transfers.last_mut() {
                Some(transfer) => transfer.leaf(path, text, currency)?,
                None => return Ok(()),
            },
            [Tag::NtryDtls, Tag::Btch, Tag::NbOfTxs] => {
                let count = digits(text.trim()).unwrap_or_default();
                self.batch_count = Some(self.batch_count.unwrap_or_default().saturating_add(count));
            }
            [Tag::Amt] => {
                self.amount = Some(parse_amount(text.trim(), '.', parse_currency("Ntry/Amt", currency)?)?);
            }
            [Tag::CdtDbtInd] => self.direction = Some(direction(text.trim())?),
            [Tag::RvslInd] => self.is_reversal = boolean(text.trim())?,
            [Tag::Sts] | [Tag::Sts, Tag::Cd | Tag::Prtry] => text.trim().clone_into(&mut self.status),
            [Tag::BookgDt, Tag::Dt | Tag::DtTm] => self.booking_date = Some(date("BookgDt", text.trim())?),
            [Tag::ValDt, Tag::Dt | Tag::DtTm] => self.value_date = Some(date("ValDt", text.trim())?),
            [Tag::AcctSvcrRef] => self.bank_id = bank_id(text),
            [Tag::AddtlNtryInf] => self.additional = non_empty(text),
            _ => {}
        }
        Ok(())
    }

    /// Returns whether the bank has not booked the entry yet.
    pub(super) fn is_pending(&self) -> bool {
        !matches!(self.status.as_str(), "BOOK" | "")
    }

    /// Returns the currency of the entry.
    pub(super) fn currency(&self) -> Result<Currency, Problem> {
        self.amount.map(Money::currency).ok_or(Problem::Missing { field: "Ntry/Amt" })
    }

    /// Passes the lines of the entry on: its transfers if they add up to the entry, otherwise the entry.
    pub(super) fn into_lines(
        mut self,
        currency: Currency,
        mut emit: impl FnMut(DraftLine) -> Result<(), Problem>,
    ) -> Result<(), Problem> {
        let amount = self.amount.ok_or(Problem::Missing { field: "Ntry/Amt" })?;
        let direction = self.direction.ok_or(Problem::Missing { field: "CdtDbtInd" })?;
        if amount.currency() != currency {
            return Err(Problem::CurrencyMismatch {
                expected: currency,
                found: amount.currency().to_string(),
            });
        }
        let booking_date = self.booking_date.or(self.value_date);
        let booking_date = booking_date.ok_or(Problem::Missing { field: "BookgDt" })?;
        let transfers = std::mem::take(&mut self.transfers);
        let base = EntryBase { amount, direction, booking_date, entry: self };
        match base.part_amounts(&transfers) {
            Some(amounts) => {
                let parts = u32::try_from(transfers.len()).unwrap_or(u32::MAX);
                for ((position, transfer), (direction, amount)) in (1..).zip(transfers).zip(amounts) {
                    let batch_id = base.entry.bank_id.clone();
                    let batch = Batch::Part { batch_id, position, parts, total: base.amount };
                    emit(base.part(transfer, direction, amount, batch))?;
                }
                Ok(())
            }
            None => emit(base.whole(transfers)),
        }
    }
}

/// An entry with its mandatory facts.
struct EntryBase {
    amount: Money,
    direction: Direction,
    booking_date: NaiveDate,
    entry: Entry,
}

impl EntryBase {
    /// Returns the amounts of the transfers if there are several, and they add up to the entry.
    fn part_amounts(&self, transfers: &[Transfer]) -> Option<Vec<(Direction, Money)>> {
        if transfers.len() < 2 {
            return None;
        }
        let mut sum = 0_i64;
        let mut amounts = Vec::with_capacity(transfers.len());
        for transfer in transfers {
            let amount = transfer.amount_in(self.amount.currency())?;
            let direction = transfer.direction.unwrap_or(self.direction);
            let signed = if direction == self.direction { amount.minor() } else { -amount.minor() };
            sum = sum.checked_add(signed)?;
            amounts.push((direction, amount));
        }
        (sum == self.amount.minor()).then_some(amounts)
    }

    fn part(&self, transfer: Transfer, direction: Direction, amount: Money, batch: Batch) -> DraftLine {
        let own_id = transfer.bank_id.clone().filter(|id| Some(id) != self.entry.bank_id.as_ref());
        let id = own_id.map(BankId::Unique).or_else(|| transfer.foreign_id());
        self.draft(transfer, id, direction, amount, batch)
    }

    /// Creates the one line of an entry that is a single transfer or a batch without itemisation.
    fn whole(mut self, transfers: Vec<Transfer>) -> DraftLine {
        let count = self.entry.batch_count.or_else(|| u32::try_from(transfers.len()).ok());
        let is_batch = count.is_some_and(|count| count > 1);
        let batch = if is_batch {
            Batch::Whole { batch_id: self.entry.bank_id.clone(), transfers: count }
        } else {
            Batch::Single
        };
        let mut transfers = transfers.into_iter();
        let mut transfer = transfers.next().unwrap_or_default();
        for other in transfers {
            transfer.remittance.append(other.remittance);
        }
        let id = self.entry.bank_id.take();
        let id = id.or_else(|| transfer.bank_id.clone()).map(BankId::Unique);
        let id = if is_batch { id } else { id.or_else(|| transfer.foreign_id()) };
        self.draft(transfer, id, self.direction, self.amount, batch)
    }

    fn draft(
        &self,
        mut transfer: Transfer,
        id: Option<BankId>,
        direction: Direction,
        amount: Money,
        batch: Batch,
    ) -> DraftLine {
        let is_reversal = self.entry.is_reversal || transfer.is_returned;
        // In a batch, the text can name every transfer, so it says nothing about one of them.
        if !matches!(batch, Batch::Part { .. }) {
            transfer.remittance.additional.extend(self.entry.additional.clone());
        }
        // In a reversal, the roles are those of the original transfer.
        let is_from_debtor = (direction == Direction::Credit) != is_reversal;
        DraftLine {
            bank_id: id,
            direction,
            amount,
            is_reversal,
            booking_date: self.booking_date,
            value_date: self.entry.value_date.unwrap_or(self.booking_date),
            counterparty: transfer.counterparty(is_from_debtor),
            remittance: transfer.remittance,
            batch,
        }
    }
}

impl Remittance {
    fn append(&mut self, other: Self) {
        self.creditor_references.extend(other.creditor_references);
        self.texts.extend(other.texts);
        self.additional.extend(other.end_to_end_id);
        self.additional.extend(other.additional);
    }
}

fn boolean(text: &str) -> Result<bool, Problem> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Problem::Invalid { field: "RvslInd", value: shown(text) }),
    }
}

/// Returns an id, or `None` for the values by which banks say that there is none.
pub(crate) fn bank_id(text: &str) -> Option<String> {
    non_empty(text).filter(|id| {
        let id = id.replace([' ', '_'], "").to_ascii_uppercase();
        !matches!(id.as_str(), "NOTPROVIDED" | "NONREF" | "NOREF" | "NONE" | "NOTAVAILABLE")
            && id.bytes().any(|byte| byte != b'0')
    })
}
