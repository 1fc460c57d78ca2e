//! Load generators: closed loops, which wait for each response, and open loops, which send at planned times.

mod closed_loop;
mod http;
mod open_loop;
mod requests;
mod wrk;

pub use closed_loop::run_closed_loop;
pub use http::{Connection, Response, get};
pub use open_loop::{OpenLoopResult, Sample, run_open_loop};
pub use requests::{BookingRequests, ReceiptRequests, Requests};
pub use wrk::{Wrk, WrkResult};
