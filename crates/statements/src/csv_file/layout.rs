//! The positions of the columns of a profile, and the fields of a row.

use csv::StringRecord;

use crate::Problem;
use crate::csv_profile::Columns;
use crate::error::shown;

/// The positions of the columns.
pub(super) struct Layout {
    pub(super) booking_date: usize,
    pub(super) value_date: Option<usize>,
    pub(super) amount: Option<usize>,
    pub(super) credit: Option<usize>,
    pub(super) debit: Option<usize>,
    pub(super) direction: Option<usize>,
    pub(super) status: Option<usize>,
    pub(super) balance: Option<usize>,
    pub(super) currency: Option<usize>,
    pub(super) account: Option<usize>,
    pub(super) bank_id: Option<usize>,
    pub(super) texts: Vec<usize>,
    pub(super) creditor_reference: Option<usize>,
    pub(super) end_to_end_id: Option<usize>,
    pub(super) name: Option<usize>,
    pub(super) counterparty_account: Option<usize>,
    pub(super) reversal: Option<usize>,
}

impl Layout {
    /// Finds the columns of the profile in the row with the names.
    pub(super) fn find(columns: &Columns, header: &StringRecord) -> Result<Self, Problem> {
        let find = |name: &String| {
            let index = header.iter().position(|column| column.trim() == name.trim());
            index.ok_or_else(|| Problem::ProfileMismatch {
                detail: format!("the column \"{}\" is missing", shown(name)),
            })
        };
        let optional = |name: &Option<String>| name.as_ref().map(find).transpose();
        Ok(Self {
            booking_date: find(&columns.booking_date)?,
            value_date: optional(&columns.value_date)?,
            amount: optional(&columns.amount)?,
            credit: optional(&columns.credit)?,
            debit: optional(&columns.debit)?,
            direction: optional(&columns.direction)?,
            status: optional(&columns.status)?,
            balance: optional(&columns.balance)?,
            currency: optional(&columns.currency)?,
            account: optional(&columns.account)?,
            bank_id: optional(&columns.bank_id)?,
            texts: columns.texts.iter().map(find).collect::<Result<_, _>>()?,
            creditor_reference: optional(&columns.creditor_reference)?,
            end_to_end_id: optional(&columns.end_to_end_id)?,
            name: optional(&columns.name)?,
            counterparty_account: optional(&columns.counterparty_account)?,
            reversal: optional(&columns.reversal)?,
        })
    }
}

/// The fields of a row.
pub(super) struct Row<'a> {
    pub(super) record: &'a StringRecord,
}

impl<'a> Row<'a> {
    pub(super) fn text(&self, column: usize) -> &'a str {
        self.record.get(column).unwrap_or_default().trim()
    }

    /// Returns the field, or `None` if the column does not exist or the field is blank.
    pub(super) fn optional(&self, column: Option<usize>) -> Option<&'a str> {
        column.map(|column| self.text(column)).filter(|text| !text.is_empty())
    }
}
