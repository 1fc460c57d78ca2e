//! Limits of receipts and refunds. `config/rules.rs` turns them into the rules of the ledger.

use std::collections::HashMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub struct Receipts {
    pub write_off_max: String,
    #[serde(default)]
    pub write_off_max_by_currency: HashMap<String, String>,
}

#[derive(Debug, Deserialize)]
pub struct Refunds {
    pub second_person_above: String,
    #[serde(default)]
    pub second_person_above_by_currency: HashMap<String, String>,
}
