//! The institution, as `config/institution.toml` describes it. `config/institution.rs` turns it into the domain type.

use std::path::PathBuf;

use serde::Deserialize;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Institution {
    pub name: String,
    pub logo_file: PathBuf,
    pub accent: String,
    pub contact: Contact,
    pub time_zone: String,
    pub language: String,
    pub schools: Vec<String>,
    pub student_id: StudentId,
    #[serde(default = "default_payment_term_days")]
    pub payment_term_days: u16,
    pub privacy_url: String,
    pub accounts: Vec<Account>,
}

/// The days until a payment is due if the file does not say.
const fn default_payment_term_days() -> u16 {
    14
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Contact {
    pub email: String,
    pub phone: String,
    pub hours: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct StudentId {
    pub label: String,
    pub pattern: String,
    pub example: String,
    pub required: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Account {
    pub currency: String,
    pub holder: String,
    pub iban: String,
    pub number: String,
    pub bic: String,
    pub bank: String,
    pub example: bool,
}
