//! A random sequence of requests, sent to the ledger and to the model.

use std::collections::BTreeSet;
use std::collections::hash_map::DefaultHasher;
use std::future::poll_fn;
use std::hash::{Hash, Hasher};
use std::pin::Pin;
use std::task::Poll;

use hermes_domain::ledger::{
    Cancellation, Command, Correction, IdempotencyClaim, Origin, Rejection, Submission,
};
use hermes_domain::payment::{
    BookingField, BookingRequest, CorrectionRequest, Edit, NewBooking, Payment, PaymentKey, Reference,
    ValidationStatus,
};
use hermes_service::writer::{Committed, LedgerWriter, SubmitError};

use crate::model::{Act, Answer, Change, Model, Request, Row};

/// The most requests of one sequence that are sent without waiting for answers.
const BURST_MAX: usize = 4;
const BURSTS_MAX: usize = 5;
const PAYERS: u8 = 3;
const KEYS: u8 = 3;
/// No payment has this reference.
const NOBODYS: i64 = 1_000_000_000_000;

/// A sequence that was carried out: what the model says of each payment, by its reference.
pub struct Ended {
    pub seed: u64,
    pub requests: usize,
    /// The kinds of answers that were given.
    pub kinds: BTreeSet<&'static str>,
    pub payments: Vec<(Reference, Row, Vec<&'static str>)>,
}

pub struct Sequence {
    seed: u64,
    random: fastrand::Rng,
    model: Model,
    /// The references of the model's rows.
    references: Vec<Reference>,
    /// What was sent under each key, to be sent again.
    sent: Vec<Request>,
    requests: usize,
    kinds: BTreeSet<&'static str>,
}

impl Sequence {
    pub fn new(seed: u64) -> Self {
        let random = fastrand::Rng::with_seed(seed);
        Self {
            seed,
            random,
            model: Model::default(),
            references: Vec::new(),
            sent: Vec::new(),
            requests: 0,
            kinds: BTreeSet::new(),
        }
    }

    pub async fn carry_out(mut self, ledger: LedgerWriter) -> Ended {
        for _ in 0..self.random.usize(1..=BURSTS_MAX) {
            let requests: Vec<_> = (0..self.random.usize(1..=BURST_MAX)).map(|_| self.request()).collect();
            self.requests += requests.len();
            let submitted = requests.iter().map(|request| ledger.submit(self.submission(request))).collect();
            for (request, answered) in requests.iter().zip(all_in_order(submitted).await) {
                let expected = self.model.decide(request);
                let seen = self.seen(answered);
                self.kinds.insert(kind(&seen));
                assert_eq!(seen, expected, "seed {}: {request:?} of {requests:?}", self.seed);
            }
        }
        let rows = self.references.into_iter().zip(self.model.rows).zip(self.model.histories);
        let payments = rows.map(|((reference, row), history)| (reference, row, history)).collect();
        Ended { seed: self.seed, requests: self.requests, kinds: self.kinds, payments }
    }

    /// Something new, or the same as before, or something else under a key of before.
    fn request(&mut self) -> Request {
        if !self.sent.is_empty() && self.random.u8(0..5) == 0 {
            return self.sent[self.random.usize(0..self.sent.len())].clone();
        }
        let key = (self.random.u8(0..3) == 0).then(|| self.random.u8(0..KEYS));
        let request = Request { key, act: self.act() };
        if key.is_some() {
            self.sent.push(request.clone());
        }
        request
    }

    fn act(&mut self) -> Act {
        let payer = self.random.u8(0..PAYERS);
        let amount = 2_000 * self.random.i64(1..100);
        // One more than there are is none.
        let place = self.random.usize(0..=self.references.len());
        let target = (place < self.references.len()).then_some(place);
        let seen = target.map_or(1, |place| self.model.rows[place].version);
        let version = if self.random.u8(0..6) == 0 { seen + self.random.i64(-1..=1) } else { seen };
        match self.random.u8(0..10) {
            0..6 => Act::Book { payer, amount },
            6 => Act::Correct { target, version, change: Change::Payer(payer) },
            7 => Act::Correct { target, version, change: Change::Amount(amount) },
            8 => Act::Cancel { target, version: self.random.bool().then_some(version) },
            _ => Act::Correct { target, version, change: Change::NoName },
        }
    }

