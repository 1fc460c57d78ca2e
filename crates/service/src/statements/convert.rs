//! Converts a line of a file to the line that is stored.

use hermes_domain::mask_card_numbers;
use hermes_domain::receipt::StatementLineId;
use hermes_domain::statement::{BankLine, Direction, LineBatch, LineTexts};
use hermes_statements::{Batch, Counterparty, Remittance, StatementLine};

/// The longest bank's id and account number that are stored, in characters.
const MAX_ID_CHARS: usize = 64;

/// Converts a line. Card numbers in its texts are masked, because they are never stored.
pub(super) fn bank_line(account: &str, line: StatementLine) -> BankLine {
    let batch = match line.batch {
        Batch::Single => LineBatch::Single,
        Batch::Whole { batch_id, .. } => LineBatch::Whole(batch_id.as_deref().map(shortened)),
        Batch::Part { batch_id, .. } => LineBatch::Part(batch_id.as_deref().map(shortened)),
    };
    BankLine {
        id: StatementLineId(*line.identity.as_bytes()),
        number: i64::try_from(line.number).unwrap_or(i64::MAX),
        account: shortened(account),
        direction: match line.direction {
            hermes_statements::Direction::Credit => Direction::Credit,
            hermes_statements::Direction::Debit => Direction::Debit,
        },
        amount: line.amount,
        is_reversal: line.is_reversal,
        booking_date: line.booking_date,
        value_date: line.value_date,
        bank_id: line.bank_id.as_deref().map(shortened),
        batch,
        texts: texts(line.remittance, line.counterparty),
    }
}

fn texts(remittance: Remittance, counterparty: Counterparty) -> LineTexts {
    let masked =
        |texts: Vec<String>| texts.iter().map(|text| mask_card_numbers(text)).collect::<Vec<String>>();
    let mask = |text: Option<String>| text.map(|text| mask_card_numbers(&text));
    LineTexts {
        creditor_references: masked(remittance.creditor_references),
        texts: masked(remittance.texts),
        end_to_end_id: mask(remittance.end_to_end_id),
        additional: masked(remittance.additional),
        name: mask(counterparty.name),
        account: counterparty.account,
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_ID_CHARS).collect()
}
