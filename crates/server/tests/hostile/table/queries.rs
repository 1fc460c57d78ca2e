//! Queries: unknown, repeated and invalid parameters, cursors and positions.

use crate::case::{Answer, Case, case, get, problem, status};

const INVALID: Answer = problem(400, "invalid-query");

pub fn cases() -> Vec<Case> {
    let long = "x".repeat(5_000);
    let mut cases = vec![
        case("a search of 5 kB", get(&format!("/api/bookings?q={long}")), INVALID),
        case("a cursor of 5 kB", get(&format!("/api/bookings?cursor={long}")), INVALID),
        case("a thousand parameters", get(&format!("/api/bookings?{}", "a=1&".repeat(1_000))), INVALID),
        case("an empty parameter name", get("/api/bookings?=1"), INVALID),
        case("a search for wildcards", get("/api/bookings?q=%25%5f%5c"), status(200)),
        case("a search for SQL", get("/api/bookings?q=%27%20OR%201%3D1%3B--"), status(200)),
        case(
            "a search with tags on the dashboard",
            get("/?q=%3Cscript%3Ealert(1)%3C/script%3E"),
            status(200),
        )
        .on_dashboard(),
        case("an unknown filter on the dashboard", get("/?colour=%3Cscript%3E"), INVALID).on_dashboard(),
        case(
            "a position in the future",
            get("/api/events?after=9223372036854775806"),
            problem(410, "events-gone"),
        ),
    ];
    for query in [
        "limit=0",
        "limit=1001",
        "limit=-1",
        "limit=1.5",
        "limit=1e3",
        "limit=0x10",
        "limit=",
        "limit=99999999999999999999",
        "limit=1&limit=2",
        "colour=red",
        "status=paid",
        "status=PENDING%00",
        "validation_status=OK",
        "q=",
        "q=%00",
        "q=%ff",
        "q=%zz",
        "email=",
        "reference=REF1",
        "reference=RF00REF001",
        "created_from=yesterday",
        "created_from=0000-00-00",
        "created_to=9999-99-99",
        "created_from=%2B010000-01-01",
        "cursor=",
        "cursor=x",
        "cursor=n",
        "cursor=n%00",
        "cursor=nffffffffffffffff0198c0de000070008000000000000001",
        "cursor=x00064d1d4b6a40000198c0de000070008000000000000001",
        "cursor=n00064d1d4b6a40000198c0de00007000800000000000000g",
    ] {
        cases.push(case(&format!("the query {query}"), get(&format!("/api/bookings?{query}")), INVALID));
    }
    for query in
        ["after=-1", "after=x", "after=9223372036854775807", "limit=0", "wait_s=31", "wait_s=-1", "since=1"]
    {
        cases.push(case(&format!("the position {query}"), get(&format!("/api/events?{query}")), INVALID));
    }
    cases
}
