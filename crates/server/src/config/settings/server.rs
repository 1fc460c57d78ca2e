//! Where the portal and the dashboard listen, and which requests they accept.

use std::net::IpAddr;

use actix_web::http::Uri;
use anyhow::{Result, ensure};
use hermes_web::gate::{ForwardedHeader, GateSettings};
use ipnet::IpNet;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::{list_or_commas, size, within};
use crate::listener::CONNECTIONS_MAX;

/// The most hosts, proxies and origins: every request is compared with them.
const MAX_GATE_ENTRIES: usize = 100;

#[derive(Debug, Deserialize)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub dashboard_port: u16,
    pub public_url: String,
    pub dashboard_url: String,
    #[serde(deserialize_with = "list_or_commas")]
    pub hosts: Vec<String>,
    #[serde(deserialize_with = "networks")]
    pub trusted_proxies: Vec<IpNet>,
    pub forwarded_header: ForwardedHeader,
    #[serde(deserialize_with = "list_or_commas")]
    pub trusted_origins: Vec<String>,
    pub connections_per_address: usize,
    pub workers: usize,
    pub drain_s: u64,
    pub drain_pause_s: u64,
    pub min_free_bytes: u64,
}

impl Server {
    /// Returns the URL of the portal without a trailing slash, or `None` if it is not set.
    pub fn public_url(&self) -> Option<String> {
        Some(self.public_url.trim_end_matches('/').to_owned()).filter(|url| !url.is_empty())
    }

    /// Returns what the request gate accepts.
    pub fn gate(&self) -> GateSettings {
        let uri = |url: &String| url.parse::<Uri>().ok();
        let host = |url: &String| uri(url)?.host().map(str::to_owned);
        let own = [&self.public_url, &self.dashboard_url].into_iter().filter_map(host);
        GateSettings {
            hosts: self.hosts.iter().cloned().chain(own).collect(),
            trusted_origins: self.trusted_origins.clone(),
            trusted_proxies: self.trusted_proxies.clone(),
            forwarded_header: self.forwarded_header,
            uses_tls: uri(&self.public_url).is_some_and(|uri| uri.scheme_str() == Some("https")),
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        within("server.drain_s", self.drain_s, 0, 600)?;
        within("server.drain_pause_s", self.drain_pause_s, 0, self.drain_s)?;
        within(
            "server.connections_per_address",
            size(self.connections_per_address),
            0,
            size(CONNECTIONS_MAX),
        )?;
        for (name, url) in [("public_url", &self.public_url), ("dashboard_url", &self.dashboard_url)] {
            ensure!(
                url.is_empty() || is_http_url(url),
                "server.{name} is {url:?}; it must be an http or https URL, such as https://pay.example.org"
            );
        }
        ensure!(
            self.port != self.dashboard_port || self.port == 0,
            "server.port and server.dashboard_port are both {}; they must differ",
            self.port
        );
        self.check_gate()
    }

    /// Checks the names, networks and origins of the request gate.
    fn check_gate(&self) -> Result<()> {
        for (name, length) in [
            ("server.hosts", self.hosts.len()),
            ("server.trusted_proxies", self.trusted_proxies.len()),
            ("server.trusted_origins", self.trusted_origins.len()),
        ] {
            ensure!(
                length <= MAX_GATE_ENTRIES,
                "{name} has {length} entries; the most is {MAX_GATE_ENTRIES}"
            );
        }
        for host in &self.hosts {
            ensure!(
                is_host_name(host),
                "server.hosts has {host:?}; each entry must be a name such as pay.example.org, without port"
            );
        }
        for origin in &self.trusted_origins {
            ensure!(
                is_origin(origin),
                "server.trusted_origins has {origin:?}; each entry must be an origin such as https://pay.example.org, \
                 without a path"
            );
        }
        Ok(())
    }
}

/// Deserializes networks; an address alone is a network of one address.
fn networks<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<IpNet>, D::Error> {
    let parse = |text: String| {
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map_err(|_| D::Error::custom(format!("{text:?} is not a network such as 10.0.0.0/8")))
    };
    list_or_commas(deserializer)?.into_iter().map(parse).collect()
}

/// Returns whether a text is a host name without port.
fn is_host_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte))
}

/// Returns whether a text is an origin as in the `Origin` header.
fn is_origin(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| !rest.contains('/'))
        && is_http_url(text)
        && !text.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// Returns whether a text is an absolute HTTP(S) URL without query, fragment and credentials.
pub(in crate::config) fn is_http_url(text: &str) -> bool {
    let is_valid =
        |uri: Uri| matches!(uri.scheme_str(), Some("http" | "https")) && !text.contains(['?', '#', '@']);
    text.parse().is_ok_and(is_valid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_public_url_is_an_http_url_without_query_fragment_and_credentials() {
        for url in ["https://pay.example.org", "http://127.0.0.1:9292/", "https://example.org/pay"] {
            assert!(is_http_url(url), "{url}");
        }
        for url in ["/pay", "ftp://a.org", "https://a.org?b", "https://a.org#b", "https://u@a.org"] {
            assert!(!is_http_url(url), "{url}");
        }
    }

    #[test]
    fn an_origin_has_a_scheme_a_host_and_no_path() {
        for origin in ["https://pay.example.org", "http://127.0.0.1:9292"] {
            assert!(is_origin(origin), "{origin}");
        }
        for origin in
            ["", "null", "pay.example.org", "https://", "https://a.org/", "https://a.org?b", "https://A.org"]
        {
            assert!(!is_origin(origin), "{origin}");
        }
    }

    #[test]
    fn a_host_has_no_port_and_no_wildcard() {
        assert!(is_host_name("pay.example.org"));
        for host in ["", "*.example.org", "pay.example.org:443", "https://pay.example.org", "[::1]"] {
            assert!(!is_host_name(host), "{host}");
        }
    }

    #[test]
    fn a_network_is_an_address_with_or_without_a_prefix_length() {
        use serde::de::value::{Error, StrDeserializer};
        let parse = |text| networks(StrDeserializer::<Error>::new(text)).map_err(|error| error.to_string());
        let parsed = parse("10.0.0.0/8, 192.0.2.7,2001:db8::/32").unwrap();
        assert_eq!(
            parsed.iter().map(ToString::to_string).collect::<Vec<_>>(),
            ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"]
        );
        assert_eq!(parse("10.0.0.0/33").unwrap_err(), "\"10.0.0.0/33\" is not a network such as 10.0.0.0/8");
    }
}
