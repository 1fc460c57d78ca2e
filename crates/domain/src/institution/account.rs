//! A bank account of the institution.

use std::fmt;
use std::str::FromStr;

use iban::{Iban, IbanLike};
use serde::Serialize;
use thiserror::Error;

use crate::money::{Currency, UnknownCurrency};

/// An account that receives payments in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The currency.
    pub currency: Currency,
    /// The account holder, as the bank knows it.
    pub holder: String,
    /// The number of the account.
    pub number: AccountNumber,
    /// The bank's identifier; `None` if the bank has none.
    pub bic: Option<Bic>,
    /// The name of the bank.
    pub bank: Option<String>,
    /// Whether the account is only an example, to which nobody may send money.
    pub is_example: bool,
}

/// How an account number is formed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Scheme {
    /// An International Bank Account Number (ISO 13616).
    Iban,
    /// A number in the format of the bank's country.
    Domestic,
}

/// The number of an account, with valid check digits if it is an IBAN.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(into = "String")]
pub struct AccountNumber {
    scheme: Scheme,
    /// Without spaces for an IBAN; as configured for a domestic number.
    text: String,
}

/// The texts of an account in the configuration. An empty text is missing.
#[derive(Debug, Clone, Copy, Default)]
pub struct AccountFields<'a> {
    /// The currency (ISO 4217), in any case.
    pub currency: &'a str,
    /// The account holder.
    pub holder: &'a str,
    /// The IBAN, with or without spaces.
    pub iban: &'a str,
    /// The number of an account without IBAN.
    pub number: &'a str,
    /// The BIC.
    pub bic: &'a str,
    /// The name of the bank.
    pub bank: &'a str,
    /// Whether the account is only an example.
    pub is_example: bool,
}

/// Why the texts are no account.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AccountError {
    /// The currency is unknown.
    #[error("currency {0:?} is not a current ISO 4217 code")]
    Currency(String),
    /// The holder is missing.
    #[error("holder is missing: banks compare it with the name that the payer enters")]
    NoHolder,
    /// There is neither an IBAN nor a number.
    #[error("iban and number are missing: set one of them")]
    NoNumber,
    /// There are an IBAN and a number.
    #[error("iban and number are both set: remove one of them")]
    TwoNumbers,
    /// The IBAN has a wrong length or wrong check digits.
    #[error("iban {0:?} is not valid: its length or its check digits are wrong")]
    Iban(String),
    /// The BIC is malformed.
    #[error("bic {0:?} is not valid: a BIC has 8 or 11 characters, such as MARKDEFF")]
    Bic(String),
}

/// A Business Identifier Code (ISO 9362): four characters for the party, two letters for the country, two characters for
/// the place, and optionally three for the branch.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Bic(String);

/// A text is not a BIC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not a BIC")]
pub struct InvalidBic;

impl Account {
    /// Creates an account from its texts.
    ///
    /// # Errors
    /// Returns the first text that is wrong.
    pub fn new(fields: &AccountFields<'_>) -> Result<Self, AccountError> {
        let unknown = |UnknownCurrency| AccountError::Currency(fields.currency.to_owned());
        let currency = fields.currency.trim().parse().map_err(unknown)?;
        let holder = present(fields.holder).ok_or(AccountError::NoHolder)?;
        let number = match (present(fields.iban), present(fields.number)) {
            (Some(iban), None) => AccountNumber::from_iban(&iban).ok_or(AccountError::Iban(iban))?,
            (None, Some(text)) => AccountNumber { scheme: Scheme::Domestic, text },
            (None, None) => return Err(AccountError::NoNumber),
            (Some(_), Some(_)) => return Err(AccountError::TwoNumbers),
        };
        let invalid_bic = |text: String| text.parse().map_err(|InvalidBic| AccountError::Bic(text));
        let bic = present(fields.bic).map(invalid_bic).transpose()?;
        Ok(Self { currency, holder, number, bic, bank: present(fields.bank), is_example: fields.is_example })
    }
}

