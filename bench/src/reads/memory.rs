//! The resident memory with 10,000 bookings after 100,000 reads.
//!
//! The load includes reads whose memory could accumulate. One read in ten is a page of one of a thousand queries. One
//! in a hundred is the compressed list. The memory is read from `/proc` after the load.

use anyhow::Result;

use super::harness::{ClusterMode, Harness};
use crate::load::Wrk;
use crate::report::{Limit, Row};
use crate::scale::Scale;
use crate::statistics::{format_count, format_number};

/// The number of bookings.
const BOOKINGS: u32 = 10_000;
/// The number of connections.
const CONNECTIONS: usize = 64;

/// Lists, with a page in every tenth and a compressed list in every hundredth request.
const MIXED_REQUESTS: &str = r#"
local n = 0
function request()
  n = n + 1
  if n % 100 == 0 then return wrk.format("GET", "/api/bookings", {["Accept-Encoding"] = "gzip"}) end
  if n % 10 == 0 then
    local before = os.date("!%Y-%m-%dT%H:%M:%SZ", 1767225600 + n % 10000)
    return wrk.format("GET", "/api/bookings?limit=20&created_to=" .. before)
  end
  return wrk.format("GET", "/api/bookings")
end
"#;

/// Runs the reads, then measures the memory.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let harness = Harness::start(ClusterMode::Many, BOOKINGS).await?;
    let at_rest = harness.hermes.memory_mib("VmRSS")?;
    let load = Wrk { script: MIXED_REQUESTS.to_owned(), ..Wrk::new(harness.hermes.url(""), CONNECTIONS) };
    let mut reads = 0;
    while reads < scale.reads {
        reads += load.run(scale.run)?.requests;
    }
    let resident = harness.hermes.memory_mib("VmRSS")?;
    let measured = format!(
        "**{} MiB** after {} reads; at rest {}, at most {}",
        format_number(resident),
        format_count(reads),
        format_number(at_rest),
        format_number(harness.hermes.memory_mib("VmHWM")?)
    );
    let case = "resident memory, 10,000 bookings, after 100,000 reads";
    Ok(vec![Row::limited(case, Limit::AtMost(60.0), "MiB", resident, measured)])
}
