//! Writers: each books one payment after another and retries until the booking is acknowledged.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::time::sleep;
use fastrand::Rng;
use serde_json::{Value, json};

use crate::client::{Client, describe};
use crate::list::Booking;
use crate::reader::Reader;
use crate::record::Acknowledged;
use crate::report::{ACKNOWLEDGED, REPLAYED, WRITE_REJECTED, WRITE_UNKNOWN};
use crate::run::Run;
use crate::support::Response;

/// The longest time of a booking after the last fault.
const MAX_RECOVERY_TIME: Duration = Duration::from_secs(60);
/// The pauses between two attempts, and between two bookings, in milliseconds.
const RETRY_MS: std::ops::Range<u64> = 5..60;
const PAUSE_MS: std::ops::Range<u64> = 0..120;

pub struct Writer {
    pub number: usize,
    pub run: Arc<Run>,
    pub client: Rc<Client>,
    pub reader: Reader,
    pub random: Rng,
}

/// A payment to be booked once.
struct Request {
    key: String,
    email: String,
    body: Value,
}

impl Writer {
    /// Books payments until the run ends.
    pub async fn run(mut self) {
        for index in 0.. {
            if !self.run.is_running() {
                return;
            }
            let request = self.request(index);
            let Some((reference, acknowledged_by)) = self.book(&request).await else { return };
            // Read-your-writes: the writer reads at once, from any instance.
            if self.random.bool() {
                let instance = self.client.random_instance(&mut self.random);
                self.reader.read_list(instance).await;
            }
            if self.random.u8(..) < 16 {
                self.replay(&request, &reference, acknowledged_by).await;
            }
            sleep(Duration::from_millis(self.random.u64(PAUSE_MS))).await;
        }
    }

    fn request(&self, index: u64) -> Request {
        let email = format!("payer-{}-{index}@example.org", self.number);
        let body =
            json!({"name": "Chaos Payer", "email": email, "amount": "12.34", "school": "Example College"});
        Request { key: format!("chaos-{}-{index}", self.number), email, body }
    }

    /// Sends the request to random instances until one acknowledges; returns the reference and that instance.
    async fn book(&mut self, request: &Request) -> Option<(String, usize)> {
        loop {
            let instance = self.client.random_instance(&mut self.random);
            let response = self.client.book(instance, &request.key, &request.body).await;
            let at = self.run.now();
            match response {
                Ok(response) if response.status == 201 => {
                    let reference = self.record(request, &response, instance)?;
                    return Some((reference, instance));
                }
                Ok(response) if response.status == 503 => self.run.report.count(WRITE_REJECTED),
                Ok(response) => {
                    let response = describe(&response);
                    self.run.report_anomaly(&format!("{} got {response} from {instance}", request.email));
                    return None;
                }
                Err(error) => {
                    self.run.report.count(WRITE_UNKNOWN);
                    self.run.log(format!("{} got no response from {instance}: {error}", request.email));
                }
            }
            if at > self.run.settings.duration + MAX_RECOVERY_TIME {
                self.run.report_anomaly(&format!("{} is not booked after the last fault", request.email));
                return None;
            }
            sleep(Duration::from_millis(self.random.u64(RETRY_MS))).await;
        }
    }

    /// Records an acknowledgement; returns its reference, or `None` after an anomaly.
    fn record(&self, request: &Request, response: &Response, instance: usize) -> Option<String> {
        let result = parse(response).and_then(|booking| {
            if booking.email != request.email {
                return Err(format!("{} got the booking of {}", request.email, booking.email));
            }
            let acknowledged = Acknowledged { email: booking.email, at: self.run.now(), instance };
            self.run.record.acknowledge(&booking.reference, acknowledged)?;
            Ok(booking.reference)
        });
        match result {
            Ok(reference) => {
                self.run.report.count(ACKNOWLEDGED);
                let head = response.header("Hermes-Version");
                let replay = if response.is_replay() { ", a replay" } else { "" };
                self.run.log(format!("{reference} acknowledged by {instance} (head {head}{replay})"));
                Some(reference)
            }
            Err(error) => {
                self.run.report_anomaly(&error);
                None
            }
        }
    }

    /// Sends an acknowledged request again.
    async fn replay(&mut self, request: &Request, reference: &str, acknowledged_by: usize) {
        let instance = self.client.random_instance(&mut self.random);
        let Ok(response) = self.client.book(instance, &request.key, &request.body).await else { return };
        let is_same =
            response.is_replay() && parse(&response).is_ok_and(|booking| booking.reference == reference);
        match response.status {
            201 if is_same => self.run.report.count(REPLAYED),
            503 => {}
            _ => self.run.report_anomaly(&format!(
                "the replay of {reference} (instance {acknowledged_by}) got {} from {instance}",
                describe(&response)
            )),
        }
    }
}

fn parse(response: &Response) -> Result<Booking, String> {
    serde_json::from_slice(&response.body).map_err(|error| error.to_string())
}