fn present(text: &str) -> Option<String> {
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

impl AccountNumber {
    /// Parses an IBAN with or without spaces. Returns `None` if its length or its check digits are wrong.
    pub fn from_iban(text: &str) -> Option<Self> {
        let compact: String = text.chars().filter(|character| !character.is_whitespace()).collect();
        let iban: Iban = compact.to_ascii_uppercase().parse().ok()?;
        Some(Self { scheme: Scheme::Iban, text: iban.electronic_str().to_owned() })
    }

    /// Parses the number of an account on a bank statement: an IBAN if the text is one, else a domestic number.
    pub fn from_statement(text: &str) -> Self {
        Self::from_iban(text)
            .unwrap_or_else(|| Self { scheme: Scheme::Domestic, text: text.trim().to_owned() })
    }

    /// Returns whether the number is an IBAN.
    pub fn is_iban(&self) -> bool {
        self.scheme == Scheme::Iban
    }

    /// Returns the number as banks exchange it: an IBAN without spaces.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the number as people read it: an IBAN in groups of four.
    pub fn to_print(&self) -> String {
        match self.scheme {
            Scheme::Domestic => self.text.clone(),
            Scheme::Iban => {
                let mut printed = String::with_capacity(self.text.len() + self.text.len() / 4);
                for (index, character) in self.text.chars().enumerate() {
                    if index > 0 && index % 4 == 0 {
                        printed.push(' ');
                    }
                    printed.push(character);
                }
                printed
            }
        }
    }

    /// Returns whether two texts name the same account. Domestic numbers are compared by letters and digits, because
    /// banks and people separate them differently.
    pub fn is_same(&self, other: &Self) -> bool {
        let significant = |number: &Self| -> String {
            number.text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_uppercase()
        };
        significant(self) == significant(other)
    }
}

impl From<AccountNumber> for String {
    fn from(number: AccountNumber) -> Self {
        number.text
    }
}

impl FromStr for Bic {
    type Err = InvalidBic;

    fn from_str(text: &str) -> Result<Self, InvalidBic> {
        let text = text.trim().to_ascii_uppercase();
        let is_valid = matches!(text.len(), 8 | 11)
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && text.bytes().skip(4).take(2).all(|byte| byte.is_ascii_uppercase());
        if is_valid { Ok(Self(text)) } else { Err(InvalidBic) }
    }
}

impl fmt::Display for Bic {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Bic {
    /// Returns the BIC in upper case.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Returns an account in euro that lacks its number.
    pub(crate) fn eur() -> AccountFields<'static> {
        AccountFields { currency: "eur", holder: "Example University", bic: "cobadeff", ..Default::default() }
    }

    #[test]
    fn an_iban_is_verified_stored_compactly_and_printed_in_groups() {
        let fields = AccountFields { iban: " de89 3704 0044 0532 0130 00", ..eur() };
        let account = Account::new(&fields).unwrap();
        assert_eq!(account.number.as_str(), "DE89370400440532013000");
        assert_eq!(account.number.to_print(), "DE89 3704 0044 0532 0130 00");
        assert_eq!(account.bic.unwrap().as_str(), "COBADEFF");
        for wrong in ["DE88370400440532013000", "DE8937040044053201300", "XX89370400440532013000"] {
            let fields = AccountFields { iban: wrong, ..eur() };
            assert_eq!(Account::new(&fields), Err(AccountError::Iban(wrong.to_owned())));
        }
    }

    #[test]
    fn an_account_needs_a_currency_a_holder_and_exactly_one_number() {
        let error = |fields: AccountFields<'_>| Account::new(&fields).unwrap_err();
        let full = AccountFields { number: "12-345", ..eur() };
        assert_eq!(
            error(AccountFields { currency: "EURO", ..full }),
            AccountError::Currency("EURO".to_owned())
        );
        assert_eq!(error(AccountFields { holder: " ", ..full }), AccountError::NoHolder);
        assert_eq!(error(AccountFields { number: "", ..full }), AccountError::NoNumber);
        assert_eq!(error(AccountFields { iban: "DE89370400440532013000", ..full }), AccountError::TwoNumbers);
        assert_eq!(error(AccountFields { bic: "COBA", ..full }), AccountError::Bic("COBA".to_owned()));
    }

    #[test]
    fn a_bic_has_eight_or_eleven_characters_and_a_country() {
        for valid in ["MARKDEFF", "markdeff100", "BSCHESMMXXX", "1234ES2A"] {
            assert!(valid.parse::<Bic>().is_ok(), "{valid}");
        }
        for wrong in ["", "MARKDEF", "MARKDEFF1", "MARK1EFF", "MARKDEF-", "MARKDEFF1000"] {
            assert_eq!(wrong.parse::<Bic>(), Err(InvalidBic), "{wrong}");
        }
    }

    #[test]
    fn domestic_numbers_are_the_same_however_they_are_separated() {
        let number = AccountNumber::from_statement;
        assert!(number("12-345 678").is_same(&number("12345678")));
        assert!(number("DE89 3704 0044 0532 0130 00").is_same(&number("de89370400440532013000")));
        assert!(!number("12345678").is_same(&number("12345679")));
    }
}
