//! Prepares responses for the connection: counts them, and divides large bodies.

use std::cell::Cell;
use std::convert::Infallible;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_web::Error;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use hermes_web::middleware;

/// The size of the parts of a body, in bytes. The HTTP library copies one part at a time into its write buffer. It would copy
/// an undivided body as a whole, for every connection whose client does not read.
const PART_SIZE: usize = 64 * 1024;

/// The number of requests of a connection that have been processed.
#[derive(Debug, Clone, Default)]
pub(super) struct Processed(Rc<Cell<u64>>);

impl Processed {
    pub(super) fn count(&self) -> u64 {
        self.0.get()
    }
}

/// Processes a request, whose connection has a [`Processed`] as its data.
pub(super) async fn process(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let processed = request.conn_data::<Processed>().cloned();
    let result = middleware::envelope(request, next).await;
    if let Some(Processed(count)) = processed {
        count.set(count.get() + 1);
    }
    Ok(result?.map_body(|_, body| divide(body)))
}

/// Divides a body in memory into parts, without copying it.
fn divide(body: BoxBody) -> BoxBody {
    let is_large = |size: u64| usize::try_from(size).is_ok_and(|size| size > PART_SIZE);
    if !matches!(body.size(), BodySize::Sized(size) if is_large(size)) {
        return body;
    }
    body.try_into_bytes().map_or_else(|stream| stream, |bytes| BoxBody::new(Parts(bytes)))
}

/// The unsent part of a body. Its size is known, so the response has a `Content-Length`.
#[derive(Debug)]
struct Parts(Bytes);

impl MessageBody for Parts {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        self.0.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, Infallible>>> {
        let length = self.0.len().min(PART_SIZE);
        Poll::Ready((length > 0).then(|| Ok(self.0.split_to(length))))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use super::*;

    #[actix_web::test]
    async fn a_large_body_is_sent_in_parts_that_share_its_memory() {
        let part_size = PART_SIZE;
        let bytes = Bytes::from(vec![7; 2 * part_size + 1]);
        let mut body = divide(BoxBody::new(bytes.clone()));
        assert_eq!(body.size(), bytes.size());
        for part in bytes.chunks(part_size) {
            let sent = poll_fn(|cx| Pin::new(&mut body).poll_next(cx)).await.unwrap().unwrap();
            assert_eq!((sent.as_ptr(), sent.len()), (part.as_ptr(), part.len()));
        }
        assert!(poll_fn(|cx| Pin::new(&mut body).poll_next(cx)).await.is_none());
        let small = divide(BoxBody::new(bytes.slice(..part_size)));
        assert_eq!(small.try_into_bytes().unwrap().len(), part_size);
    }
}
