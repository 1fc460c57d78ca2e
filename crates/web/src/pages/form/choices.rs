//! The currencies that the form offers.

use hermes_domain::money::Currency;

/// The currencies of most payments, which the form lists first.
const COMMON: [&str; 8] = ["USD", "EUR", "GBP", "CAD", "AUD", "CHF", "JPY", "CNY"];

/// Currencies with a common heading.
pub(super) struct CurrencyGroup {
    pub label: &'static str,
    pub options: Vec<CurrencyOption>,
}

/// One currency.
pub(super) struct CurrencyOption {
    pub code: &'static str,
    pub name: String,
    pub is_selected: bool,
}

/// Returns every currency, the common ones first. Selects the payer's choice, or the dollar.
pub(super) fn currency_groups(chosen: Option<&str>) -> Vec<CurrencyGroup> {
    let selected = chosen.and_then(|code| code.parse().ok()).unwrap_or(Currency::USD);
    let option = |currency: Currency| CurrencyOption {
        code: currency.code(),
        name: currency.name().to_owned(),
        is_selected: currency == selected,
    };
    let common = COMMON.iter().filter_map(|code| code.parse().ok()).map(option).collect();
    let mut others: Vec<_> =
        Currency::all().filter(|currency| !COMMON.contains(&currency.code())).map(option).collect();
    others.sort_by_key(|option| option.code);
    vec![
        CurrencyGroup { label: "Common currencies", options: common },
        CurrencyGroup { label: "Other currencies", options: others },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selected(chosen: Option<&str>) -> Vec<&'static str> {
        let options = currency_groups(chosen).into_iter().flat_map(|group| group.options);
        options.filter(|option| option.is_selected).map(|option| option.code).collect()
    }

    #[test]
    fn every_currency_is_offered_once() {
        let groups = currency_groups(None);
        let mut codes: Vec<_> =
            groups.iter().flat_map(|group| &group.options).map(|option| option.code).collect();
        assert_eq!(codes[0], "USD");
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Currency::all().count());
        assert_eq!(groups.iter().map(|group| group.options.len()).sum::<usize>(), codes.len());
    }

    #[test]
    fn the_payers_choice_is_selected_or_else_the_dollar() {
        assert_eq!(selected(Some("kwd")), ["KWD"]);
        assert_eq!(selected(None), ["USD"]);
        assert_eq!(selected(Some("XXXX")), ["USD"]);
    }
}
