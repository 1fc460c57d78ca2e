//! Readers, and the check: what was acknowledged before a read started is in its answer.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::time::sleep;
use fastrand::Rng;
use serde_json::Value;

use crate::client::{Answer, Client};
use crate::etags::Etags;
use crate::list;
use crate::metrics::Count;
use crate::run::Run;
use crate::scene::LIST_WINDOW;

/// How many bookings a page has that is asked for with a limit.
const PAGE: usize = 20;
/// How long an instance may take to serve again when all is mended.
const MENDED_MAX: Duration = Duration::from_secs(60);
/// The pauses between two reads, in milliseconds.
const PAUSE_MS: std::ops::Range<u64> = 0..10;

/// What is said of an answer that lacks something it had to show.
pub const STALE: &str = "and before it started:";

/// One reader.
pub struct Reader {
    pub run: Arc<Run>,
    pub client: Rc<Client>,
    pub etags: Rc<Etags>,
    pub random: Rng,
}

/// A read under way.
struct Read {
    instance: usize,
    path: String,
    /// The newest reference that was acknowledged before it started.
    floor: u64,
    started: Duration,
}

impl Reader {
    /// Reads until the run is over: mostly the list, sometimes what else can be old.
    pub async fn work(mut self) {
        while self.run.goes_on() {
            let instance = self.client.any(&mut self.random);
            match self.random.u8(..16) {
                0 => self.read_page(instance).await,
                1 => self.read_one(instance).await,
                2 => self.read_sums(instance).await,
                _ => {
                    self.read_list(instance).await;
                }
            }
            sleep(Duration::from_millis(self.random.u64(PAUSE_MS))).await;
        }
    }

    /// Reads the list when all is mended: it has to be served then, and to be current.
    pub async fn read_at_last(&mut self, instance: usize) {
        let deadline = self.run.now() + MENDED_MAX;
        while !self.read_list(instance).await && self.run.anomalies().is_empty() {
            if self.run.now() > deadline {
                self.run.anomaly(&format!("instance {instance} serves no list although all is mended"));
            }
            sleep(Duration::from_millis(self.random.u64(PAUSE_MS))).await;
        }
    }

    /// Reads the list, every other time with the ETag of one that is known; whether it could be checked.
    pub async fn read_list(&mut self, instance: usize) -> bool {
        let age = self.random.usize(..3);
        let known = if self.random.bool() { self.etags.recent(age) } else { None };
        let read = self.begin(instance, "/api/bookings".to_owned());
        let Some(answer) = self.ask(&read, known.as_ref().map(|(etag, _)| etag.as_str())).await else {
            return false;
        };
        let shown = match answer.status {
            200 => self.newest_of(&answer),
            304 => match known {
                Some((etag, newest)) if etag == answer.etag => Ok(newest),
                _ => Err(format!("304 with the ETag {} that was not asked for", answer.etag)),
            },
            _ => Err(answer.tell()),
        };
        if !self.check(&read, &answer, shown) {
            return false;
        }
        match answer.tier.as_str() {
            "l1" => self.run.figures.count(Count::FromL1),
            "l2" => self.run.figures.count(Count::FromL2),
            _ => self.run.figures.count(Count::FromDb),
        }
        if answer.status == 304 {
            self.run.figures.count(Count::NotModified);
        }
        true
    }

    /// The newest bookings as a page, which is another query.
    async fn read_page(&self, instance: usize) {
        let read = self.begin(instance, format!("/api/bookings?limit={PAGE}"));
        let Some(answer) = self.ask(&read, None).await else { return };
        let shown = match answer.status {
            200 => self.examine(&answer, PAGE),
            _ => Err(answer.tell()),
        };
        self.check(&read, &answer, shown);
    }

    /// The booking that was acknowledged last.
    async fn read_one(&self, instance: usize) {
        let floor = self.run.record.newest();
        if floor == 0 {
            return;
        }
        let read = self.begin(instance, format!("/api/bookings/REF{floor:03}"));
        let Some(answer) = self.ask(&read, None).await else { return };
        let shown = match serde_json::from_slice::<list::Booking>(&answer.body) {
            Ok(booking)
                if answer.status == 200
                    && Some(&booking.email) == self.run.record.payer_of(floor).as_ref() =>
            {
                Ok(read.floor)
            }
            _ => Err(answer.tell()),
        };
        self.check(&read, &answer, shown);
    }

    /// The sums: how many payments were ever booked is the newest reference.
    async fn read_sums(&self, instance: usize) {
        let read = self.begin(instance, "/api/stats".to_owned());
        let Some(answer) = self.ask(&read, None).await else { return };
        let sums: Option<Value> = serde_json::from_slice(&answer.body).ok().filter(|_| answer.status == 200);
        let payments = sums.and_then(|sums| sums["payments"].as_u64());
        self.check(&read, &answer, payments.ok_or_else(|| answer.tell()));
    }

    fn begin(&self, instance: usize, path: String) -> Read {
        let floor = self.run.record.newest();
        Read { instance, path, floor, started: self.run.now() }
    }

    /// The answer, unless it is a refusal or none at all: both are allowed while something is broken.
    async fn ask(&self, read: &Read, etag: Option<&str>) -> Option<Answer> {
        match self.client.get(read.instance, &read.path, etag).await {
            Err(_) => self.run.figures.count(Count::ReadBroken),
            Ok(answer) if answer.status == 503 => self.run.figures.count(Count::ReadRefused),
            Ok(answer) => return Some(answer),
        }
        None
    }

    /// Holds what a read has shown against what it had to show; whether it counts as checked.
    fn check(&self, read: &Read, answer: &Answer, shown: Result<u64, String>) -> bool {
        let Read { instance, path, floor, started } = read;
        let took = self.run.now() - *started;
        let said = format!(
            "GET {path} at instance {instance}, started at {} ms, took {} ms: {} from {}, head {}, ETag {}, anchored: {}",
            started.as_millis(),
            took.as_millis(),
            answer.status,
            answer.tier,
            answer.version,
            answer.etag,
            answer.is_verified,
        );
        match shown {
            Err(wrong) => self.run.anomaly(&format!("{said}: {wrong}")),
            Ok(_) if !answer.is_verified => self.run.figures.count(Count::UnverifiedReads),
            Ok(newest) if newest < *floor => {
                let missing = self.run.record.tell(newest + 1..=*floor);
                self.run.anomaly(&format!("{said}; it ends at REF{newest:03}, {STALE}\n{missing}"));
            }
            Ok(newest) => {
                self.run.figures.count(Count::Checked);
                self.run.tell(format!("REF{newest:03} shown, REF{floor:03} due: {said}"));
                return true;
            }
        }
        false
    }

    /// The newest reference of a list, which is examined once.
    fn newest_of(&self, answer: &Answer) -> Result<u64, String> {
        if let Some(newest) = self.etags.examined(&answer.etag, &answer.body)? {
            return Ok(newest);
        }
        let newest = self.examine(answer, LIST_WINDOW)?;
        self.etags.remember(&answer.etag, &answer.body, newest);
        Ok(newest)
    }

    fn examine(&self, answer: &Answer, window: usize) -> Result<u64, String> {
        let list = list::examine(&answer.body, window)?;
        self.run.record.see(&list.payers)?;
        Ok(list.newest)
    }
}
