//! The client behind a trusted proxy: its address, host and scheme.
//!
//! A proxy sends them in `X-Forwarded-*` or in `Forwarded` (RFC 7239), as [`ForwardedHeader`] states. The other kind is
//! ignored, because a proxy that does not know these headers forwards those of the client.
//!
//! Each proxy appends to these headers, so only the last value comes from the trusted proxy. Earlier values may come from
//! the client.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HeaderName, X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_PROTO};
use ipnet::IpNet;
use serde::Deserialize;

use super::RequestGate;

/// The headers in which the proxies send the client's address, host and scheme.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ForwardedHeader {
    /// `X-Forwarded-For`, `-Host` and `-Proto`.
    #[default]
    XForwarded,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// Returns the address of the client: the peer, or the last untrusted address that a trusted proxy forwards.
///
/// Without a peer, as on a test server, the result is `0.0.0.0`.
pub fn client_address(request: &HttpRequest) -> IpAddr {
    let peer = peer_address(request);
    let Some(proxies) = proxies_of(request, peer) else { return peer };
    let is_trusted = |address: IpAddr| is_within(proxies, address);
    let addresses = forwarded_values(request, X_FORWARDED_FOR, "for").map(parse_address);
    last_untrusted(peer, addresses, is_trusted)
}

/// Returns whether a trusted proxy sent the request.
pub(crate) fn is_from_proxy(request: &HttpRequest) -> bool {
    proxies_of(request, peer_address(request)).is_some()
}

/// Returns whether the client uses TLS, as the trusted proxy reports or the configuration states.
pub(crate) fn is_https(request: &HttpRequest) -> bool {
    match last_value(request, X_FORWARDED_PROTO, "proto") {
        Some(scheme) => scheme.eq_ignore_ascii_case("https"),
        None => RequestGate::of(request).is_some_and(RequestGate::uses_tls),
    }
}

/// Returns the host that a trusted proxy forwards.
pub(super) fn forwarded_host(request: &HttpRequest) -> Option<&str> {
    last_value(request, X_FORWARDED_HOST, "host")
}

/// Returns the value that the trusted proxy itself added: the last one of the configured header.
fn last_value<'a>(request: &'a HttpRequest, name: HeaderName, parameter: &'static str) -> Option<&'a str> {
    let last = is_from_proxy(request).then(|| forwarded_values(request, name, parameter).next())?;
    last.filter(|value| !value.is_empty())
}

fn peer_address(request: &HttpRequest) -> IpAddr {
    request.peer_addr().map_or(Ipv4Addr::UNSPECIFIED.into(), |peer| peer.ip().to_canonical())
}

/// Returns the networks of the trusted proxies if the peer is in one of them.
fn proxies_of(request: &HttpRequest, peer: IpAddr) -> Option<&[IpNet]> {
    let proxies = &RequestGate::of(request)?.settings.trusted_proxies;
    is_within(proxies, peer).then_some(proxies)
}

fn is_within(networks: &[IpNet], address: IpAddr) -> bool {
    networks.iter().any(|network| network.contains(&address))
}

/// Follows the addresses from the proxy to the client.
///
/// An address that cannot be parsed ends the search: the addresses before it cannot be verified.
fn last_untrusted(
    peer: IpAddr,
    addresses: impl Iterator<Item = Option<IpAddr>>,
    is_trusted: impl Fn(IpAddr) -> bool,
) -> IpAddr {
    let mut nearest = peer;
    for address in addresses.map_while(|address| address) {
        nearest = address;
        if !is_trusted(address) {
            break;
        }
    }
    nearest
}

/// Returns the comma-separated values of a header, last value first.
fn values(request: &HttpRequest, name: HeaderName) -> impl Iterator<Item = &str> {
    let headers = request.headers().get_all(name).rev();
    headers.flat_map(|value| value.to_str().unwrap_or_default().rsplit(',')).map(str::trim)
}

/// Returns the values of the configured header, last value first: of the header `x_forwarded`, or of a parameter of
/// `Forwarded`. A missing parameter is an empty text.
fn forwarded_values<'a>(
    request: &'a HttpRequest,
    x_forwarded: HeaderName,
    parameter: &'static str,
) -> impl Iterator<Item = &'a str> {
    let header = RequestGate::of(request).map(|gate| gate.settings.forwarded_header).unwrap_or_default();
    let name = if header == ForwardedHeader::XForwarded { x_forwarded } else { FORWARDED };
    values(request, name).map(move |element| match header {
        ForwardedHeader::XForwarded => element,
        ForwardedHeader::Forwarded => {
            let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
            let found = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case(parameter));
            found.map_or("", |(_, value)| value.trim().trim_matches('"'))
        }
    })
}

