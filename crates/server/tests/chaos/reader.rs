//! Readers: each response must show every booking that was acknowledged before the read started.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::time::sleep;
use fastrand::Rng;
use serde_json::Value;

use crate::client::{Client, describe};
use crate::environment::LIST_WINDOW;
use crate::etags::Etags;
use crate::list::{self, Booking};
use crate::report::{
    CHECKED, FROM_DB, FROM_L1, FROM_L2, NOT_MODIFIED, READ_FAILED, READ_REJECTED, UNVERIFIED,
};
use crate::run::Run;
use crate::support::Response;

/// The length of a page that is read with a limit.
const PAGE: usize = 20;
/// The longest time until an instance serves the list after the last fault.
const MAX_RECOVERY_TIME: Duration = Duration::from_secs(60);
/// The pauses between two reads, in milliseconds.
const PAUSE_MS: std::ops::Range<u64> = 0..10;

/// The text of every anomaly about a stale response.
pub const STALE: &str = "acknowledged before it started:";

pub struct Reader {
    pub run: Arc<Run>,
    pub client: Rc<Client>,
    pub etags: Rc<Etags>,
    pub random: Rng,
}

/// A read in flight.
struct Read {
    instance: usize,
    path: String,
    /// The newest reference that was acknowledged before the read started.
    required: u64,
    started: Duration,
}

impl Reader {
    /// Reads until the run ends: mostly the list, sometimes a page, a booking or the stats.
    pub async fn run(mut self) {
        while self.run.is_running() {
            let instance = self.client.random_instance(&mut self.random);
            match self.random.u8(..16) {
                0 => self.read_page(instance).await,
                1 => self.read_booking(instance).await,
                2 => self.read_stats(instance).await,
                _ => {
                    self.read_list(instance).await;
                }
            }
            sleep(Duration::from_millis(self.random.u64(PAUSE_MS))).await;
        }
    }

    /// Reads the list after the last fault, when it must be served and current.
    pub async fn read_after_last_fault(&mut self, instance: usize) {
        let deadline = self.run.now() + MAX_RECOVERY_TIME;
        while !self.read_list(instance).await && self.run.anomalies().is_empty() {
            if self.run.now() > deadline {
                self.run.report_anomaly(&format!("instance {instance} serves no list after the last fault"));
            }
            sleep(Duration::from_millis(self.random.u64(PAUSE_MS))).await;
        }
    }

    /// Reads the list, half of the time with an earlier ETag; returns whether the response was checked.
    pub async fn read_list(&mut self, instance: usize) -> bool {
        let age = self.random.usize(..3);
        let earlier = if self.random.bool() { self.etags.recent(age) } else { None };
        let read = self.begin(instance, "/api/bookings".to_owned());
        let etag = earlier.as_ref().map(|(etag, _)| etag.as_str());
        let Some(response) = self.send(&read, etag).await else { return false };
        let newest = match response.status {
            200 => self.newest_in(&response),
            304 => match earlier {
                Some((etag, newest)) if etag == response.header("ETag") => Ok(newest),
                _ => Err(format!("304 with the ETag {}, which was not sent", response.header("ETag"))),
            },
            _ => Err(describe(&response)),
        };
        if !self.check(&read, &response, newest) {
            return false;
        }
        self.run.report.count(match response.header("Hermes-Cache") {
            "l1" => FROM_L1,
            "l2" => FROM_L2,
            _ => FROM_DB,
        });
        if response.status == 304 {
            self.run.report.count(NOT_MODIFIED);
        }
        true
    }

    /// Reads the newest bookings as a page, which is another query.
    async fn read_page(&self, instance: usize) {
        let read = self.begin(instance, format!("/api/bookings?limit={PAGE}"));
        let Some(response) = self.send(&read, None).await else { return };
        let newest = match response.status {
            200 => self.check_list(&response, PAGE),
            _ => Err(describe(&response)),
        };
        self.check(&read, &response, newest);
    }

    /// Reads the booking that was acknowledged last.
    async fn read_booking(&self, instance: usize) {
        let number = self.run.record.newest();
        if number == 0 {
            return;
        }
        let read = self.begin(instance, format!("/api/bookings/REF{number:03}"));
        let Some(response) = self.send(&read, None).await else { return };
        let booking = serde_json::from_slice::<Booking>(&response.body).ok();
        let payer = booking.filter(|_| response.status == 200).map(|booking| booking.email);
        let is_right = payer.is_some() && payer == self.run.record.payer_of(number);
        let newest = if is_right { Ok(read.required) } else { Err(describe(&response)) };
        self.check(&read, &response, newest);
    }

    /// Reads the stats, in which the number of payments is the number of the newest reference.
    async fn read_stats(&self, instance: usize) {
        let read = self.begin(instance, "/api/stats".to_owned());
        let Some(response) = self.send(&read, None).await else { return };
        let stats: Option<Value> =
            serde_json::from_slice(&response.body).ok().filter(|_| response.status == 200);
        let payments = stats.and_then(|stats| stats["payments"].as_u64());
        self.check(&read, &response, payments.ok_or_else(|| describe(&response)));
    }

    fn begin(&self, instance: usize, path: String) -> Read {
        let required = self.run.record.newest();
        Read { instance, path, required, started: self.run.now() }
    }

    /// Returns the response, unless it is a rejection or missing, which faults may cause.
    async fn send(&self, read: &Read, etag: Option<&str>) -> Option<Response> {
        match self.client.get(read.instance, &read.path, etag).await {
            Err(_) => self.run.report.count(READ_FAILED),
            Ok(response) if response.status == 503 => self.run.report.count(READ_REJECTED),
            Ok(response) => return Some(response),
        }
        None
    }

    /// Compares the newest reference of a response with the required one; returns whether it counts as checked.
    fn check(&self, read: &Read, response: &Response, newest: Result<u64, String>) -> bool {
        let Read { instance, path, required, started } = read;
        let freshness = response.header("Hermes-Freshness");
        let description = format!(
            "GET {path} at instance {instance}, started at {} ms, took {} ms: \
             {} from {}, head {}, ETag {}, freshness {freshness:?}",
            started.as_millis(),
            (self.run.now() - *started).as_millis(),
            response.status,
            response.header("Hermes-Cache"),
            response.header("Hermes-Version"),
            response.header("ETag"),
        );
        match newest {
            Err(error) => self.run.report_anomaly(&format!("{description}: {error}")),
            Ok(_) if freshness == "unverified" => self.run.report.count(UNVERIFIED),
            Ok(newest) if newest < *required => {
                let missing = self.run.record.describe(newest + 1..=*required);
                self.run.report_anomaly(&format!(
                    "{description}; it ends at REF{newest:03} and lacks bookings {STALE}\n{missing}"
                ));
            }
            Ok(newest) => {
                self.run.report.count(CHECKED);
                self.run.log(format!("REF{newest:03} shown, REF{required:03} required: {description}"));
                return true;
            }
        }
        false
    }

    /// Returns the newest reference of a list; a list with a known ETag is not checked again.
    fn newest_in(&self, response: &Response) -> Result<u64, String> {
        let etag = response.header("ETag");
        if let Some(newest) = self.etags.newest_if_checked(etag, &response.body)? {
            return Ok(newest);
        }
        let newest = self.check_list(response, LIST_WINDOW)?;
        self.etags.insert(etag, &response.body, newest);
        Ok(newest)
    }

    fn check_list(&self, response: &Response, window: usize) -> Result<u64, String> {
        let list = list::check(&response.body, window)?;
        self.run.record.add_payers(&list.payers)?;
        Ok(list.newest)
    }
}
