//! Converts a line of a file to the line that is stored.

use hermes_domain::mask_card_numbers;
use hermes_domain::receipt::StatementLineId;
use hermes_domain::statement::{BankLine, Direction, LineBatch, LineTexts};
use hermes_statements::{Batch, Counterparty, Remittance, StatementLine};

/// The longest bank's id and account number that are stored, in characters.
const MAX_ID_CHARS: usize = 64;
/// The longest name that is stored, in characters.
const MAX_NAME_CHARS: usize = 255;
/// The most text of a line that is stored and searched, in characters. An entry of a file can have megabytes, which no packet of
/// a database server holds for 64 lines, and which would take minutes to search.
const MAX_TEXT_CHARS: usize = 4_096;

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
    let mut left = MAX_TEXT_CHARS;
    let mut stored = |texts: Vec<String>| {
        let stored = texts.iter().map(|text| {
            let stored = masked(text, left);
            left -= stored.chars().count();
            stored
        });
        stored.filter(|text| !text.is_empty()).collect::<Vec<String>>()
    };
    LineTexts {
        creditor_references: stored(remittance.creditor_references),
        texts: stored(remittance.texts),
        end_to_end_id: stored(remittance.end_to_end_id.into_iter().collect()).pop(),
        additional: stored(remittance.additional),
        name: counterparty.name.map(|name| masked(&name, MAX_NAME_CHARS)),
        account: counterparty.account.map(|account| masked(&account, MAX_ID_CHARS)),
    }
}

/// Masks card numbers in the beginning of a text. A number that begins before the end of the beginning is masked as well.
fn masked(text: &str, max_chars: usize) -> String {
    let searched: String = text.chars().take(max_chars.saturating_add(MAX_ID_CHARS)).collect();
    mask_card_numbers(&searched).chars().take(max_chars).collect()
}

fn shortened(text: &str) -> String {
    text.chars().take(MAX_ID_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_long_texts_is_stored() {
        let long = format!("REF001 {}", "x".repeat(1_000_000));
        let remittance = Remittance {
            creditor_references: vec!["RF59REF001".to_owned()],
            texts: vec![long, "y".repeat(1_000_000)],
            end_to_end_id: Some("z".repeat(1_000_000)),
            additional: vec!["a".to_owned(); 1_000],
        };
        let counterparty =
            Counterparty { name: Some("n".repeat(1_000_000)), account: Some("1".repeat(1_000)) };
        let stored = texts(remittance, counterparty);
        assert_eq!(stored.creditor_references, ["RF59REF001"]);
        assert_eq!(stored.texts.len(), 1);
        assert!(stored.texts[0].starts_with("REF001 x"));
        assert_eq!(stored.texts[0].chars().count() + "RF59REF001".len(), MAX_TEXT_CHARS);
        assert_eq!((stored.end_to_end_id, stored.additional), (None, Vec::new()));
        assert_eq!(stored.name.map(|name| name.len()), Some(MAX_NAME_CHARS));
        assert_eq!(stored.account.map(|account| account.len()), Some(MAX_ID_CHARS));
    }

    #[test]
    fn a_card_number_across_the_end_is_masked() {
        let stored = masked("paid with 4111 1111 1111 1111", 18);
        assert!(stored.starts_with("paid with ") && !stored.contains("4111"), "{stored}");
    }
}
