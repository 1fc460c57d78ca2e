//! Builds the domain rules from the settings.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use chrono::TimeDelta;
use hermes_domain::institution::Institution;
use hermes_domain::ledger::Rules;
use hermes_domain::money::{BasisPoints, Currency, FeeSchedule, TierBound, TierSpec};
use hermes_domain::payment::{DuplicateRule, Thresholds};

use super::Settings;
use super::settings::Tier;

/// Builds the rules.
///
/// # Errors
/// If a tier, threshold or field is invalid; the message names it.
pub(super) fn build_rules(settings: &Settings, institution: Arc<Institution>) -> Result<Rules> {
    let fees = &settings.fees;
    let checks = &settings.checks;
    let default = tiers(&fees.tiers)?;
    let fees_by_currency = by_currency("fees.by_currency", &fees.by_currency, |specs| tiers(specs))?;
    let fields = checks.duplicate_fields.iter().map(|field| field.parse()).collect::<Result<_, _>>();
    let within_days = Some(checks.duplicate_within_days).filter(|days| *days > 0);
    Ok(Rules {
        fees: FeeSchedule::new(&default, &fees_by_currency)?,
        fee_bearer: fees.bearer,
        thresholds: thresholds(
            "checks.amount_threshold",
            &checks.amount_threshold,
            &checks.amount_threshold_by_currency,
        )?,
        duplicates: DuplicateRule::new(fields.context("checks.duplicate_fields")?, within_days)
            .context("checks.duplicate_fields")?,
        institution,
        settled_link_lifetime: TimeDelta::days(settings.payer.link_days.into()),
        second_person_above: thresholds(
            "refunds.second_person_above",
            &settings.refunds.second_person_above,
            &settings.refunds.second_person_above_by_currency,
        )?,
        write_off_max: thresholds(
            "receipts.write_off_max",
            &settings.receipts.write_off_max,
            &settings.receipts.write_off_max_by_currency,
        )?,
    })
}

/// Builds the limits of all currencies from a default and exceptions.
fn thresholds(name: &str, default: &str, exceptions: &HashMap<String, String>) -> Result<Thresholds> {
    let exceptions = by_currency(&format!("{name}_by_currency"), exceptions, |text| Ok(text.clone()))?;
    Thresholds::new(default, &exceptions).with_context(|| name.to_owned())
}

fn tiers(specs: &[Tier]) -> Result<Vec<TierSpec>> {
    specs.iter().map(tier).collect()
}

fn tier(spec: &Tier) -> Result<TierSpec> {
    let bound = match (&spec.below, &spec.up_to) {
        (Some(below), None) => TierBound::Below(below.clone()),
        (None, Some(up_to)) => TierBound::UpTo(up_to.clone()),
        (None, None) => TierBound::Unbounded,
        (Some(_), Some(_)) => bail!("fee tier {:?} has both below and up_to; remove one", spec.name),
    };
    let rate = BasisPoints::new(spec.rate_bps);
    let rate = rate.with_context(|| format!("fee tier {:?}: rate_bps must be at most 10000", spec.name))?;
    Ok(TierSpec { name: spec.name.clone(), bound, rate })
}

fn by_currency<T, U>(
    table: &str,
    values: &HashMap<String, T>,
    convert: impl Fn(&T) -> Result<U>,
) -> Result<HashMap<Currency, U>> {
    let entry = |(code, value): (&String, &T)| {
        let currency: Currency = code.parse().with_context(|| format!("{table}.{code}"))?;
        Ok((currency, convert(value)?))
    };
    values.iter().map(entry).collect()
}
