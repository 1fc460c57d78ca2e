//! The reference of the reads: a bare actix handler that serves the bytes of a file and supports `If-None-Match`.
//!
//! A server of fixed bytes cannot do less: one route, no middleware, a shared body, an entity tag compared as bytes.
//! The difference to Hermes is the price of fresh reads.
//!
//! usage: bare_handler PORT FILE ETAG

use std::net::Ipv4Addr;

use actix_web::http::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use actix_web::web::Bytes;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use anyhow::Context;

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().context("the port is missing")?.parse()?;
    let body = Bytes::from(std::fs::read(arguments.next().context("the file is missing")?)?);
    let etag: HeaderValue = arguments.next().context("the entity tag is missing")?.parse()?;
    let server = HttpServer::new(move || {
        let (body, etag) = (body.clone(), etag.clone());
        let handler = move |request: HttpRequest| {
            let (body, etag) = (body.clone(), etag.clone());
            async move { respond(&request, body, etag) }
        };
        App::new().route("/", web::get().to(handler))
    });
    server
        .workers(std::thread::available_parallelism()?.get())
        .bind((Ipv4Addr::LOCALHOST, port))?
        .run()
        .await?;
    Ok(())
}

fn respond(request: &HttpRequest, body: Bytes, etag: HeaderValue) -> HttpResponse {
    if request.headers().get(IF_NONE_MATCH) == Some(&etag) {
        return HttpResponse::NotModified().insert_header((ETAG, etag)).finish();
    }
    HttpResponse::Ok().insert_header((ETAG, etag)).content_type("application/json").body(body)
}
