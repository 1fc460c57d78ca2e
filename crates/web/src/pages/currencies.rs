//! The currencies that the form offers.

use hermes_domain::money::Currency;

/// The currencies that most payments are in; they stand on top.
const COMMON: [&str; 8] = ["USD", "EUR", "GBP", "CAD", "AUD", "CHF", "JPY", "CNY"];

/// Currencies under a heading.
pub(super) struct CurrencyGroup {
    pub label: &'static str,
    pub choices: Vec<Choice>,
}

/// One currency.
pub(super) struct Choice {
    pub code: &'static str,
    pub name: String,
    pub selected: bool,
}

/// Every currency, the common ones on top; what was chosen is selected, else the dollar.
pub(super) fn currency_groups(chosen: Option<&str>) -> Vec<CurrencyGroup> {
    let selected = chosen.and_then(|code| code.parse().ok()).unwrap_or(Currency::USD);
    let choice = |currency: Currency| Choice {
        code: currency.code(),
        name: currency.name().to_owned(),
        selected: currency == selected,
    };
    let common = COMMON.iter().filter_map(|code| code.parse().ok()).map(choice).collect();
    let mut others: Vec<_> =
        Currency::all().filter(|currency| !COMMON.contains(&currency.code())).map(choice).collect();
    others.sort_by_key(|choice| choice.code);
    vec![
        CurrencyGroup { label: "Common", choices: common },
        CurrencyGroup { label: "All others", choices: others },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_currency_is_offered_once_and_the_dollar_is_chosen() {
        let groups = currency_groups(None);
        let choices: Vec<_> = groups.iter().flat_map(|group| &group.choices).collect();
        assert_eq!(choices.len(), Currency::all().count());
        assert_eq!(choices[0].code, "USD");
        let selected: Vec<_> =
            choices.iter().filter(|choice| choice.selected).map(|choice| choice.code).collect();
        assert_eq!(selected, ["USD"]);
    }

    #[test]
    fn what_was_chosen_stays_chosen() {
        let groups = currency_groups(Some("kwd"));
        let selected: Vec<_> =
            groups.iter().flat_map(|group| &group.choices).filter(|choice| choice.selected).collect();
        assert_eq!(selected.len(), 1);
        assert_eq!(selected[0].code, "KWD");
    }
}
