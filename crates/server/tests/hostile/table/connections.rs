//! Connections that a client holds, breaks or never reads.

use crate::case::{BOOKING, Case, book, get, post, refused, status, steps};

const HEAD: &str = "POST /api/bookings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

pub fn cases() -> Vec<Case> {
    let chunked = format!("{HEAD}Transfer-Encoding: chunked\r\n\r\n");
    let half_a_booking = &BOOKING[..BOOKING.len() / 2];
    vec![
        // Slow clients.
        steps("no request").expect(refused(408)).expect_closed(),
        steps("half a request line").send("GET /health/li").expect(refused(408)).expect_closed(),
        steps("a head without its end").send(HEAD).expect(refused(408)).expect_closed(),
        steps("half a second head")
            .send(get("/health/live"))
            .expect(status(200))
            .send("GET /health/live HTTP/1.1\r\nHost: local")
            .expect(refused(408))
            .expect_closed(),
        steps("half a head behind a pipelined request")
            .send([Vec::from(get("/health/live")), b"GET /".to_vec()].concat())
            .expect(status(200))
            .expect_closed(),
        steps("a body without its end")
            .send(format!("{HEAD}Content-Length: {}\r\n\r\n{half_a_booking}", BOOKING.len()))
            .expect(status(408)),
        steps("a chunk without its end").send(format!("{chunked}40\r\n{half_a_booking}")).expect(status(408)),
        steps("chunks without their end").send(format!("{chunked}2\r\n{{}}\r\n")).expect(status(408)),
        steps("a second body without its end")
            .send(book("{}"))
            .expect(status(422))
            .send(format!("{HEAD}Content-Length: 9\r\n\r\n{{"))
            .expect(status(408)),
        steps("an unfinished body for a GET request")
            .send("GET /health/live HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{")
            .expect(status(200)),
        steps("responses that are never read")
            .send_until_closed(Vec::from(get("/api/openapi.json")).repeat(16)),
        steps("pages that are never read").send_until_closed(Vec::from(get("/payment")).repeat(16)),
        // Broken connections.
        steps("RST at once").reset(),
        steps("RST in the middle of a head").send("GET /health/live HTT").reset(),
        steps("RST in the middle of a body")
            .send(format!("{HEAD}Content-Length: {}\r\n\r\n{half_a_booking}", BOOKING.len()))
            .reset(),
        steps("RST in the middle of a chunk").send(format!("{chunked}40\r\n{half_a_booking}")).reset(),
        steps("RST before the response").send(get("/api/bookings")).reset(),
        steps("RST during a long poll").send(get("/api/events?after=1&wait_s=30")).reset(),
        steps("RST before a pipelined response").send(Vec::from(get("/api/openapi.json")).repeat(8)).reset(),
        steps("RST after an invalid booking").send(post("/api/bookings", "{")).reset(),
        // Other protocols.
        steps("a TLS handshake")
            .send(&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"[..])
            .expect(refused(400)),
        steps("HTTP/2 without negotiation").send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").expect(refused(400)),
        steps("an upgrade to HTTP/2")
            .send(
                get("/health/live")
                    .header("Connection: Upgrade, HTTP2-Settings")
                    .header("Upgrade: h2c")
                    .header("HTTP2-Settings: AAMAAABkAAQAAP__"),
            )
            .expect(status(200)),
        steps("an upgrade to WebSocket")
            .send(get("/health/live").header("Connection: Upgrade").header("Upgrade: websocket"))
            .expect(status(200)),
        steps("a request of HTTP/0.9").send("GET /\r\n\r\n").expect(refused(400)),
        steps("a mail").send("EHLO localhost\r\nMAIL FROM:<a@example.org>\r\n\r\n").expect(refused(400)),
        steps("binary data").send(vec![0; 4096]).expect(refused(400)),
        steps("empty lines before a request")
            .send([b"\r\n\r\n".to_vec(), get("/health/live").into()].concat())
            .expect(status(200)),
    ]
}
