//! What to do about a TLS connection that the TLS library or the server rejects.

use anyhow::Error;

/// Texts of the TLS library and the driver, each with a remedy. The first that occurs in an error applies.
///
/// `tests/app/tls.rs` causes each of these errors on a real server.
const ADVICE: [(&str, &str); 6] = [
    (
        "UnsupportedCertVersion",
        "the server has a certificate of X.509 version 1, which the TLS library rejects in every mode. Give the server \
         your own certificate of version 3 with a subject alternative name",
    ),
    (
        "certificate not valid for name",
        "the server's certificate is for another host. Connect by the name in its subject alternative name, or give the \
         server a certificate that contains the configured host",
    ),
    (
        "UnknownIssuer",
        "no trusted authority issued the server's certificate. Name the file of its authority: \
         HERMES__DATABASE__SSL_CA for the database, SSL_CERT_FILE for Redis",
    ),
    (
        "certificate expired",
        "the server's certificate has expired. Renew it, and check the clock of this machine",
    ),
    (
        "CaUsedAsEndEntity",
        "the server uses the certificate of an authority. Give the server your own certificate of version 3 with a \
         subject alternative name",
    ),
    ("server does not support TLS", "give the server a certificate, or allow a connection without TLS"),
];

/// Returns the remedy for a TLS error, or `None` for another error.
pub fn advice(error: &Error) -> Option<&'static str> {
    let text = format!("{error:#}");
    ADVICE.into_iter().find(|(cause, _)| text.contains(cause)).map(|(_, remedy)| remedy)
}
