//! The reference of the reads: a bare actix handler that returns the bytes of a file, and 304 to who has them.
//!
//! It does nothing that a server of a fixed list could leave out: one route, no middleware, the body is shared and not
//! copied, the entity tag is compared as it stands. What Hermes needs more than this is the price of being fresh.
//!
//! usage: bare_handler PORT FILE TAG

use std::net::Ipv4Addr;

use actix_web::http::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use actix_web::web::Bytes;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use anyhow::Context;

#[actix_web::main]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let port: u16 = arguments.next().context("a port")?.parse()?;
    let body = Bytes::from(std::fs::read(arguments.next().context("a file")?)?);
    let tag: HeaderValue = arguments.next().context("a tag")?.parse()?;
    let server = HttpServer::new(move || {
        let (body, tag) = (body.clone(), tag.clone());
        let answer = move |request: HttpRequest| {
            let (body, tag) = (body.clone(), tag.clone());
            async move { answer(&request, body, tag) }
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

fn answer(request: &HttpRequest, body: Bytes, tag: HeaderValue) -> HttpResponse {
    if request.headers().get(IF_NONE_MATCH) == Some(&tag) {
        return HttpResponse::NotModified().insert_header((ETAG, tag)).finish();
    }
    HttpResponse::Ok().insert_header((ETAG, tag)).content_type("application/json").body(body)
}
