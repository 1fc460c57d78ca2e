//! TLS to the database and to Redis: only the right certificate is accepted, and each error names its remedy.

use std::path::PathBuf;
use std::process::Output;
use std::time::Duration;

use actix_web::rt;
use hermes_test_support::{
    Authority, EXPIRES_AFTER, Flaw, Port, SqlServer, private_mariadb_with, private_mysql_with, redis,
};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tempfile::TempDir;

use crate::support::process::HermesProcess;
use crate::support::{TestApp, TestEnvironment, poll, rows};

/// `hermes doctor` prints this if it has reached the database, which has no schema yet.
const CONNECTED: &str = "problem  schema: ";
const VERIFIED: &str = "  database-tls: TLSv1.3; the identity of the server is verified";
const VERSION_1: &str = "UnsupportedCertVersion)); the server has a certificate of X.509 version 1, which the TLS library \
                         rejects in every mode. Give the server your own certificate of version 3 with a subject \
                         alternative name";
const WRONG_HOST: &str = "the server's certificate is for another host";
const EXPIRED: &str = "the server's certificate has expired";
const WRONG_AUTHORITY: &str = "no trusted authority issued the server's certificate";
const IS_AUTHORITY: &str = "the server uses the certificate of an authority";

/// The certificate, the TLS mode of the database, and a part of the finding.
const DATABASE_CASES: [(Flaw, &str, &str); 14] = [
    (Flaw::None, "verify_identity", CONNECTED),
    (Flaw::None, "verify_identity", VERIFIED),
    (Flaw::WrongHost, "verify_identity", WRONG_HOST),
    (Flaw::WrongHost, "verify_ca", CONNECTED),
    (
        Flaw::WrongHost,
        "verify_ca",
        "warning  configuration: database.ssl_mode is verify_ca: the driver then also trusts every public",
    ),
    (Flaw::WrongHost, "preferred", CONNECTED),
    (Flaw::ExpiresSoon, "verify_identity", EXPIRED),
    (Flaw::ExpiresSoon, "verify_ca", EXPIRED),
    (Flaw::ExpiresSoon, "required", CONNECTED),
    (Flaw::IsAuthority, "verify_identity", IS_AUTHORITY),
    (Flaw::Version1, "verify_identity", VERSION_1),
    (Flaw::Version1, "verify_ca", VERSION_1),
    (Flaw::Version1, "required", VERSION_1),
    (Flaw::Version1, "preferred", VERSION_1),
];

/// An authority and the files of the tests.
struct Certificates {
    folder: TempDir,
    authority: Authority,
}

impl Certificates {
    fn new() -> Self {
        let certificates =
            Self { folder: tempfile::tempdir().unwrap(), authority: Authority::new("Hermes Test") };
        certificates.authority.write_to(&certificates.authority_file());
        Authority::new("Other").write_to(&certificates.other_authority_file());
        certificates
    }

    fn authority_file(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }

    fn other_authority_file(&self) -> PathBuf {
        self.folder.path().join("other.pem")
    }

    /// Replaces the certificate of the server and returns the options that name its files.
    fn issue(&self, flaw: Flaw) -> [String; 2] {
        let files = self.authority.issue(flaw, self.folder.path());
        [format!("--ssl-cert={}", files.certificate.display()), format!("--ssl-key={}", files.key.display())]
    }
}

/// Waits until the flaw exists: a certificate expires at a known time.
async fn until_effective(flaw: Flaw) {
    if flaw == Flaw::ExpiresSoon {
        rt::time::sleep(EXPIRES_AFTER + Duration::from_secs(1)).await;
    }
}

/// A database server with TLS, and a connection that reloads its certificate.
struct TlsServer {
    environment: TestEnvironment,
    admin: DatabaseConnection,
    reload: &'static str,
    certificates: Certificates,
    _server: SqlServer,
}

impl TlsServer {
    async fn new(server: SqlServer, certificates: Certificates, reload: &'static str) -> Self {
        let environment = TestEnvironment::new(server.create_database().await, None);
        let admin = rows::connect(&environment).await;
        Self { environment, admin, reload, certificates, _server: server }
    }

