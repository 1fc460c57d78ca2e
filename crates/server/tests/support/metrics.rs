//! Prometheus text, read strictly: a line that is not of the format fails the test.

use std::collections::BTreeMap;

type Labels = BTreeMap<String, String>;

/// The samples of one scrape.
pub struct Metrics(Vec<(String, Labels, f64)>);

impl Metrics {
    #[track_caller]
    pub fn parse(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line has an end");
        let samples = text.lines().filter(|line| !line.is_empty());
        Self(
            samples
                .filter_map(|line| if line.starts_with('#') { comment(line) } else { Some(sample(line)) })
                .collect(),
        )
    }

    /// The value of the only sample with the name and these labels.
    #[track_caller]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has = |own: &Labels| {
            labels.iter().all(|(key, value)| own.get(*key).is_some_and(|found| found == value))
        };
        let found: Vec<_> =
            self.0.iter().filter(|(own, own_labels, _)| own == name && has(own_labels)).collect();
        assert_eq!(found.len(), 1, "{name} {labels:?}: {found:?}");
        found[0].2
    }
}

#[track_caller]
fn comment<T>(line: &str) -> Option<T> {
    let mut words = line.split(' ');
    assert_eq!(words.next(), Some("#"));
    let kind = words.next().unwrap();
    assert!(["HELP", "TYPE"].contains(&kind), "{line}");
    assert!(is_name(words.next().unwrap()), "{line}");
    if kind == "TYPE" {
        assert!(["counter", "gauge", "histogram", "summary"].contains(&words.next().unwrap()), "{line}");
    }
    None
}

#[track_caller]
fn sample(line: &str) -> (String, Labels, f64) {
    let (series, value) = line.rsplit_once(' ').unwrap();
    let value = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
    let (name, labels) = match series.split_once('{') {
        Some((name, labels)) => (name, parse_labels(labels.strip_suffix('}').unwrap())),
        None => (series, Labels::new()),
    };
    assert!(is_name(name), "{line}");
    (name.to_owned(), labels, value)
}

fn parse_labels(text: &str) -> Labels {
    let pair = |pair: &str| {
        let (name, value) = pair.split_once("=\"").unwrap();
        assert!(is_name(name), "{pair}");
        (name.to_owned(), value.to_owned())
    };
    text.trim_end_matches(',').trim_end_matches('"').split("\",").map(pair).collect()
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_:".contains(&byte))
}
