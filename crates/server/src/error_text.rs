//! The text of an error for people, and what to do about a connection that is rejected.

use anyhow::Error;

/// Texts of the database, the TLS library and the driver, each with a remedy. The first that occurs in an error applies.
const ADVICE: [(&str, &str); 12] = [
    (
        "(using password",
        "correct DB_USER and DB_PASSWORD, or let an administrator create the user for this machine",
    ),
    (
        "' to database '",
        "correct DB_NAME, or let an administrator create the database and run docs/grants.sql",
    ),
    ("Unknown database", "correct DB_NAME, or let an administrator create the database"),
    (
        "Too many connections",
        "raise max_connections of the server; each instance needs database.connections_max + 4",
    ),
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
        "certificate not valid yet",
        "the server's certificate is not valid yet. Check the clock of this machine and the certificate",
    ),
    (
        "CaUsedAsEndEntity",
        "the server uses the certificate of an authority. Give the server your own certificate of version 3 with a \
         subject alternative name",
    ),
    (
        "invalid peer certificate",
        "the server's certificate cannot be verified. `openssl s_client -starttls mysql -connect HOST:PORT` shows it; \
         docs/deployment.md lists what Hermes requires",
    ),
    ("server does not support TLS", "give the server a certificate, or allow a connection without TLS"),
];

/// Returns the messages of an error and its causes. Some libraries repeat the text of a cause; it is printed once.
pub fn describe(error: &Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
    }
    text
}

/// Returns the remedy for an error of [`ADVICE`], or `None` for another error.
pub fn advice(error: &Error) -> Option<&'static str> {
    let text = format!("{error:#}");
    ADVICE.into_iter().find(|(cause, _)| text.contains(cause)).map(|(_, remedy)| remedy)
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_repeated_cause_is_printed_once() {
        let error =
            anyhow!("1044: denied").context("database: 1044: denied").context("cannot open the database");
        assert_eq!(describe(&error), "cannot open the database: database: 1044: denied");
    }

    /// `tests/app/tls.rs` and `tests/app/doctor.rs` cause the other errors on real servers.
    #[test]
    fn every_invalid_certificate_has_a_remedy() {
        for (text, remedy) in [
            ("invalid peer certificate: certificate not valid yet: verification time 1", "is not valid yet"),
            ("invalid peer certificate: Expired", "cannot be verified"),
        ] {
            assert!(advice(&anyhow!(text)).is_some_and(|advice| advice.contains(remedy)), "{text}");
        }
    }
}
