//! Amounts, rates, dates and times as a language writes them.

use chrono::{DateTime, Datelike, NaiveDate, Utc};
use chrono_tz::Tz;
use hermes_domain::money::{BasisPoints, Money};

use crate::Language;

/// A space that does not break a line.
const NO_BREAK_SPACE: char = '\u{a0}';

impl Language {
    /// Formats the number of an amount with grouped digits and all decimals: `35,700.00`.
    pub fn number(self, amount: Money) -> String {
        self.grouped(&amount.to_string())
    }

    /// Formats an amount and its currency as one unit that does not break: `35,700.00 USD`.
    pub fn money(self, amount: Money) -> String {
        format!("{}{NO_BREAK_SPACE}{}", self.number(amount), amount.currency().code())
    }

    /// Formats a rate: `2 %`.
    pub fn rate(self, rate: BasisPoints) -> String {
        let decimal = rate.to_string();
        let short = decimal.trim_end_matches('0').trim_end_matches('.');
        self.texts().percent(self.grouped(short)).to_string()
    }

    /// Formats a day: `13 Dec 2026`.
    pub fn date(self, date: NaiveDate) -> String {
        let texts = self.texts();
        let month = texts.month_name(i64::from(date.month())).to_string();
        texts.date(date.day().to_string(), month, date.year().to_string()).to_string()
    }

    /// Formats an instant in a time zone, to the minute: `29 Nov 2026, 18:46`.
    pub fn date_time(self, instant: DateTime<Utc>, time_zone: Tz) -> String {
        let local = instant.with_timezone(&time_zone);
        let date = self.date(local.date_naive());
        self.texts().date_time(date, local.format("%H:%M").to_string()).to_string()
    }

    /// Groups the digits of a decimal number with a point, and writes the mark of the language.
    pub(crate) fn grouped(self, decimal: &str) -> String {
        let texts = self.texts();
        let group = texts.number_group();
        let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
        let mut text = String::with_capacity(decimal.len() + decimal.len() / 3);
        for (index, digit) in whole.chars().enumerate() {
            if index > 0 && (whole.len() - index).is_multiple_of(3) {
                text.push_str(&group);
            }
            text.push(digit);
        }
        if !fraction.is_empty() {
            text.push_str(&texts.number_decimal());
            text.push_str(fraction);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use hermes_domain::money::Currency;

    use super::*;

    fn language(code: &str) -> Language {
        Language::find(code).unwrap()
    }

    #[test]
    fn amounts_have_the_marks_of_the_language() {
        let amount = |text, currency: &str| {
            let amount = Money::parse(text, currency.parse().unwrap()).unwrap();
            [language("en").money(amount), language("es").money(amount)]
        };
        assert_eq!(amount("35700", "USD"), ["35,700.00\u{a0}USD", "35.700,00\u{a0}USD"]);
        assert_eq!(amount("1850000", "JPY"), ["1,850,000\u{a0}JPY", "1.850.000\u{a0}JPY"]);
        assert_eq!(amount("0.5", "KWD"), ["0.500\u{a0}KWD", "0,500\u{a0}KWD"]);
        assert_eq!(Language::default().number(Money::from_minor(99_999, Currency::USD)), "999.99");
    }

    #[test]
    fn rates_have_no_trailing_zeros() {
        let rate = |points, code| language(code).rate(BasisPoints::new(points).unwrap());
        assert_eq!(
            [rate(200, "en"), rate(250, "en"), rate(25, "en")],
            ["2\u{a0}%", "2.5\u{a0}%", "0.25\u{a0}%"]
        );
        assert_eq!([rate(250, "es"), rate(10_000, "es")], ["2,5\u{a0}%", "100\u{a0}%"]);
    }

    #[test]
    fn dates_and_times_follow_the_language_and_the_time_zone() {
        let instant = "2026-08-29T23:46:59Z".parse().unwrap();
        assert_eq!(language("en").date_time(instant, Tz::UTC), "29 Aug 2026, 23:46");
        assert_eq!(language("es").date_time(instant, Tz::Europe__Madrid), "30 ago 2026, 01:46");
    }
}
