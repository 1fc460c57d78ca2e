//! The lines that contain the texts of a person, and the erasure of these texts.

use std::collections::BTreeMap;

use hermes_domain::ports::StoreError;
use hermes_domain::receipt::{Receipt, RefundNumber, StatementLineId};
use hermes_domain::statement::{BankLine, Direction, StoredLine};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::{Condition, DatabaseConnection};

use super::SqlStatementStore;
use crate::database::padded;
use crate::entity::statement_lines::{ActiveModel, Column, Entity};
use crate::error::statement_error;
use crate::mapping::ERASED_TEXTS;

/// Values per IN list, a power of two.
const MAX_IN_LIST: usize = 256;

/// The bytes of the identity of a line, which is a digest.
const ID_BYTES: usize = 32;

impl SqlStatementStore {
    /// Returns the lines that belong to receipts and refunds, each once: the transfers that the receipts book, the lines that return
    /// these transfers, and the debits that name one of the refunds.
    ///
    /// No index helps to find the debits. If there is a refund, the call reads all lines, with one statement for each first
    /// byte of their identities.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn lines_of_receipts(
        &self,
        receipts: &[Receipt],
        refunds: &[RefundNumber],
    ) -> Result<Vec<StoredLine>, StoreError> {
        let numbers: Vec<String> = receipts.iter().map(|receipt| receipt.number.to_string()).collect();
        let mut transfers = Vec::new();
        for numbers in numbers.chunks(MAX_IN_LIST) {
            let is_booked = Column::Receipt.is_in(padded(numbers).cloned());
            transfers.extend(self.lines_that(Condition::all().add(is_booked)).await?);
        }
        let mut returns = Vec::new();
        for StoredLine { line: transfer, .. } in &transfers {
            let is_reversal_of_amount = Condition::all()
                .add(Column::Account.eq(transfer.account.as_str()))
                .add(Column::Amount.eq(transfer.amount.minor()))
                .add(Column::Currency.eq(transfer.amount.currency().code()))
                .add(Column::IsReversal.ne(0));
            let candidates = self.lines_that(is_reversal_of_amount).await?.into_iter();
            returns.extend(candidates.filter(|stored| stored.line.returns(transfer)));
        }
        let debits = self.debits_of_refunds(refunds).await?;
        let lines = transfers.into_iter().chain(returns).chain(debits);
        let lines: BTreeMap<[u8; ID_BYTES], StoredLine> =
            lines.map(|stored| (stored.line.id.0, stored)).collect();
        Ok(lines.into_values().collect())
    }

    /// Erases the texts of lines. Their identities remain, so that the lines are not booked again.
    ///
    /// # Errors
    /// If the database cannot be written.
    pub async fn erase_texts(&self, lines: &[StatementLineId]) -> Result<(), StoreError> {
        let ids: Vec<Vec<u8>> = lines.iter().map(|line| line.0.to_vec()).collect();
        for ids in ids.chunks(MAX_IN_LIST) {
            let erasure = Entity::update_many()
                .set(ActiveModel { texts: Set(ERASED_TEXTS.to_owned()), ..Default::default() })
                .filter(Column::Id.is_in(padded(ids).cloned()));
            let erase = |connection: DatabaseConnection| async move {
                erasure.exec(&connection).await.map_err(statement_error).map(|_| ())
            };
            self.database.writer.write(erase).await?;
        }
        Ok(())
    }

    async fn debits_of_refunds(&self, refunds: &[RefundNumber]) -> Result<Vec<StoredLine>, StoreError> {
        let names_refund = |line: &BankLine| line.named_refunds().iter().any(|named| refunds.contains(named));
        let mut debits = Vec::new();
        if refunds.is_empty() {
            return Ok(debits);
        }
        for first in 0..=u8::MAX {
            let bound = |first: u8| {
                std::iter::once(first).chain(std::iter::repeat(0)).take(ID_BYTES).collect::<Vec<u8>>()
            };
            let is_debit = Condition::all()
                .add(Column::Direction.eq(Direction::Debit.as_str()))
                .add(Column::Id.gte(bound(first)))
                .add_option(first.checked_add(1).map(|next| Column::Id.lt(bound(next))));
            let found = self.lines_that(is_debit).await?.into_iter();
            debits.extend(found.filter(|stored| names_refund(&stored.line)));
        }
        Ok(debits)
    }

    async fn lines_that(&self, condition: Condition) -> Result<Vec<StoredLine>, StoreError> {
        let lines = Entity::find().filter(condition);
        let read = |connection: DatabaseConnection| {
            let lines = lines.clone();
            async move { lines.all(&connection).await.map_err(statement_error) }
        };
        let rows = self.database.reader.read(read).await?;
        rows.into_iter().map(StoredLine::try_from).collect()
    }
}
