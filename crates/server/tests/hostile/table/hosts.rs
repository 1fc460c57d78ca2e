//! Hosts: a web page that resolves its own name to this machine must not reach the portal (DNS rebinding).

use crate::case::{Case, Request, book, case, get, problem, refused, status};

pub fn cases() -> Vec<Case> {
    let mut cases = vec![
        case("no host", get("/health/live").without_host(), refused(400)),
        case("no host in HTTP/1.0", get("/health/live").http_1_0().without_host(), status(200)),
        case("two hosts", get("/health/live").header("Host: localhost"), refused(400)),
        case("two different hosts", get("/health/live").header("Host: evil.example"), refused(400)),
        case("an absolute target on this host", get("http://localhost/health/live"), status(200)),
        case(
            "an absolute target on another host",
            get("http://evil.example/health/live"),
            problem(400, "bad-request"),
        ),
        case(
            "an absolute target and host of another site",
            get("http://evil.example/health/live").host("evil.example"),
            problem(421, "misdirected-request"),
        ),
        case(
            "an absolute target with a user",
            get("http://a@localhost/health/live"),
            problem(400, "bad-request"),
        ),
        case(
            "another host for a booking",
            book("{}").host("evil.example"),
            problem(421, "misdirected-request"),
        ),
        case(
            "another host on the dashboard",
            get("/").host("evil.example"),
            problem(421, "misdirected-request"),
        )
        .on_dashboard(),
        case(
            "another host for metrics",
            get("/metrics").host("evil.example:8080"),
            problem(421, "misdirected-request"),
        )
        .on_dashboard(),
        case(
            "a forwarded host from an untrusted peer",
            get("/health/live").header("X-Forwarded-Host: evil.example"),
            status(200),
        ),
        case(
            "a host that is not ASCII",
            Request::new("GET", "/").without_host().header(b"Host: \xff"),
            problem(400, "bad-request"),
        ),
        case("a host with a control character", get("/").host("local\u{1}host"), refused(400)),
    ];
    for host in [
        "evil.example",
        "localhost.evil.example",
        "evil.example:9292",
        "127.0.0.1.evil.example",
        "localhost.",
    ] {
        cases.push(case(
            &format!("the host {host}"),
            get("/api/bookings").host(host),
            problem(421, "misdirected-request"),
        ));
    }
    for host in [
        "",
        "a b@/",
        "user@localhost",
        "localhost/",
        "localhost:x",
        "localhost:99999",
        "[::1",
        "<script>",
        "%00",
    ] {
        cases.push(case(
            &format!("the host {host:?}"),
            get("/api/bookings").host(host),
            problem(400, "bad-request"),
        ));
    }
    for host in ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:9292"] {
        cases.push(case(
            &format!("the host {host} is accepted"),
            get("/health/live").host(host),
            status(200),
        ));
    }
    cases
}
