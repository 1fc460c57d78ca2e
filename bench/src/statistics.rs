//! Medians, quantiles, and how figures are written.

use std::time::Duration;

/// The median; zero of nothing.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = sorted.get(middle).copied().unwrap_or_default();
    match sorted.len() % 2 {
        0 => f64::midpoint(sorted.get(middle.saturating_sub(1)).copied().unwrap_or_default(), upper),
        _ => upper,
    }
}

/// Times that were measured.
#[derive(Debug, Clone, Default)]
pub struct Latencies {
    sorted: Vec<Duration>,
}

impl Latencies {
    /// The time that `per_mille` of a thousand do not exceed; zero of nothing.
    pub fn quantile(&self, per_mille: usize) -> Duration {
        let place = (self.sorted.len() * per_mille).div_ceil(1000).saturating_sub(1);
        self.sorted.get(place).copied().unwrap_or_default()
    }

    /// The median.
    pub fn p50(&self) -> Duration {
        self.quantile(500)
    }

    /// What one in a hundred exceeds.
    pub fn p99(&self) -> Duration {
        self.quantile(990)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.sorted.len()
    }
}

impl FromIterator<Duration> for Latencies {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        let mut sorted: Vec<_> = times.into_iter().collect();
        sorted.sort_unstable();
        Self { sorted }
    }
}

/// A count as a number to divide by.
pub fn real(count: usize) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// A time in milliseconds.
pub fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A time as people read it.
pub fn time(time: Duration) -> String {
    let millis = millis(time);
    if millis < 10.0 { format!("{millis:.2} ms") } else { format!("{millis:.0} ms") }
}

/// A number with three significant digits or all of its whole ones.
pub fn number(value: f64) -> String {
    if value >= 100.0 {
        group_thousands(&format!("{value:.0}"))
    } else if value >= 10.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.2}")
    }
}

/// A number of things.
pub fn count(things: usize) -> String {
    group_thousands(&things.to_string())
}

/// Numbers in the order in which they were measured.
pub fn series(values: &[f64]) -> String {
    values.iter().map(|value| number(*value)).collect::<Vec<_>>().join(", ")
}

fn group_thousands(digits: &str) -> String {
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Latencies, median, number};

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert!((median(&[4.0, 1.0, 3.0, 2.0]) - 2.5).abs() < f64::EPSILON);
        assert!((median(&[3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!(median(&[]).abs() < f64::EPSILON);
    }

    #[test]
    fn one_in_a_hundred_exceeds_the_p99() {
        let times: Latencies = (1..=200).rev().map(Duration::from_millis).collect();
        assert_eq!(times.p99(), Duration::from_millis(198));
        assert_eq!(times.p50(), Duration::from_millis(100));
        assert_eq!(Latencies::default().p99(), Duration::ZERO);
    }

    #[test]
    fn numbers_have_as_many_digits_as_they_are_worth() {
        assert_eq!([0.914, 12.34, 1_234_567.8].map(number), ["0.91", "12.3", "1,234,568"]);
    }
}
