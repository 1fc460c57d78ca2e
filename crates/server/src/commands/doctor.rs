//! `hermes doctor`: checks everything that Hermes needs and says how to repair it.

use std::net::TcpListener;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, anyhow, bail};
use chrono::Utc;
use hermes_cache::SigningKey;
use hermes_domain::access::ApiKey;
use hermes_domain::ledger::{ClockAgreement, Clocks, LedgerHead};
use hermes_domain::payment::{PaymentKey, Reference};
use hermes_domain::ports::{AccessStore, DatabaseClock, Outbox, PaymentReader, RelayLease};
use hermes_repository::{
    AuditBounds, AuditProtection, Database, SqlAccessStore, SqlOutbox, SqlPaymentReader,
};
use hermes_web::limits::StorageLevel;
use secrecy::ExposeSecret;

use super::print_line;
use crate::cli::KeyFile;
use crate::compose::{data_folder, server_key};
use crate::config::{self, Configuration, Settings};
use crate::{compose, logging, tls_advice};

/// How to repair a head that is behind its rows. Until then, Hermes rejects all changes.
const HEAD_BEHIND_ADVICE: &str = "another program changed the tables, or only some of them were restored; restore all tables from the \
                      same point in time";

/// How to repair a wrong clock.
const CLOCK_ADVICE: &str = "synchronise this machine and the database with a time server";