    fn submission(&self, request: &Request) -> Submission {
        let target = |target: Option<usize>| {
            let reference = target.map(|place| self.references[place]);
            PaymentKey::Reference(reference.or(Reference::new(NOBODYS)).unwrap())
        };
        let command = match &request.act {
            Act::Book { payer, amount } => Command::Book(self.booking(*payer, *amount)),
            Act::Correct { target: place, version, change } => Command::Correct(Correction {
                target: target(*place),
                expected_version: Some(*version),
                request: self.correction(change),
                reason: None,
            }),
            Act::Cancel { target: place, version } => Command::Cancel(Cancellation {
                target: target(*place),
                expected_version: *version,
                reason: "no longer needed".to_owned(),
            }),
        };
        let idempotency = request.key.map(|key| self.claim(key, &request.act));
        Submission { command, origin: Origin { actor: "tests".to_owned(), ..Origin::default() }, idempotency }
    }

    fn booking(&self, payer: u8, amount: i64) -> NewBooking {
        let request = BookingRequest::from([
            (BookingField::Name, "Payer".to_owned()),
            (BookingField::Email, self.email(payer)),
            (BookingField::Amount, decimal(amount)),
        ]);
        NewBooking::parse(&request).unwrap()
    }

    fn correction(&self, change: &Change) -> CorrectionRequest {
        let (field, text) = match change {
            Change::Payer(payer) => (BookingField::Email, self.email(*payer)),
            Change::Amount(amount) => (BookingField::Amount, decimal(*amount)),
            Change::NoName => (BookingField::Name, " ".to_owned()),
        };
        CorrectionRequest::from([(field, Edit::Set(text))])
    }

    fn claim(&self, key: u8, act: &Act) -> IdempotencyClaim {
        let digest = |number: u64| {
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&number.to_be_bytes());
            digest
        };
        let mut hasher = DefaultHasher::new();
        format!("{act:?}").hash(&mut hasher);
        let mut scope_hash = digest(self.seed);
        scope_hash[31] = key;
        IdempotencyClaim { scope_hash, fingerprint: digest(hasher.finish()) }
    }

    /// An answer of the ledger as the model would give it.
    fn seen(&mut self, answered: Result<Committed, SubmitError>) -> Answer {
        let Committed { outcome, .. } = match answered {
            Ok(committed) => committed,
            Err(SubmitError::Rejected(refusal)) => return Answer::Refused(why(&refusal)),
            Err(error) => panic!("seed {}: {error}", self.seed),
        };
        let known = self.references.iter().position(|known| *known == outcome.payment.reference);
        let place = known.unwrap_or_else(|| {
            self.references.push(outcome.payment.reference);
            self.references.len() - 1
        });
        Answer::Done { place, row: row(&outcome.payment), replayed: outcome.replayed }
    }

    fn email(&self, payer: u8) -> String {
        format!("{payer}@{:x}.example.org", self.seed)
    }
}

/// A payment as the model has it.
fn row(payment: &Payment) -> Row {
    Row {
        payer: payer_of(&payment.details.email),
        amount: payment.amount.minor(),
        version: payment.version,
        cancelled: payment.cancelled_at.is_some(),
        duplicate: payment.validation_status() == ValidationStatus::Flagged,
    }
}

pub fn payer_of(email: &str) -> u8 {
    email.split_once('@').unwrap().0.parse().unwrap()
}

fn decimal(minor: i64) -> String {
    format!("{}.{:02}", minor / 100, minor % 100)
}

const fn why(refusal: &Rejection) -> &'static str {
    match refusal {
        Rejection::NotFound(_) => "not found",
        Rejection::VersionMismatch { .. } => "version",
        Rejection::IllegalState { .. } => "state",
        Rejection::Invalid(_) => "invalid",
        Rejection::KeyReused { .. } => "key reused",
        Rejection::OutOfRange => "out of range",
    }
}

const fn kind(answer: &Answer) -> &'static str {
    match answer {
        Answer::Done { replayed: true, .. } => "replayed",
        Answer::Done { row: Row { cancelled: true, .. }, .. } => "cancelled",
        Answer::Done { row: Row { duplicate: true, .. }, .. } => "flagged",
        Answer::Done { .. } => "done",
        Answer::Refused(why) => why,
    }
}

/// Begins futures one after the other and waits until all are done.
async fn all_in_order<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut futures: Vec<Pin<Box<F>>> = futures.into_iter().map(Box::pin).collect();
    let mut outputs: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    poll_fn(|context| {
        for (future, output) in futures.iter_mut().zip(&mut outputs).filter(|(_, output)| output.is_none()) {
            if let Poll::Ready(ready) = future.as_mut().poll(context) {
                *output = Some(ready);
            }
        }
        if outputs.iter().all(Option::is_some) { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    outputs.into_iter().flatten().collect()
}
