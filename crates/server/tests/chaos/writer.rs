//! Writers: each books one payment after the other and does not give up before it is acknowledged.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::rt::time::sleep;
use fastrand::Rng;
use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::list;
use crate::metrics::Count;
use crate::reader::Reader;
use crate::record::Acknowledged;
use crate::run::Run;

/// How long a booking may still take once the run is over, and with it every fault.
const MENDED_MAX: Duration = Duration::from_secs(60);
/// The pauses between two tries, and between two bookings, in milliseconds.
const RETRY_MS: std::ops::Range<u64> = 5..60;
const PAUSE_MS: std::ops::Range<u64> = 0..120;

/// One writer.
pub struct Writer {
    pub number: usize,
    pub run: Arc<Run>,
    pub client: Rc<Client>,
    pub reader: Reader,
    pub random: Rng,
}

/// A payment to be booked, once.
struct Payment {
    key: String,
    email: String,
    body: Value,
}

impl Writer {
    /// Books until the run is over.
    pub async fn work(mut self) {
        for place in 0.. {
            if !self.run.goes_on() {
                return;
            }
            let payment = self.payment(place);
            let Some((reference, by)) = self.book(&payment).await else { return };
            // Who was answered looks at once, and somewhere else.
            if self.random.bool() {
                let elsewhere = self.client.any(&mut self.random);
                self.reader.read_list(elsewhere).await;
            }
            if self.random.u8(..) < 16 {
                self.replay(&payment, &reference, by).await;
            }
            sleep(Duration::from_millis(self.random.u64(PAUSE_MS))).await;
        }
    }

    fn payment(&self, place: u64) -> Payment {
        let email = format!("payer-{}-{place}@example.org", self.number);
        let body =
            json!({"name": "Chaos Payer", "email": email, "amount": "12.34", "school": "Example College"});
        Payment { key: format!("chaos-{}-{place}", self.number), email, body }
    }

    /// Sends the same key to one instance after the other until one acknowledges.
    async fn book(&mut self, payment: &Payment) -> Option<(String, usize)> {
        loop {
            let instance = self.client.any(&mut self.random);
            let answer = self.client.book(instance, &payment.key, &payment.body).await;
            let at = self.run.now();
            match answer {
                Ok(answer) if answer.status == 201 => {
                    return self
                        .acknowledged(payment, &answer, instance)
                        .map(|reference| (reference, instance));
                }
                Ok(answer) if answer.status == 503 => self.run.figures.count(Count::WriteRefused),
                Ok(answer) => {
                    self.run.anomaly(&format!(
                        "{} was answered {} by {instance}",
                        payment.email,
                        answer.tell()
                    ));
                    return None;
                }
                Err(error) => {
                    self.run.figures.count(Count::WriteUnclear);
                    self.run.tell(format!("{} broke off at {instance}: {error}", payment.email));
                }
            }
            if at > self.run.settings.duration + MENDED_MAX {
                self.run.anomaly(&format!("{} is not booked although all is mended", payment.email));
                return None;
            }
            sleep(Duration::from_millis(self.random.u64(RETRY_MS))).await;
        }
    }

    fn acknowledged(&self, payment: &Payment, answer: &Answer, by: usize) -> Option<String> {
        let (email, at) = (payment.email.clone(), self.run.now());
        let taken = serde_json::from_slice(&answer.body).map_err(|error| error.to_string()).and_then(
            |booking: list::Booking| {
                if booking.email != email {
                    return Err(format!("{email} was given the booking of {}", booking.email));
                }
                self.run.record.acknowledge(&booking.reference, Acknowledged { email, at, by })?;
                Ok(booking.reference)
            },
        );
        match taken {
            Ok(reference) => {
                self.run.figures.count(Count::Acknowledged);
                let replay = if answer.is_replay { ", a replay" } else { "" };
                self.run.tell(format!("{reference} acknowledged by {by} (head {}{replay})", answer.version));
                Some(reference)
            }
            Err(error) => {
                self.run.anomaly(&error);
                None
            }
        }
    }

    /// Sends a request again that was answered already.
    async fn replay(&mut self, payment: &Payment, reference: &str, by: usize) {
        let instance = self.client.any(&mut self.random);
        let Ok(answer) = self.client.book(instance, &payment.key, &payment.body).await else { return };
        let again = serde_json::from_slice::<list::Booking>(&answer.body).map(|booking| booking.reference);
        let is_same = answer.is_replay && again.is_ok_and(|again| again == reference);
        match answer.status {
            201 if is_same => self.run.figures.count(Count::Replayed),
            503 => {}
            _ => self.run.anomaly(&format!(
                "{reference} of instance {by} was answered {} by {instance} when its key was sent again",
                answer.tell()
            )),
        }
    }
}
