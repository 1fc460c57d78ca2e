//! `hermes`: the portal, and everything an operator needs beside it, in one program.
//!
//! [`cli`] names the subcommands, [`commands`] carries out all but `serve`; [`serve`] listens and drains;
//! [`compose`] is the only place that names concrete adapters.

mod banner;
mod cli;
mod commands;
mod compose;
mod config;
mod durability;
mod metrics;

mod logging;
mod serve;
mod system;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // Several libraries speak TLS; they agree on one provider.
    let _installed_before = rustls::crypto::ring::default_provider().install_default();
    // A missing .env file is fine; a broken one is told once the log is there.
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
    if let Err(error) = dotenv
        && !error.not_found()
    {
        return Err(anyhow::Error::new(error).context("the file .env cannot be read"));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(commands::run(cli))
}

#[expect(clippy::print_stderr, reason = "the last word of a program that cannot go on")]
fn print_error(error: &anyhow::Error) {
    eprintln!("hermes: {error:#}");
}
