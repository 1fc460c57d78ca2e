//! Accepts only known hosts, so that a page of another site cannot reach the portal through DNS rebinding.
//!
//! In a rebinding attack, the attacker's name resolves to the address of the portal, and the browser treats both as
//! one site. The browser still sends the attacker's name in `Host`. It cannot do this with an IP address.

use std::net::Ipv6Addr;

use actix_web::HttpRequest;
use actix_web::http::Version;
use actix_web::http::header::HOST;

use super::GateSettings;
use super::forwarded::forwarded_host;
use crate::problem::{Problem, ProblemCode};

/// The longest host name, in bytes (RFC 1035 section 2.3.4).
const NAME_MAX: usize = 253;

/// A host without its port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Host<'a> {
    Address,
    Name(&'a str),
}

/// Checks `Host`, an absolute target, and the host that a trusted proxy forwards.
///
/// # Errors
/// 400 if a host is missing or invalid, or if an absolute target names another host; 421 if a host is unknown.
pub(super) fn check(request: &HttpRequest, settings: &GateSettings) -> Result<(), Problem> {
    let mut hosts = request.headers().get_all(HOST);
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().map_err(|_| invalid())?,
        (None, None) if request.version() < Version::HTTP_11 => return Ok(()),
        _ => return Err(invalid()),
    };
    if request.uri().authority().is_some_and(|target| !target.as_str().eq_ignore_ascii_case(host)) {
        return Err(invalid());
    }
    check_host(host, settings)?;
    // A client can send this header itself through a proxy that does not replace it, so `Host` is checked as well.
    forwarded_host(request).map_or(Ok(()), |host| check_host(host, settings))
}

fn check_host(host: &str, settings: &GateSettings) -> Result<(), Problem> {
    match parse(host).ok_or_else(invalid)? {
        Host::Address => Ok(()),
        Host::Name(name) if is_accepted(name, settings) => Ok(()),
        Host::Name(name) => Err(unknown(name)),
    }
}

fn is_accepted(name: &str, settings: &GateSettings) -> bool {
    let is_same = |known: &str| known.eq_ignore_ascii_case(name);
    is_same("localhost") || settings.hosts.iter().any(|known| is_same(known))
}

/// Parses `host[:port]`; `None` if the text is anything else (RFC 9110 section 7.2).
fn parse(text: &str) -> Option<Host<'_>> {
    let is_address = |text: &str| text.parse::<std::net::Ipv4Addr>().is_ok();
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, port) = rest.split_once(']')?;
            address.parse::<Ipv6Addr>().ok()?;
            (Host::Address, port)
        }
        None => {
            let (name, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            (if is_address(name) { Host::Address } else { Host::Name(name) }, port)
        }
    };
    let is_name = |name: &str| {
        let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
        (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(is_allowed)
    };
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit()) && port.parse::<u16>().is_ok();
    let is_valid = match host {
        Host::Address => true,
        Host::Name(name) => is_name(name),
    };
    let has_valid_port = port.is_empty() || port.strip_prefix(':').is_some_and(is_port);
    (is_valid && has_valid_port).then_some(host)
}

fn invalid() -> Problem {
    Problem::new(ProblemCode::BadRequest)
        .with_detail("Send one Host header with the name or address of this server, the same as in the URL.")
}

/// The name has only letters, digits and `-._`, so the detail can contain it.
fn unknown(name: &str) -> Problem {
    let name = name.to_ascii_lowercase();
    Problem::new(ProblemCode::MisdirectedRequest).with_detail(format!(
        "This server does not use the name {name}. If the name is right, the operator adds it to server.hosts: \
         HERMES__SERVER__HOSTS={name}"
    ))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn settings() -> GateSettings {
        GateSettings { hosts: vec!["pay.example.org".to_owned()], ..GateSettings::default() }
    }

    fn check_headers(uri: &str, hosts: &[&str]) -> Result<(), ProblemCode> {
        let request = TestRequest::with_uri(uri);
        let request = hosts.iter().fold(request, |request, host| request.append_header((HOST, *host)));
        check(&request.to_http_request(), &settings()).map_err(|problem| problem.code)
    }

    #[test]
    fn localhost_addresses_and_configured_names_are_accepted_on_every_port() {
        for host in [
            "localhost",
            "LOCALHOST:9292",
            "127.0.0.1",
            "127.0.0.1:9292",
            "10.1.2.3:80",
            "[::1]:8080",
            "[2001:db8::1]",
            "pay.example.org",
            "Pay.Example.org:8443",
        ] {
            assert_eq!(check_headers("/", &[host]), Ok(()), "{host}");
        }
    }

    #[test]
    fn an_unknown_name_is_misdirected() {
        for host in ["evil.example", "localhost.evil.example", "localhost.", "127.1", "xpay.example.org:9292"]
        {
            assert_eq!(check_headers("/", &[host]), Err(ProblemCode::MisdirectedRequest), "{host}");
        }
    }

    #[test]
    fn a_missing_repeated_or_invalid_host_is_rejected() {
        let long = "a".repeat(NAME_MAX + 1);
        for host in [
            "",
            "a b@/",
            "user@localhost",
            "localhost/",
            "localhost:",
            "localhost:x",
            "localhost:+80",
            "localhost:65536",
            "[::1",
            "[::1]80",
            "::1",
            "[localhost]",
            "<b>",
            &long,
        ] {
            assert_eq!(check_headers("/", &[host]), Err(ProblemCode::BadRequest), "{host}");
        }
        assert_eq!(check_headers("/", &[]), Err(ProblemCode::BadRequest));
        assert_eq!(check_headers("/", &["localhost", "localhost"]), Err(ProblemCode::BadRequest));
    }

    #[test]
    fn http_1_0_needs_no_host() {
        let request = TestRequest::with_uri("/health/live").version(Version::HTTP_10);
        assert!(check(&request.to_http_request(), &settings()).is_ok());
    }

    #[test]
    fn an_absolute_target_must_have_the_same_host() {
        assert_eq!(check_headers("http://localhost:9292/payment", &["localhost:9292"]), Ok(()));
        for target in ["http://evil.example/", "http://localhost/", "http://user@localhost:9292/"] {
            assert_eq!(check_headers(target, &["localhost:9292"]), Err(ProblemCode::BadRequest), "{target}");
        }
    }

    #[test]
    fn the_detail_contains_the_setting_that_accepts_the_name() {
        let problem = check_host("Pay.example.com:80", &settings()).unwrap_err();
        assert!(problem.detail().ends_with("HERMES__SERVER__HOSTS=pay.example.com"), "{}", problem.detail());
    }
}
