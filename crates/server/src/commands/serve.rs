//! `hermes serve`: listens, serves, and stops without losing an acknowledged change.

use std::fs::{File, TryLockError};
use std::net::SocketAddr;
use std::num::NonZero;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::web;
use anyhow::{Context, Result, ensure};
use chrono::Utc;
use hermes_repository::{Database, DurabilityWarning};
use hermes_web::extract::{BODY_TIMEOUT, upload_timeout};
use hermes_web::gate::RequestGate;
use hermes_web::{AppState, routes};
use tokio::signal::unix::{SignalKind, signal};

use super::migrate;
use crate::compose::{self, Application, data_folder};
use crate::config::{self, Configuration, Environment, Settings};
use crate::listener::{self, ConnectionLimits};
use crate::{logging, memory, metrics};

/// The dashboard has few users.
const DASHBOARD_WORKERS: usize = 1;
/// Time to execute the queued changes and to close the connections after the last response. Part of `server.drain_s`.
const CLOSING_TIME: Duration = Duration::from_secs(5);
/// The lock file, in the data folder, of the process that serves an SQLite database.
const SERVE_LOCK_FILE: &str = "hermes.db.serve-lock";

/// Serves until the process receives SIGTERM or Ctrl-C.
///
/// # Errors
/// If a prerequisite is missing. Nothing was served then.
pub(super) async fn run() -> Result<()> {
    let started = Instant::now();
    let configuration = config::load()?;
    logging::start(configuration.settings.log.format, &configuration.settings.log.level);
    for warning in &configuration.warnings {
        log::warn!("{warning}");
    }
    let summaries = tokio::spawn(logging::write_summaries());
    configuration.check_safety()?;
    let settings = &configuration.settings.server;
    // Bind first: if a port is in use, nothing has been written yet.
    let portal_socket = listener::bind(&settings.host, settings.port, "PORT")?;
    let dashboard_socket = listener::bind(&settings.host, settings.dashboard_port, "DASHBOARD_PORT")?;
    let (portal_address, dashboard_address) = (portal_socket.local_addr()?, dashboard_socket.local_addr()?);
    if configuration.settings.is_embedded() {
        data_folder::prepare(&configuration.settings.database.data_dir)?;
    }
    prepare_schema(&configuration.settings).await?;
    let _serve_lock = lock_sqlite_file(&configuration.settings);

    let Application { state, writer, relay, mail, database } =
        compose::compose(&configuration, metrics::start()?).await?;
    check_durability(configuration.environment, &database).await?;
    let access = compose::access::describe(&configuration, &state.access.keys(), Utc::now())?;
    let state = web::Data::new(state);
    let gate = web::Data::new(RequestGate::new(settings.gate()));
    let pause = Duration::from_secs(settings.drain_pause_s);
    let drain = Duration::from_secs(settings.drain_s).saturating_sub(pause + CLOSING_TIME);
    let portal_workers = workers(settings.workers);
    let portal_limits = ConnectionLimits {
        total: listener::portal_connections_max(),
        per_address: settings.connections_per_address,
        exempt: settings.trusted_proxies.clone(),
        upload_timeout: upload_timeout(state.importer.max_bytes()),
    };
    let dashboard_limits = ConnectionLimits {
        total: listener::RESERVED_CONNECTIONS,
        per_address: 0,
        exempt: Vec::new(),
        upload_timeout: BODY_TIMEOUT,
    };
    let portal = listener::serve(
        portal_socket,
        portal_limits,
        portal_workers,
        drain,
        configure(&state, &gate, routes::configure_portal),
    )?;
    let dashboard = listener::serve(
        dashboard_socket,
        dashboard_limits,
        DASHBOARD_WORKERS,
        drain,
        configure(&state, &gate, routes::configure_dashboard),
    )?;
    tokio::spawn(memory::run_trimmer());
    let stop = tokio::spawn(stop_on_signal(state.clone(), [portal.handle(), dashboard.handle()], pause));
    log_addresses(&configuration, portal_address, dashboard_address, started.elapsed());
    log::info!("access     {access}");
    state.reads.warm();

    // A signal stops both servers. A failure of one ends both.
    let ended = tokio::try_join!(portal, dashboard);
    stop.abort();
    state.ledger.close();
    if let Some(mail) = &mail {
        // Stops while the writer does. A slow mail server has its own limit, which is shorter than `CLOSING_TIME`.
        mail.request_stop();
    }
    let closing = async {
        writer.await.context("the ledger writer stopped unexpectedly")?;
        if let Some(relay) = relay {
            relay.stop().await;
        }
        if let Some(mail) = mail {
            mail.stop().await;
        }
        database.close().await;
        anyhow::Ok(())
    };
    match tokio::time::timeout(CLOSING_TIME, closing).await {
        Ok(closed) => closed?,
        Err(_) => log::warn!(
            "the database does not respond, so changes may have an unknown outcome; none of them was acknowledged"
        ),
    }
    summaries.abort();
    log::info!("stopped; every acknowledged change is saved");
    ended.map(|_| ()).context("the server stopped unexpectedly")
}

