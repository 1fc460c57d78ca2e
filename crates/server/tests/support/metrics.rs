//! A strict parser of the Prometheus text format.

use std::collections::BTreeMap;

type Labels = BTreeMap<String, String>;

/// The samples of one scrape.
pub struct Metrics(Vec<(String, Labels, f64)>);

impl Metrics {
    /// Panics if a line is malformed.
    #[track_caller]
    pub fn parse(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line is incomplete");
        let (comments, samples): (Vec<_>, Vec<_>) =
            text.lines().filter(|line| !line.is_empty()).partition(|line| line.starts_with('#'));
        comments.into_iter().for_each(check_comment);
        Self(samples.into_iter().map(parse_sample).collect())
    }

    /// Returns the value of the only sample with this name and these labels.
    #[track_caller]
    pub fn value(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let has_labels = |own: &Labels| {
            labels.iter().all(|(key, value)| own.get(*key).is_some_and(|found| found == value))
        };
        let found: Vec<_> =
            self.0.iter().filter(|(own, own_labels, _)| own == name && has_labels(own_labels)).collect();
        assert_eq!(found.len(), 1, "{name} {labels:?}: {found:?}");
        found[0].2
    }

    /// Returns the number of connections of a pool in a state.
    #[track_caller]
    pub fn pool(&self, pool: &str, state: &str) -> f64 {
        self.value("hermes_pool_connections", &[("pool", pool), ("state", state)])
    }
}

#[track_caller]
fn check_comment(line: &str) {
    let parts: Vec<_> = line.split(' ').collect();
    assert!(parts[0] == "#" && is_name(parts[2]), "{line}");
    match parts[1] {
        "HELP" => {}
        "TYPE" => assert!(["counter", "gauge", "histogram", "summary"].contains(&parts[3]), "{line}"),
        _ => panic!("{line}"),
    }
}

#[track_caller]
fn parse_sample(line: &str) -> (String, Labels, f64) {
    let (series, value) = line.rsplit_once(' ').unwrap();
    let value = value.parse().unwrap_or_else(|_| panic!("not a number: {line}"));
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
