//! The client behind a trusted proxy: its address, host and scheme (RFC 7239, and the older `X-Forwarded-*` headers).
//!
//! Each proxy appends to these headers, so only the last value comes from the trusted proxy. Earlier values may come from
//! the client.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use actix_web::HttpRequest;
use actix_web::http::header::{FORWARDED, HeaderName, X_FORWARDED_FOR, X_FORWARDED_HOST, X_FORWARDED_PROTO};
use ipnet::IpNet;

use super::RequestGate;

/// Returns the address of the client: the peer, or the last untrusted address that a trusted proxy forwards.
///
/// If `Forwarded` and `X-Forwarded-For` disagree, a client may have sent one of them. The result is then the address of
/// the proxy. Without a peer, as on a test server, the result is `0.0.0.0`.
pub fn client_address(request: &HttpRequest) -> IpAddr {
    let peer = peer_address(request);
    let Some(proxies) = proxies_of(request, peer) else { return peer };
    let is_trusted = |address: IpAddr| is_within(proxies, address);
    let older = last_untrusted(peer, values(request, X_FORWARDED_FOR).map(parse_address), is_trusted);
    let standard = forwarded_values(request, "for").map(parse_address);
    let standard = last_untrusted(peer, standard, is_trusted);
    match (older, standard) {
        (Some(older), Some(standard)) if older != standard => peer,
        (older, standard) => older.or(standard).unwrap_or(peer),
    }
}

/// Returns whether a trusted proxy sent the request.
pub(crate) fn is_from_proxy(request: &HttpRequest) -> bool {
    proxies_of(request, peer_address(request)).is_some()
}

/// Returns whether the client uses TLS, as the trusted proxy reports or the configuration states.
pub(crate) fn is_https(request: &HttpRequest) -> bool {
    let mut schemes = last_values(request, X_FORWARDED_PROTO, "proto").peekable();
    match schemes.peek() {
        Some(_) => schemes.all(|scheme| scheme.eq_ignore_ascii_case("https")),
        None => RequestGate::of(request).is_some_and(RequestGate::uses_tls),
    }
}

/// Returns the hosts that a trusted proxy forwards: none, or one per kind of header.
pub(super) fn forwarded_hosts(request: &HttpRequest) -> impl Iterator<Item = &str> {
    last_values(request, X_FORWARDED_HOST, "host")
}

/// Returns the values that the trusted proxy itself added: the last of the older header, and the last of `Forwarded`.
fn last_values<'a>(
    request: &'a HttpRequest,
    older: HeaderName,
    parameter: &'static str,
) -> impl Iterator<Item = &'a str> {
    let last = || values(request, older).take(1).chain(forwarded_values(request, parameter).take(1));
    is_from_proxy(request).then(last).into_iter().flatten().filter(|value| !value.is_empty())
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

/// Follows the addresses from the proxy to the client; `None` if there is no address.
///
/// An address that cannot be parsed ends the search: the addresses before it cannot be verified.
fn last_untrusted(
    peer: IpAddr,
    addresses: impl Iterator<Item = Option<IpAddr>>,
    is_trusted: impl Fn(IpAddr) -> bool,
) -> Option<IpAddr> {
    let mut addresses = addresses.peekable();
    addresses.peek()?;
    let mut nearest = peer;
    for address in addresses.map_while(|address| address) {
        nearest = address;
        if !is_trusted(address) {
            break;
        }
    }
    Some(nearest)
}

/// Returns the comma-separated values of a header, last value first.
fn values(request: &HttpRequest, name: HeaderName) -> impl Iterator<Item = &str> {
    let headers = request.headers().get_all(name).rev();
    headers.flat_map(|value| value.to_str().unwrap_or_default().rsplit(',')).map(str::trim)
}

/// Returns the values of a parameter of `Forwarded`, last value first. A missing parameter is an empty text.
fn forwarded_values<'a>(request: &'a HttpRequest, parameter: &'static str) -> impl Iterator<Item = &'a str> {
    values(request, FORWARDED).map(move |element| {
        let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
        let found = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case(parameter));
        found.map_or("", |(_, value)| value.trim().trim_matches('"'))
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

    fn request(peer: &str, headers: &[(&str, &str)]) -> HttpRequest {
        let trusted_proxies = vec!["10.0.0.0/8".parse().unwrap()];
        let gate = RequestGate::new(GateSettings { trusted_proxies, ..GateSettings::default() });
        let request = TestRequest::default().app_data(web::Data::new(gate)).peer_addr(peer.parse().unwrap());
        headers.iter().fold(request, |request, header| request.append_header(*header)).to_http_request()
    }

    fn client(peer: &str, headers: &[(&str, &str)]) -> String {
        client_address(&request(peer, headers)).to_string()
    }

    #[test]
    fn only_a_trusted_proxy_can_forward_an_address() {
        let headers = [("x-forwarded-for", "1.2.3.4"), ("forwarded", "for=1.2.3.4")];
        assert_eq!(client("192.0.2.7:4711", &headers), "192.0.2.7");
        assert_eq!(client(PROXY, &headers), "1.2.3.4");
        assert_eq!(client(PROXY, &[]), "10.0.0.1");
        let request = TestRequest::default().insert_header(headers[0]).to_http_request();
        assert_eq!(client_address(&request).to_string(), "0.0.0.0");
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
            assert_eq!(client(PROXY, &[("forwarded", value)]), expected, "{value}");
        }
        let headers = [("x-forwarded-for", "1.2.3.4"), ("forwarded", "for=6.6.6.6")];
        assert_eq!(client(PROXY, &headers), "10.0.0.1");
    }

    #[test]
    fn host_and_scheme_come_from_the_trusted_proxy() {
        let headers = [
            ("x-forwarded-host", "evil.example, pay.example.org"),
            ("x-forwarded-proto", "https"),
            ("forwarded", "for=1.2.3.4;host=pay2.example.org;proto=https"),
        ];
        let trusted = request(PROXY, &headers);
        assert_eq!(forwarded_hosts(&trusted).collect::<Vec<_>>(), ["pay.example.org", "pay2.example.org"]);
        assert!(is_https(&trusted));
        let untrusted = request("192.0.2.7:4711", &headers);
        assert_eq!((forwarded_hosts(&untrusted).next(), is_https(&untrusted)), (None, false));
        assert!(!is_https(&request(PROXY, &[("x-forwarded-proto", "https, http")])));
    }
}