/// The subject and the result of one check.
type Finding = (&'static str, Result<String>);

/// Runs all checks and prints their results. The exit status is 1 if a check fails.
pub(super) async fn run(key: &KeyFile) -> Result<ExitCode> {
    let configuration = config::load()?;
    logging::start(configuration.settings.log.format, "error");
    let settings = &configuration.settings;
    let mut findings = vec![
        ("configuration", check_configuration(&configuration)),
        ("portal port", check_port(&settings.server.host, settings.server.port)),
        ("dashboard port", check_port(&settings.server.host, settings.server.dashboard_port)),
        ("cache", check_cache(settings).await),
        ("server key", server_key::check(settings)),
    ];
    if settings.is_embedded() {
        findings.push(("data folder", check_data_folder(&settings.database.data_dir)));
    }
    match compose::open_database(settings).await {
        Ok(database) => {
            findings.extend(check_database(&configuration, &database, key).await);
            findings.push(("mail", compose::mail::check(&configuration, &database).await));
            findings.push(("disk space", check_disk_space(settings)));
            database.close().await;
        }
        Err(error) => findings.push(("database", Err(error))),
    }
    let all_ok = findings.iter().all(|(_, result)| result.is_ok());
    print_line(&findings.iter().map(line).collect::<Vec<_>>().join("\n"))?;
    Ok(if all_ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn line((subject, result): &Finding) -> String {
    match result {
        Ok(detail) => format!("ok     {subject}: {detail}"),
        Err(error) => {
            let advice = tls_advice::advice(error).map(|advice| format!("; {advice}")).unwrap_or_default();
            format!("WRONG  {subject}: {error:#}{advice}")
        }
    }
}

fn check_configuration(configuration: &Configuration) -> Result<String> {
    configuration.check_safety()?;
    Ok(match configuration.warnings.as_slice() {
        [] => "valid".to_owned(),
        warnings => format!("valid, but {}", warnings.join("; ")),
    })
}

fn check_port(host: &str, port: u16) -> Result<String> {
    match TcpListener::bind((host, port)) {
        Ok(_) => Ok(format!("{host}:{port} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            Ok(format!("{host}:{port} is in use, by a running Hermes or another program"))
        }
        Err(error) => Err(error.into()),
    }
}

fn check_data_folder(folder: &Path) -> Result<String> {
    let found = data_folder::find_open_to_others(folder);
    if found.is_empty() {
        return Ok("only this user has access".to_owned());
    }
    let texts: Vec<_> =
        found.iter().map(|found| format!("{} has mode {:04o}", found.path.display(), found.mode)).collect();
    bail!(
        "other users have access: {}; the next start removes their permissions, except from a folder with files of \
         other programs",
        texts.join(", ")
    )
}

async fn check_cache(settings: &Settings) -> Result<String> {
    // A ping reads no entry, so any key will do.
    let cache = compose::open_cache(settings, SigningKey::new(&[0; 32]))?;
    Ok(match cache.shared.ping().await? {
        Some(()) => "Redis responds".to_owned(),
        None => "in this process, which is correct for a single process".to_owned(),
    })
}

async fn check_database(configuration: &Configuration, database: &Database, key: &KeyFile) -> Vec<Finding> {
    let schema = match hermes_migration::pending(database.reader_pool()).await {
        Ok(0) => Ok("current".to_owned()),
        Ok(count) => Err(anyhow!("{count} migrations are missing; run hermes migrate up")),
        Err(error) => Err(error.into()),
    };
    let is_current = schema.is_ok();
    let mut findings = vec![
        ("database schema", schema),
        ("durability", check_durability(database).await),
        ("clock", check_clock(database).await),
    ];
    if is_current {
        findings.push(("audit log", check_audit_protection(database).await));
        findings.push(("ledger", check_ledger(database).await));
        findings.push(("events", check_events(database).await));
        findings.push(("access", check_access(configuration, database, key).await));
    }
    findings
}

/// Describes who has access, and verifies the key in the file, if there is one.
async fn check_access(configuration: &Configuration, database: &Database, key: &KeyFile) -> Result<String> {
    let (table, now) = (SqlAccessStore::new(database).key_table().await?, Utc::now());
    let state = compose::access::describe(configuration, &table.records(), now)?;
    let Some(file) = &key.key_file else { return Ok(state) };
    let secret = config::read_secret(file, KeyFile::VARIABLE)?;
    let verified = ApiKey::parse(secret.expose_secret()).and_then(|key| table.verify(&key, now));
    match verified {
        Some(key) => Ok(format!("{state}; the key in {} has the scopes {}", file.display(), key.scopes)),
        None => bail!("{state}; the key in {} is unknown, expired or revoked", file.display()),
    }
}

async fn check_durability(database: &Database) -> Result<String> {
    let warnings = database.durability_warnings().await?;
    if warnings.is_empty() {
        return Ok("acknowledged changes survive a crash".to_owned());
    }
    let texts: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    Err(anyhow!(texts.join("; also, ")))
}

async fn check_audit_protection(database: &Database) -> Result<String> {
    match database.audit_protection().await? {
        AuditProtection::Triggers => Ok("triggers reject changes".to_owned()),
        AuditProtection::Privileges => Ok("this database user has no right to change it".to_owned()),
        AuditProtection::Nothing => Err(anyhow!(
            "nothing prevents changes, because the triggers are missing; let an administrator create them (`hermes \
             schema` prints them), or grant this user only the rights of docs/grants.sql"
        )),
    }
}

fn check_disk_space(settings: &Settings) -> Result<String> {
    if !settings.is_embedded() {
        return Ok("the database server checks it".to_owned());
    }
    let (free, min) = (compose::free_bytes(&settings.database.data_dir)?, settings.server.min_free_bytes);
    let space = format!("{free} bytes are free, and server.min_free_bytes is {min}");
    match StorageLevel::new(free, min) {
        StorageLevel::Sufficient => Ok(space),
        StorageLevel::Low => Err(anyhow!("{space}: the booking form is closed; free disk space")),
        StorageLevel::Full => Err(anyhow!("{space}: all writes are rejected; free disk space")),
    }
}

/// Compares the clock of this machine with the clock of the database.
async fn check_clock(database: &Database) -> Result<String> {
    let clocks = Clocks { process: Utc::now(), database: database.database_time().await? };
    match clocks.agreement() {
        ClockAgreement::Agree => Ok("agrees with the clock of the database".to_owned()),
        ClockAgreement::Differ => Err(anyhow!("{clocks}; {CLOCK_ADVICE}")),
        ClockAgreement::Unusable => Err(anyhow!("{clocks}, so Hermes rejects all changes; {CLOCK_ADVICE}")),
    }
}

/// Describes the head, or fails if rows exist that the next batch would number again.
async fn check_ledger(database: &Database) -> Result<String> {
    let reader = SqlPaymentReader::new(database);
    let AuditBounds { head, last_seq, .. } = reader.audit_bounds().await?;
    if let Some(seq) = last_seq.filter(|last| *last > head.audit_seq) {
        bail!("the head ends at audit row {}, but row {seq} exists: {HEAD_BEHIND_ADVICE}", head.audit_seq);
    }
    let (reference, event) =
        (next_reference_if_booked(&reader, &head).await?, next_event(database, &head).await?);
    // If the head has advanced, the rows were written meanwhile.
    if reader.head().await?.id() == head.id() {
        if let Some(reference) = reference {
            bail!(
                "the next reference of the head is {reference}, which is already booked: {HEAD_BEHIND_ADVICE}"
            );
        }
        if let Some(event) = event {
            bail!(
                "the head ends at event {}, but event {event} exists: {HEAD_BEHIND_ADVICE}",
                head.event_seq
            );
        }
    }
    Ok(format!("at {} with {} bookings and {} audit rows", head.seq, head.next_reference - 1, head.audit_seq))
}

async fn next_reference_if_booked(reader: &SqlPaymentReader, head: &LedgerHead) -> Result<Option<Reference>> {
    let Some(next) = Reference::new(head.next_reference) else { return Ok(None) };
    let booked = reader.find(&PaymentKey::Reference(next)).await?;
    Ok(booked.map(|payment| payment.reference))
}

async fn next_event(database: &Database, head: &LedgerHead) -> Result<Option<i64>> {
    let next = head.event_seq + 1;
    let found = SqlOutbox::new(database).find_events(&[next]).await?;
    Ok(found.first().map(|_| next))
}

async fn check_events(database: &Database) -> Result<String> {
    let outbox = SqlOutbox::new(database);
    let (newest, relay) = (outbox.newest_event().await?, outbox.relay_status().await?);
    let publisher = match relay.holder {
        Some(_) => "an instance publishes them to Redis",
        None => "no instance publishes them to Redis now",
    };
    Ok(format!("{newest} in total; {publisher}; published up to {}", relay.published_seq))
}
