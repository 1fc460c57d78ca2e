//! The currencies and countries that the form offers.

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

/// The English names of the countries (ISO 3166-1), in alphabetical order. The form suggests these names, and accepts any
/// other text.
#[rustfmt::skip]
pub(super) const COUNTRIES: &[&str] = &[
    "Afghanistan", "Albania", "Algeria", "Andorra", "Angola", "Antigua and Barbuda", "Argentina", "Armenia",
    "Australia", "Austria", "Azerbaijan", "Bahamas", "Bahrain", "Bangladesh", "Barbados", "Belarus",
    "Belgium", "Belize", "Benin", "Bhutan", "Bolivia", "Bosnia and Herzegovina", "Botswana", "Brazil",
    "Brunei", "Bulgaria", "Burkina Faso", "Burundi", "Cambodia", "Cameroon", "Canada", "Cape Verde",
    "Central African Republic", "Chad", "Chile", "China", "Colombia", "Comoros", "Congo (Brazzaville)",
    "Congo (Kinshasa)", "Costa Rica", "Côte d’Ivoire", "Croatia", "Cuba", "Cyprus", "Czechia", "Denmark",
    "Djibouti", "Dominica", "Dominican Republic", "Ecuador", "Egypt", "El Salvador", "Equatorial Guinea",
    "Eritrea", "Estonia", "Eswatini", "Ethiopia", "Fiji", "Finland", "France", "Gabon", "Gambia", "Georgia",
    "Germany", "Ghana", "Greece", "Grenada", "Guatemala", "Guinea", "Guinea-Bissau", "Guyana", "Haiti",
    "Honduras", "Hong Kong", "Hungary", "Iceland", "India", "Indonesia", "Iran", "Iraq", "Ireland",
    "Israel", "Italy", "Jamaica", "Japan", "Jordan", "Kazakhstan", "Kenya", "Kiribati", "Kosovo", "Kuwait",
    "Kyrgyzstan", "Laos", "Latvia", "Lebanon", "Lesotho", "Liberia", "Libya", "Liechtenstein", "Lithuania",
    "Luxembourg", "Macao", "Madagascar", "Malawi", "Malaysia", "Maldives", "Mali", "Malta",
    "Marshall Islands", "Mauritania", "Mauritius", "Mexico", "Micronesia", "Moldova", "Monaco", "Mongolia",
    "Montenegro", "Morocco", "Mozambique", "Myanmar", "Namibia", "Nauru", "Nepal", "Netherlands",
    "New Zealand", "Nicaragua", "Niger", "Nigeria", "North Korea", "North Macedonia", "Norway", "Oman",
    "Pakistan", "Palau", "Palestine", "Panama", "Papua New Guinea", "Paraguay", "Peru", "Philippines",
    "Poland", "Portugal", "Puerto Rico", "Qatar", "Romania", "Russia", "Rwanda", "Saint Kitts and Nevis",
    "Saint Lucia", "Saint Vincent and the Grenadines", "Samoa", "San Marino", "São Tomé and Príncipe",
    "Saudi Arabia", "Senegal", "Serbia", "Seychelles", "Sierra Leone", "Singapore", "Slovakia", "Slovenia",
    "Solomon Islands", "Somalia", "South Africa", "South Korea", "South Sudan", "Spain", "Sri Lanka",
    "Sudan", "Suriname", "Sweden", "Switzerland", "Syria", "Taiwan", "Tajikistan", "Tanzania", "Thailand",
    "Timor-Leste", "Togo", "Tonga", "Trinidad and Tobago", "Tunisia", "Turkey", "Turkmenistan", "Tuvalu",
    "Uganda", "Ukraine", "United Arab Emirates", "United Kingdom", "United States", "Uruguay", "Uzbekistan",
    "Vanuatu", "Vatican City", "Venezuela", "Vietnam", "Yemen", "Zambia", "Zimbabwe",
];

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
