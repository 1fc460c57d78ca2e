//! The payload of the QR code with which a bank app fills in a transfer in euro (EPC069-12, version 3.1, "Quick Response
//! Code: Guidelines to enable data capture for the initiation of a SEPA credit transfer").

use crate::institution::Account;
use crate::money::Money;

/// The longest name of the payee, in characters.
const NAME_MAX_CHARS: usize = 70;
/// The largest amount: 999,999,999.99 euro.
const AMOUNT_MAX_MINOR: i64 = 99_999_999_999;
/// The longest payload, in bytes.
const PAYLOAD_MAX_BYTES: usize = 331;

/// Returns the payload for a transfer with a creditor reference (ISO 11649).
///
/// Returns `None` unless the amount is in euro, positive and at most 999,999,999.99, and the account has an IBAN and a
/// holder of at most 70 characters. An example account has no code: nobody may send money to it.
pub fn payment_code(account: &Account, amount: Money, creditor_reference: &str) -> Option<String> {
    let holder = account.holder.as_str();
    let is_payable = !account.is_example
        && amount.currency() == account.currency
        && amount.currency().code() == "EUR"
        && (1..=AMOUNT_MAX_MINOR).contains(&amount.minor())
        && account.number.is_iban()
        && holder.chars().count() <= NAME_MAX_CHARS;
    if !is_payable {
        return None;
    }
    let bic = account.bic.as_ref().map_or("", |bic| bic.as_str());
    let iban = account.number.as_str();
    // The service tag, the version (the BIC is optional), the character set (UTF-8), and the kind of transfer. Before the
    // reference, the purpose of the transfer is empty.
    let payload =
        ["BCD", "002", "1", "SCT", bic, holder, iban, &format!("EUR{amount}"), "", creditor_reference]
            .join("\n");
    (payload.len() <= PAYLOAD_MAX_BYTES).then_some(payload)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::institution::AccountFields;

    fn account(holder: &str, bic: &str) -> Account {
        let fields = AccountFields {
            currency: "EUR",
            holder,
            iban: "DE89 3704 0044 0532 0130 00",
            bic,
            ..AccountFields::default()
        };
        Account::new(&fields).unwrap()
    }

    #[test]
    fn an_example_account_has_no_code() {
        let own = account("Example University", "");
        assert!(payment_code(&own, euro("1"), "RF59REF001").is_some());
        let example = Account { is_example: true, ..own };
        assert_eq!(payment_code(&example, euro("1"), "RF59REF001"), None);
    }

    fn euro(text: &str) -> Money {
        Money::parse(text, "EUR".parse().unwrap()).unwrap()
    }

    #[test]
    fn the_payload_has_the_lines_of_the_guideline() {
        let payload =
            payment_code(&account("Universität Beispiel", "COBADEFF"), euro("12750.51"), "RF80REF011");
        let expected = "BCD\n002\n1\nSCT\nCOBADEFF\nUniversität Beispiel\nDE89370400440532013000\nEUR12750.51\n\nRF80REF011";
        assert_eq!(payload.unwrap(), expected);
        let without_bic = payment_code(&account("X", ""), euro("0.01"), "RF18A").unwrap();
        assert_eq!(without_bic.lines().nth(4), Some(""));
    }

    #[test]
    fn other_amounts_and_accounts_have_no_code() {
        let account = account("X", "");
        let usd = Money::parse("1", crate::money::Currency::USD).unwrap();
        for amount in [usd, euro("0"), euro("1000000000.00")] {
            assert_eq!(payment_code(&account, amount, "RF18A"), None, "{amount}");
        }
        assert!(payment_code(&account, euro("999999999.99"), "RF18A").is_some());
        let long = Account { holder: "é".repeat(71), ..account.clone() };
        assert_eq!(payment_code(&long, euro("1"), "RF18A"), None);
        let fields = AccountFields { currency: "EUR", holder: "X", number: "12", ..AccountFields::default() };
        assert_eq!(payment_code(&Account::new(&fields).unwrap(), euro("1"), "RF18A"), None);
    }
}
