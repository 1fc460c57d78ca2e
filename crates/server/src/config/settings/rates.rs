//! Fee rates, and the limits of the validation checks. `config/rules.rs` turns them into the rules of the ledger.

use std::collections::HashMap;

use hermes_domain::money::FeeBearer;
use serde::Deserialize;

use super::list_or_commas;

#[derive(Debug, Deserialize)]
pub struct Fees {
    #[serde(with = "FeeBearerSetting")]
    pub bearer: FeeBearer,
    pub tiers: Vec<Tier>,
    #[serde(default)]
    pub by_currency: HashMap<String, Vec<Tier>>,
}

/// The setting of [`FeeBearer`]: `payer` or `institution`.
#[derive(Deserialize)]
#[serde(remote = "FeeBearer", rename_all = "lowercase")]
enum FeeBearerSetting {
    Payer,
    Institution,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tier {
    pub name: String,
    pub below: Option<String>,
    pub up_to: Option<String>,
    pub rate_bps: u16,
}

#[derive(Debug, Deserialize)]
pub struct Checks {
    pub amount_threshold: String,
    #[serde(default)]
    pub amount_threshold_by_currency: HashMap<String, String>,
    #[serde(deserialize_with = "list_or_commas")]
    pub duplicate_fields: Vec<String>,
    pub duplicate_within_days: u32,
}
