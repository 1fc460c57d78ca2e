//! `hermes serve`: listen, serve, and stop without losing anything.

use std::net::TcpListener;
use std::num::NonZero;
use std::time::{Duration, Instant};

use actix_web::dev::{Server, ServerHandle};
use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, web};
use anyhow::{Context, Result};
use hermes_web::{AppState, extract, middleware, routes};
use tokio::signal::unix::{SignalKind, signal};

use crate::commands::migrate;
use crate::compose::{self, Application};
use crate::config::{self, Settings};
use crate::{banner, durability, logging, metrics};

/// How long the head of a request may take to arrive.
const HEAD_DEADLINE: Duration = Duration::from_secs(5);
/// How long a connection may be idle.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// The dashboard is for a few people.
const DASHBOARD_WORKERS: usize = 1;

/// Serves until the process is asked to stop.
///
/// # Errors
/// When something that is needed is not there; nothing was served then.
pub async fn serve() -> Result<()> {
    let started = Instant::now();
    let configuration = config::load()?;
    logging::start(configuration.settings.log.format, &configuration.settings.log.level);
    configuration.check_safety()?;
    let settings = &configuration.settings.server;
    // Whoever finds the ports taken learns it before anything is written.
    let portal_socket = bind(&settings.host, settings.port, "PORT")?;
    let dashboard_socket = bind(&settings.host, settings.dashboard_port, "DASHBOARD_PORT")?;
    let (portal_address, dashboard_address) = (portal_socket.local_addr()?, dashboard_socket.local_addr()?);
    prepare_schema(&configuration.settings).await?;

    let Application { state, lane, relay, database } =
        compose::compose(&configuration, metrics::start()?).await?;
    durability::warn(&database).await;
    let state = web::Data::new(state);
    let drain = Duration::from_secs(settings.drain_s);
    let portal_workers = workers(settings.workers);
    let portal = server(portal_socket, &state, portal_workers, drain, routes::configure_portal)?;
    let dashboard = server(dashboard_socket, &state, DASHBOARD_WORKERS, drain, routes::configure_dashboard)?;
    let stop = tokio::spawn(stop_on_signal(state.clone(), [portal.handle(), dashboard.handle()]));
    banner::show(&configuration, portal_address, dashboard_address, started.elapsed());
    state.reads.warm();

    // Either server ending, by a signal or a fault, ends both.
    let ended = tokio::try_join!(portal, dashboard);
    stop.abort();
    state.ledger.close();
    lane.await.context("the write lane ended badly")?;
    if let Some(relay) = relay {
        relay.stop().await;
    }
    database.close().await;
    log::info!("stopped; everything that was acknowledged is saved");
    ended.map(|_| ()).context("the server ended badly")
}

fn bind(host: &str, port: u16, variable: &str) -> Result<TcpListener> {
    let socket = TcpListener::bind((host, port))
        .with_context(|| format!("{host}:{port} cannot be listened on; {variable} chooses another port"))?;
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// One server: a socket, its threads and its routes.
fn server(
    socket: TcpListener,
    state: &web::Data<AppState>,
    workers: usize,
    drain: Duration,
    routes: fn(&mut web::ServiceConfig),
) -> Result<Server> {
    let state = state.clone();
    let server = HttpServer::new(move || {
        App::new()
            .wrap(from_fn(middleware::envelope))
            .app_data(state.clone())
            .app_data(web::PayloadConfig::new(extract::BODY_MAX))
            .configure(routes)
    });
    let server = server
        .workers(workers)
        .client_request_timeout(HEAD_DEADLINE)
        .keep_alive(KEEP_ALIVE)
        .shutdown_timeout(drain.as_secs())
        .disable_signals();
    Ok(server.listen(socket)?.run())
}

/// The threads of the portal: as many as configured, or one for each processor.
fn workers(configured: usize) -> usize {
    match configured {
        0 => std::thread::available_parallelism().map_or(1, NonZero::get),
        count => count,
    }
}

/// Waits for SIGTERM or Ctrl-C, then lets the servers finish what is under way.
async fn stop_on_signal(state: web::Data<AppState>, servers: [ServerHandle; 2]) -> Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        result = tokio::signal::ctrl_c() => result?,
    }
    log::info!("asked to stop: finishing what is under way");
    state.draining.start();
    state.feed.close();
    let [portal, dashboard] = servers;
    tokio::join!(portal.stop(true), dashboard.stop(true));
    Ok(())
}

/// Brings the schema up to date, or says that it is not.
async fn prepare_schema(settings: &Settings) -> Result<()> {
    if settings.migrates_at_start() {
        let applied = migrate::up(settings, None).await?;
        if !applied.is_empty() {
            log::info!("the database schema was brought up to date: {} steps", applied.len());
        }
        return Ok(());
    }
    migrate::ensure_current(settings).await
}