    async fn mariadb() -> Option<Self> {
        let certificates = Certificates::new();
        let [certificate, key] = certificates.issue(Flaw::None);
        let server = private_mariadb_with(&[&certificate, &key]).await?;
        Some(Self::new(server, certificates, "FLUSH SSL").await)
    }

    async fn mysql() -> Option<Self> {
        let certificates = Certificates::new();
        let [certificate, key] = certificates.issue(Flaw::None);
        let authority = format!("--ssl-ca={}", certificates.authority_file().display());
        let server = private_mysql_with(&[&certificate, &key, &authority]).await?;
        Some(Self::new(server, certificates, "ALTER INSTANCE RELOAD TLS").await)
    }

    async fn use_certificate(&self, flaw: Flaw) {
        let _same_files = self.certificates.issue(flaw);
        let reloaded = self.admin.execute_unprepared(self.reload).await;
        assert!(reloaded.is_ok(), "{flaw:?}: {reloaded:?}");
        until_effective(flaw).await;
    }

    fn variables(&self, mode: &str, authority: PathBuf) -> Vec<(&'static str, String)> {
        let mut variables = self.environment.variables();
        variables.push(("HERMES__DATABASE__SSL_MODE", mode.to_owned()));
        variables.push(("HERMES__DATABASE__SSL_CA", authority.display().to_string()));
        // The first connections compete with other tests for the processors.
        variables.push(("HERMES__DATABASE__ACQUIRE_TIMEOUT_MS", "10000".to_owned()));
        variables
    }

    fn process(&self, mode: &str, authority: PathBuf) -> HermesProcess {
        let folder = self.environment.folder.path().to_owned();
        HermesProcess::new("hermes", folder, self.variables(mode, authority))
    }
}

#[actix_web::test]
async fn mariadb_is_used_only_with_the_right_certificate() {
    let Some(server) = TlsServer::mariadb().await else { return };
    assert_only_the_right_certificate_is_accepted(&server).await;
}

#[actix_web::test]
async fn mysql_is_used_only_with_the_right_certificate() {
    let Some(server) = TlsServer::mysql().await else { return };
    assert_only_the_right_certificate_is_accepted(&server).await;
}

async fn assert_only_the_right_certificate_is_accepted(server: &TlsServer) {
    let mut current = None;
    for (flaw, mode, expected) in DATABASE_CASES {
        if current.replace(flaw) != Some(flaw) {
            server.use_certificate(flaw).await;
        }
        let findings = server.process(mode, server.certificates.authority_file()).stdout_of(&["doctor"]);
        assert!(findings.contains(expected), "{mode} {flaw:?}: {expected:?} is not in:\n{findings}");
    }
    server.use_certificate(Flaw::None).await;
    for mode in ["verify_ca", "verify_identity"] {
        let process = server.process(mode, server.certificates.other_authority_file());
        let findings = process.stdout_of(&["doctor"]);
        assert!(findings.contains(WRONG_AUTHORITY), "{mode}: {findings}");
    }
}

#[actix_web::test]
async fn the_start_up_error_names_the_remedy() {
    let Some(server) = TlsServer::mariadb().await else { return };
    server.use_certificate(Flaw::Version1).await;
    for migrate in ["always", "never"] {
        let mut process = server.process("preferred", server.certificates.authority_file());
        process.variables.push(("HERMES__DATABASE__MIGRATE_AT_START", migrate.to_owned()));
        let Output { status, stderr, .. } = process.run(&["serve"]);
        let stderr = String::from_utf8_lossy(&stderr);
        assert!(!status.success(), "{stderr}");
        assert!(stderr.contains("Give the server your own certificate of version 3"), "{migrate}: {stderr}");
        assert!(!stderr.contains("hermes-Test-1"), "the error contains the password: {stderr}");
    }
}

#[actix_web::test]
async fn a_server_without_tls_is_not_used_if_tls_is_required() {
    let Some(server) = private_mariadb_with(&["--skip-ssl"]).await else { return };
    let server = TlsServer::new(server, Certificates::new(), "FLUSH SSL").await;
    let findings = server.process("required", server.certificates.authority_file()).stdout_of(&["doctor"]);
    assert!(findings.contains("server does not support TLS; give the server a certificate"), "{findings}");
}

