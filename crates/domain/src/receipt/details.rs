//! The texts of a receipt, all of which are personal data.

use serde::{Deserialize, Serialize};

use crate::text::{mask_card_numbers, normalize_text};

/// The longest id of a transfer at the bank, in characters.
pub const BANK_ID_MAX_CHARS: usize = 64;
/// The longest text of a payer, in characters: the name and the remittance text.
pub const PAYER_TEXT_MAX_CHARS: usize = 500;
/// The longest account of a payer or a payee, in characters.
pub const PAYER_ACCOUNT_MAX_CHARS: usize = 64;
/// The longest note of a receipt, in characters.
pub const NOTE_MAX_CHARS: usize = 500;

/// The texts of a receipt.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct ReceiptDetails {
    /// The id of the transfer at the bank.
    pub bank_id: Option<String>,
    /// The payer's name and the text of the transfer.
    pub payer_text: Option<String>,
    /// The payer's account, such as an IBAN.
    pub payer_account: Option<String>,
    /// A note of the staff.
    pub note: Option<String>,
}

impl ReceiptDetails {
    /// Creates the details of a statement line. A bank's text cannot be rejected, so it is shortened where it is too long,
    /// its control characters become spaces, and its card numbers are masked.
    pub fn from_statement(bank_id: &str, payer_text: &str, payer_account: &str) -> Self {
        Self {
            bank_id: bank_text(bank_id, BANK_ID_MAX_CHARS),
            payer_text: bank_text(payer_text, PAYER_TEXT_MAX_CHARS),
            payer_account: bank_text(payer_account, PAYER_ACCOUNT_MAX_CHARS),
            note: None,
        }
    }

    /// Returns the size of the texts in bytes.
    pub fn text_bytes(&self) -> usize {
        let texts = [&self.bank_id, &self.payer_text, &self.payer_account, &self.note];
        texts.into_iter().flatten().map(String::len).sum()
    }
}

fn bank_text(text: &str, max_chars: usize) -> Option<String> {
    let printable: String = text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect();
    let masked = mask_card_numbers(normalize_text(printable.trim()).as_ref()).to_string();
    let short: String = masked.chars().take(max_chars).collect();
    let short = short.trim();
    (!short.is_empty()).then(|| short.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_of_a_bank_are_shortened_and_masked() {
        let long = "x".repeat(PAYER_TEXT_MAX_CHARS + 1);
        let details = ReceiptDetails::from_statement(" ", &long, "DE89\n3704");
        assert_eq!(details.bank_id, None);
        assert_eq!(details.payer_text.unwrap().chars().count(), PAYER_TEXT_MAX_CHARS);
        assert_eq!(details.payer_account.as_deref(), Some("DE89 3704"));
        let card = ReceiptDetails::from_statement("1", "card 4111 1111 1111 1111", "").payer_text.unwrap();
        assert!(!card.contains("4111 1111 1111 1111"), "{card}");
    }
}