/// Returns the configuration of an application: its state, limits and routes.
fn configure(
    state: &web::Data<AppState>,
    gate: &web::Data<RequestGate>,
    routes: fn(&mut web::ServiceConfig),
) -> impl Fn(&mut web::ServiceConfig) + Clone + Send + 'static {
    let (state, gate) = (state.clone(), gate.clone());
    move |config| {
        config.app_data(state.clone()).app_data(gate.clone()).configure(routes);
    }
}

/// Returns the configured number of portal threads; 0 means one per processor.
fn workers(configured: usize) -> usize {
    match configured {
        0 => std::thread::available_parallelism().map_or(1, NonZero::get),
        count => count,
    }
}

/// Waits for SIGTERM or Ctrl-C, turns readiness off, and serves until the pause ends. Then lets the servers finish the
/// requests in flight.
async fn stop_on_signal(
    state: web::Data<AppState>,
    servers: [ServerHandle; 2],
    pause: Duration,
) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        result = tokio::signal::ctrl_c() => result?,
    }
    state.is_draining.store(true, Ordering::Relaxed);
    if !pause.is_zero() {
        log::info!("not ready any more; requests are served for another {} s", pause.as_secs());
        tokio::time::sleep(pause).await;
    }
    log::info!("stopping: requests in flight will finish");
    state.feed.close();
    let [portal, dashboard] = servers;
    tokio::join!(portal.stop(true), dashboard.stop(true));
    Ok(())
}

/// Applies missing migrations if configured; otherwise checks that none is missing.
pub(super) async fn prepare_schema(settings: &Settings) -> Result<()> {
    if settings.migrates_at_start() {
        let applied = migrate::up(settings, None).await?;
        if !applied.is_empty() {
            log::info!("applied {} migrations to the database schema", applied.len());
        }
        return Ok(());
    }
    migrate::ensure_current(settings).await
}

/// Locks the SQLite database for this process, until the returned file is dropped.
///
/// Each process on an SQLite file has its own cache and cannot see the other's writes at once. A second process logs a
/// warning and starts nevertheless, because the first may be stopping.
fn lock_sqlite_file(settings: &Settings) -> Option<File> {
    if !settings.is_embedded() {
        return None;
    }
    let folder = settings.database.data_dir.display();
    let path = settings.database.data_dir.join(SERVE_LOCK_FILE);
    let file = File::options().create(true).append(true).mode(0o600).open(path);
    match file.map(|file| (file.try_lock(), file)) {
        Ok((Ok(()), file)) => return Some(file),
        Ok((Err(TryLockError::WouldBlock), _)) => log::warn!(
            "another Hermes process serves the database in {folder}: each process will show the other's changes late. \
             Stop one of them, or set DATA_DIR to another folder"
        ),
        Ok((Err(TryLockError::Error(error)), _)) | Err(error) => {
            log::warn!("cannot check whether another process serves the database in {folder}: {error}");
        }
    }
    None
}

/// Logs each database setting that can lose acknowledged payments. In production, such a setting is an error, and so is a
/// check that fails.
///
/// The double-write buffer is the exception, because some file systems make it superfluous.
async fn check_durability(environment: Environment, database: &Database) -> Result<()> {
    let warnings = match database.durability_warnings().await {
        Ok(warnings) => warnings,
        Err(error) if environment == Environment::Production => {
            return Err(error).context("cannot check the durability settings of the database");
        }
        Err(error) => {
            log::warn!("cannot check the durability settings of the database: {error}");
            return Ok(());
        }
    };
    let (unsafe_settings, others): (Vec<_>, Vec<_>) = warnings.into_iter().partition(|warning| {
        environment == Environment::Production && warning.setting != DurabilityWarning::DOUBLE_WRITE
    });
    for warning in others {
        log::warn!("acknowledged payments can be lost: {warning}");
    }
    let texts: Vec<_> = unsafe_settings.iter().map(ToString::to_string).collect();
    ensure!(texts.is_empty(), "acknowledged payments can be lost: {}", texts.join("; also, "));
    Ok(())
}

/// Logs the addresses to open and the configured database and cache.
fn log_addresses(
    configuration: &Configuration,
    portal: SocketAddr,
    dashboard: SocketAddr,
    started_in: Duration,
) {
    let settings = &configuration.settings;
    let (portal, dashboard) = (browsable(portal), browsable(dashboard));
    log::info!(
        "Hermes {} ({}) is ready after {} ms",
        env!("CARGO_PKG_VERSION"),
        configuration.environment,
        started_in.as_millis()
    );
    log::info!("portal     http://{portal}/payment   API http://{portal}/api/docs/");
    log::info!("dashboard  http://{dashboard}/   metrics http://{dashboard}/metrics");
    log::info!("database   {}", compose::database_label(settings));
    log::info!("cache      {}", if settings.has_redis() { "Redis" } else { "this process" });
    log::info!("log level  {} (RUST_LOG changes it)", logging::level());
}

/// Returns an address that a browser can open: a server that listens on all addresses also listens on loopback.
fn browsable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() { SocketAddr::from(([127, 0, 0, 1], address.port())) } else { address }
}