#[actix_web::test]
async fn redis_is_used_only_with_the_right_certificate() {
    let Some(redis) = redis().await else { return };
    let (certificates, port) = (Certificates::new(), Port::take());
    let environment = TestEnvironment::new(hermes_test_support::sqlite().await, None);
    let findings = |authority: PathBuf| {
        let mut variables = environment.variables();
        variables.extend(redis_variables(port.number(), authority));
        HermesProcess::new("hermes", environment.folder.path().to_owned(), variables).stdout_of(&["doctor"])
    };
    for (flaw, expected) in [
        (Flaw::None, "ok       redis: responds"),
        (Flaw::WrongHost, WRONG_HOST),
        (Flaw::ExpiresSoon, EXPIRED),
        (Flaw::IsAuthority, IS_AUTHORITY),
        (Flaw::Version1, VERSION_1),
    ] {
        use_redis_certificate(&redis, &certificates, flaw, port.number());
        until_effective(flaw).await;
        let findings = findings(certificates.authority_file());
        assert!(findings.contains(expected), "{flaw:?}: {expected:?} is not in:\n{findings}");
    }
    use_redis_certificate(&redis, &certificates, Flaw::None, port.number());
    let findings = findings(certificates.other_authority_file());
    assert!(findings.contains(WRONG_AUTHORITY), "{findings}");
}

#[actix_web::test]
async fn a_rejected_certificate_of_redis_is_logged_with_its_remedy() {
    let Some(redis) = redis().await else { return };
    let (certificates, port) = (Certificates::new(), Port::take());
    use_redis_certificate(&redis, &certificates, Flaw::Version1, port.number());
    let environment = TestEnvironment::sqlite().await;
    let variables = redis_variables(port.number(), certificates.authority_file());
    let app =
        TestApp::start_with(&environment, &variables.each_ref().map(|(name, value)| (*name, value.as_str())))
            .await;
    app.wait_for_log("Hermes starts without Redis: ").await;
    app.wait_for_log("Give the server your own certificate of version 3").await;
    app.book("ana").await.expect(201);
}

#[actix_web::test]
async fn bookings_and_events_work_over_verified_connections() {
    let Some(server) = TlsServer::mariadb().await else { return };
    let Some(redis) = redis().await else { return };
    let port = Port::take();
    use_redis_certificate(&redis, &server.certificates, Flaw::None, port.number());
    let authority = server.certificates.authority_file();
    let variables = [
        server.variables("verify_identity", authority.clone()),
        redis_variables(port.number(), authority).to_vec(),
    ]
    .concat();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let app = TestApp::start_with(&server.environment, &variables).await;
    app.book("ana").await.expect(201);
    assert_eq!(app.references("/api/bookings").await.len(), 1);
    assert_eq!(app.get("/health").await.expect(200).json()["redis"], "connected");
    poll(|| async { redis.cli(&["XLEN", "{hermes:events}"]) == "1" }, "the event").await;
}

/// Listens for TLS with a new certificate on a second port.
fn use_redis_certificate(
    redis: &hermes_test_support::RedisServer,
    certificates: &Certificates,
    flaw: Flaw,
    port: u16,
) {
    let files = certificates.authority.issue(flaw, certificates.folder.path());
    let [certificate, key] = [files.certificate, files.key].map(|file| file.display().to_string());
    redis.cli(&[
        "CONFIG",
        "SET",
        "tls-cert-file",
        &certificate,
        "tls-key-file",
        &key,
        "tls-auth-clients",
        "no",
        "tls-port",
        &port.to_string(),
    ]);
}

fn redis_variables(port: u16, authority: PathBuf) -> [(&'static str, String); 4] {
    [
        ("REDIS_URL", format!("rediss://127.0.0.1:{port}")),
        ("SSL_CERT_FILE", authority.display().to_string()),
        // The handshake competes with other tests for the processors.
        ("HERMES__REDIS__CONNECT_TIMEOUT_MS", "10000".to_owned()),
        ("HERMES__REDIS__COMMAND_TIMEOUT_MS", "5000".to_owned()),
    ]
}