/// Parses an address, with or without brackets and port.
fn parse_address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    let address = bare.parse().or_else(|_| text.parse::<SocketAddr>().map(|socket| socket.ip()));
    address.ok().map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use actix_web::web;

    use super::*;
    use crate::gate::GateSettings;

    const PROXY: &str = "[::ffff:10.0.0.1]:4711";

    fn request_with(header: ForwardedHeader, peer: &str, headers: &[(&str, &str)]) -> HttpRequest {
        let trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        let settings = GateSettings { trusted_proxies, forwarded_header: header, ..GateSettings::default() };
        let gate = RequestGate::new(settings);
        let request = TestRequest::default().app_data(web::Data::new(gate)).peer_addr(peer.parse().unwrap());
        headers.iter().fold(request, |request, header| request.append_header(*header)).to_http_request()
    }

    fn request(peer: &str, headers: &[(&str, &str)]) -> HttpRequest {
        request_with(ForwardedHeader::XForwarded, peer, headers)
    }

    fn client(peer: &str, headers: &[(&str, &str)]) -> String {
        client_address(&request(peer, headers)).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_can_forward_an_address() {
        let headers = [("x-forwarded-for", "1.2.3.4")];
        assert_eq!(client("192.0.2.7:4711", &headers), "192.0.2.7");
        assert_eq!(client(PROXY, &headers), "1.2.3.4");
        assert_eq!(client(PROXY, &[]), "10.0.0.1");
        let request = TestRequest::default().insert_header(headers[0]).to_http_request();
        assert_eq!(client_address(&request).to_string(), "0.0.0.0");
    }

    #[test]
    fn the_header_that_is_not_configured_is_ignored() {
        let both = |standard| [("x-forwarded-for", "1.2.3.4"), ("forwarded", standard)];
        for standard in ["for=6.6.6.6;proto=http;host=evil.example", "for=_x", ""] {
            assert_eq!(client(PROXY, &both(standard)), "1.2.3.4", "{standard}");
            assert_eq!(forwarded_host(&request(PROXY, &both(standard))), None, "{standard}");
        }
        let standard = request_with(ForwardedHeader::Forwarded, PROXY, &both("for=6.6.6.6"));
        assert_eq!(client_address(&standard).to_string(), "6.6.6.6");
    }

    #[test]
    fn the_client_is_the_last_untrusted_address() {
        for (list, expected) in [
            ("6.6.6.6, 1.2.3.4", "1.2.3.4"),
            ("6.6.6.6, 1.2.3.4, 10.0.0.2", "1.2.3.4"),
            ("6.6.6.6,1.2.3.4:55, 10.0.0.2:80", "1.2.3.4"),
            ("[2001:db8::1]:80", "2001:db8::1"),
            ("2001:db8::1", "2001:db8::1"),
            ("::ffff:1.2.3.4", "1.2.3.4"),
            ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("6.6.6.6, unknown", "10.0.0.1"),
            ("6.6.6.6, unknown, 10.0.0.2", "10.0.0.2"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(client(PROXY, &[("x-forwarded-for", list)]), expected, "{list}");
        }
        let headers = [("x-forwarded-for", "6.6.6.6"), ("x-forwarded-for", "1.2.3.4")];
        assert_eq!(client(PROXY, &headers), "1.2.3.4");
    }

    #[test]
    fn the_standard_header_is_read_like_the_older_one() {
        for (value, expected) in [
            ("for=6.6.6.6, For=\"[2001:db8::1]:80\";proto=https, for=10.0.0.2", "2001:db8::1"),
            ("proto=https;for=1.2.3.4;host=pay.example.org", "1.2.3.4"),
            ("for=6.6.6.6, for=_hidden", "10.0.0.1"),
            ("for=6.6.6.6, proto=https", "10.0.0.1"),
        ] {
            let request = request_with(ForwardedHeader::Forwarded, PROXY, &[("forwarded", value)]);
            assert_eq!(client_address(&request).to_string(), expected, "{value}");
        }
    }

    #[test]
    fn host_and_scheme_come_from_the_trusted_proxy() {
        let headers = [
            ("x-forwarded-host", "evil.example, pay.example.org"),
            ("x-forwarded-proto", "https"),
            ("forwarded", "for=1.2.3.4;host=pay2.example.org;proto=http"),
        ];
        let trusted = request(PROXY, &headers);
        assert_eq!((forwarded_host(&trusted), is_https(&trusted)), (Some("pay.example.org"), true));
        let standard = request_with(ForwardedHeader::Forwarded, PROXY, &headers);
        assert_eq!((forwarded_host(&standard), is_https(&standard)), (Some("pay2.example.org"), false));
        let untrusted = request("192.0.2.7:4711", &headers);
        assert_eq!((forwarded_host(&untrusted), is_https(&untrusted)), (None, false));
        assert!(!is_https(&request(PROXY, &[("x-forwarded-proto", "https, http")])));
    }
}
