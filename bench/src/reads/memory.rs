//! The memory of the process with 10,000 bookings after 100,000 reads.
//!
//! Not only the list is read, whose bytes are there once, but what could pile up: every tenth read is a page of one of a
//! thousand queries, every hundredth the list compressed. Resident memory is read from `/proc`, after the load.

use anyhow::Result;

use super::stage::{Mode, Stage};
use crate::load::Wrk;
use crate::report::{Bound, Row};
use crate::scale::Scale;
use crate::statistics::{count, number};

/// The bookings.
const BOOKINGS: u32 = 10_000;
/// The connections.
const CONNECTIONS: usize = 64;

/// Nine lists and one page in ten, one compressed list in a hundred.
const MIX: &str = r#"
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

/// Reads until there were enough.
pub async fn measure(scale: &Scale) -> Result<Vec<Row>> {
    let stage = Stage::start(Mode::Strict, BOOKINGS).await?;
    let at_rest = stage.hermes.memory_mib("VmRSS")?;
    let load = Wrk { script: MIX.to_owned(), ..Wrk::new(stage.hermes.url(""), CONNECTIONS) };
    let mut reads = 0;
    while reads < scale.reads {
        reads += load.run(scale.run)?.requests;
    }
    let resident = stage.hermes.memory_mib("VmRSS")?;
    let measured = format!(
        "**{} MiB** after {} reads; at rest {}, at most {}",
        number(resident),
        count(reads),
        number(at_rest),
        number(stage.hermes.memory_mib("VmHWM")?)
    );
    let case = "resident memory, 10,000 bookings, after 100,000 reads";
    Ok(vec![Row::judged(case, Bound::AtMost(60.0), "MiB", resident, measured)])
}
