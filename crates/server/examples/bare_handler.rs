//! The reference of the benchmarks: a bare actix handler that returns the bytes of a file.
//!
//! usage: bare_handler PORT FILE

use std::net::Ipv4Addr;

use actix_web::web::Bytes;
use actix_web::{App, HttpResponse, HttpServer, web};
use anyhow::Context;

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().context("a port")?.parse()?;
    let body = Bytes::from(std::fs::read(arguments.next().context("a file")?)?);
    let server = HttpServer::new(move || {
        let body = body.clone();
        let answer = move || {
            let body = body.clone();
            async move { HttpResponse::Ok().content_type("application/json").body(body) }
        };
        App::new().route("/", web::get().to(answer))
    });
    server
        .workers(std::thread::available_parallelism()?.get())
        .bind((Ipv4Addr::LOCALHOST, port))?
        .run()
        .await?;
    Ok(())
}
