//! The `hermes` program: the portal and the operator's commands.
//!
//! [`cli`] declares the commands and [`commands`] executes them. [`config`] loads and checks the settings. [`listener`] serves HTTP. [`compose`] is
//! the only module that names concrete adapters.

mod cli;
mod commands;
mod compose;
mod config;
mod error_text;
mod listener;
mod logging;
mod memory;
mod metrics;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // Several libraries use rustls; they need one common crypto provider. An error means that one is installed.
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    let dotenv = dotenvy::from_path(".env");
    let cli = cli::Cli::parse();
    match run(cli, dotenv) {
        Ok(code) => code,
        Err(error) => {
            print_error(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(cli: cli::Cli, dotenv: dotenvy::Result<()>) -> anyhow::Result<ExitCode> {
    check_dotenv(dotenv)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(commands::run(cli))
}

/// Checks that `.env` is missing or was read. The error omits the invalid line, which may contain a password.
fn check_dotenv(result: dotenvy::Result<()>) -> anyhow::Result<()> {
    match result {
        Err(dotenvy::Error::LineParse(..)) => anyhow::bail!(
            "cannot read the file .env: each line must have the form NAME=value; put a value with spaces, quotes or # into \
             single quotes"
        ),
        Err(error) if !error.not_found() => {
            Err(anyhow::Error::new(error).context("cannot read the file .env"))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

#[expect(clippy::print_stderr, reason = "reports the error that ends the program")]
fn print_error(error: &anyhow::Error) {
    eprintln!("hermes: {}", error_text::describe(error));
    if let Some(advice) = error_text::advice(error) {
        eprintln!("hermes: {advice}");
    }
}
