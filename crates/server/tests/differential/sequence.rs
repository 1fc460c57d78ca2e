//! A random sequence of requests, sent to the ledger and to the model.

use std::collections::BTreeSet;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};

use futures_util::future::join_all;
use hermes_domain::institution::StudentIdRule;
use hermes_domain::ledger::{
    Cancellation, Command, Correction, HeldMoney, IdempotencyClaim, Origin, Rejection, Submission,
};
use hermes_domain::payment::{
    BookingField, BookingRequest, CorrectionRequest, Edit, NewBooking, Payment, PaymentKey, Reference,
    ValidationStatus,
};
use hermes_service::writer::{Committed, LedgerWriter, SubmitError};

use crate::model::{Action, Change, Model, Outcome, Request, Row};

/// The most requests of one sequence in flight.
const MAX_BURST: usize = 4;
const MAX_BURSTS: usize = 5;
const PAYERS: u8 = 3;
const KEYS: u8 = 3;
/// A reference without a payment.
const UNKNOWN_REFERENCE: i64 = 1_000_000_000_000;

/// A finished sequence, with the state of each payment in the model.
pub struct FinishedSequence {
    pub seed: u64,
    pub requests: usize,
    /// The kinds of outcomes.
    pub kinds: BTreeSet<&'static str>,
    pub payments: Vec<(Reference, Row, Vec<&'static str>)>,
}

#[derive(Default)]
pub struct Sequence {
    seed: u64,
    random: fastrand::Rng,
    model: Model,
    /// The references of the model's rows, by index.
    references: Vec<Reference>,
    /// The requests with keys, for replays.
    sent: Vec<Request>,
    requests: usize,
    kinds: BTreeSet<&'static str>,
}

impl Sequence {
    pub fn new(seed: u64) -> Self {
        Self { seed, random: fastrand::Rng::with_seed(seed), ..Self::default() }
    }

    pub async fn run(mut self, ledger: LedgerWriter) -> FinishedSequence {
        for _ in 0..self.random.usize(1..=MAX_BURSTS) {
            let requests: Vec<_> = (0..self.random.usize(1..=MAX_BURST)).map(|_| self.request()).collect();
            self.requests += requests.len();
            // `join_all` polls the futures in order, so the ledger receives the commands in order.
            let submitted: Vec<_> =
                requests.iter().map(|request| ledger.submit(self.submission(request))).collect();
            for (request, result) in requests.iter().zip(join_all(submitted).await) {
                let expected = self.model.decide(request);
                let actual = self.outcome(result);
                self.kinds.insert(kind(&actual));
                assert_eq!(actual, expected, "seed {}: {request:?} of {requests:?}", self.seed);
            }
        }
        let rows = self.references.into_iter().zip(self.model.rows).zip(self.model.histories);
        let payments = rows.map(|((reference, row), history)| (reference, row, history)).collect();
        FinishedSequence { seed: self.seed, requests: self.requests, kinds: self.kinds, payments }
    }

    /// Returns a new request, a replay, or another request with a used key.
    fn request(&mut self) -> Request {
        if !self.sent.is_empty() && self.random.u8(0..5) == 0 {
            return self.sent[self.random.usize(0..self.sent.len())].clone();
        }
        let key = (self.random.u8(0..3) == 0).then(|| self.random.u8(0..KEYS));
        let request = Request { key, action: self.action() };
        if key.is_some() {
            self.sent.push(request.clone());
        }
        request
    }

    fn action(&mut self) -> Action {
        let payer = self.random.u8(0..PAYERS);
        let amount = 2_000 * self.random.i64(1..100);
        // The index after the last one is an unknown payment.
        let index = self.random.usize(0..=self.references.len());
        let target = (index < self.references.len()).then_some(index);
        let current = target.map_or(1, |index| self.model.rows[index].version);
        let version = if self.random.u8(0..6) == 0 { current + self.random.i64(-1..=1) } else { current };
        match self.random.u8(0..10) {
            0..6 => Action::Book { payer, amount },
            6 => Action::Correct { target, version, change: Change::Payer(payer) },
            7 => Action::Correct { target, version, change: Change::Amount(amount) },
            8 => Action::Cancel { target, version: self.random.bool().then_some(version) },
            _ => Action::Correct { target, version, change: Change::InvalidName },
        }
    }

    fn submission(&self, request: &Request) -> Submission {
        let target = |target: Option<usize>| {
            let reference = target.map(|index| self.references[index]);
            PaymentKey::Reference(reference.or(Reference::new(UNKNOWN_REFERENCE)).unwrap())
        };
        let command = match &request.action {
            Action::Book { payer, amount } => Command::Book(self.booking(*payer, *amount)),
            Action::Correct { target: index, version, change } => Command::Correct(Correction {
                target: target(*index),
                expected_version: Some(*version),
                request: self.correction(change),
                reason: None,
            }),
            Action::Cancel { target: index, version } => Command::Cancel(Cancellation {
                target: target(*index),
                expected_version: *version,
                held: HeldMoney::Refund,
                reason: "no longer needed".to_owned(),
            }),
        };
        let idempotency = request.key.map(|key| self.claim(key, &request.action));
        Submission { command, origin: Origin { actor: "tests".to_owned(), ..Origin::default() }, idempotency }
    }

    fn booking(&self, payer: u8, amount: i64) -> NewBooking {
        let request = BookingRequest::from([
            (BookingField::Name, "Payer".to_owned()),
            (BookingField::Email, self.email(payer)),
            (BookingField::Amount, decimal(amount)),
        ]);
        NewBooking::parse(&request, &StudentIdRule::default()).unwrap()
    }

    fn correction(&self, change: &Change) -> CorrectionRequest {
        let (field, text) = match change {
            Change::Payer(payer) => (BookingField::Email, self.email(*payer)),
            Change::Amount(amount) => (BookingField::Amount, decimal(*amount)),
            Change::InvalidName => (BookingField::Name, " ".to_owned()),
        };
        CorrectionRequest::from([(field, Edit::Set(text))])
    }

    fn claim(&self, key: u8, action: &Action) -> IdempotencyClaim {
        let mut hasher = DefaultHasher::new();
        format!("{action:?}").hash(&mut hasher);
        let (mut scope_hash, mut fingerprint) = ([0; 32], [0; 32]);
        scope_hash[..8].copy_from_slice(&self.seed.to_be_bytes());
        scope_hash[31] = key;
        fingerprint[..8].copy_from_slice(&hasher.finish().to_be_bytes());
        IdempotencyClaim { scope_hash, fingerprint }
    }

    /// Converts a result of the ledger to an outcome of the model.
    fn outcome(&mut self, result: Result<Committed, SubmitError>) -> Outcome {
        let Committed { outcome, .. } = match result {
            Ok(committed) => committed,
            Err(SubmitError::Rejected(rejection)) => return Outcome::Rejected(reason(&rejection)),
            Err(error) => panic!("seed {}: {error}", self.seed),
        };
        let reference = outcome.payment.reference;
        let index = self.references.iter().position(|known| *known == reference).unwrap_or_else(|| {
            self.references.push(reference);
            self.references.len() - 1
        });
        Outcome::Accepted { index, row: row(&outcome.payment), replayed: outcome.replayed }
    }

    fn email(&self, payer: u8) -> String {
        format!("{payer}@{:x}.example.org", self.seed)
    }
}

/// Converts a payment to a row of the model.
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

const fn reason(rejection: &Rejection) -> &'static str {
    match rejection {
        Rejection::NotFound(_) => "not found",
        Rejection::VersionMismatch { .. } => "version",
        Rejection::IllegalState { .. } => "state",
        Rejection::Invalid(_) => "invalid",
        Rejection::KeyReused { .. } => "key reused",
        Rejection::OutOfRange => "out of range",
        // The sequences do not manage keys.
        Rejection::KeyNotFound(_)
        | Rejection::KeyExists(_)
        | Rejection::KeyRevoked(_)
        | Rejection::KeyExpired(_)
        | Rejection::KeyRequired => "key",
        // The sequences move no money.
        Rejection::VersionRequired { .. }
        | Rejection::ReceiptNotFound(_)
        | Rejection::AllocationNotFound { .. }
        | Rejection::NotAllocated { .. }
        | Rejection::RefundNotFound(_)
        | Rejection::CurrencyMismatch { .. }
        | Rejection::IllegalReceiptState { .. }
        | Rejection::IllegalRefundState { .. }
        | Rejection::RefundNotFinished { .. }
        | Rejection::InsufficientCredit { .. }
        | Rejection::SeveralRefunds { .. }
        | Rejection::ExceedsOutstanding { .. }
        | Rejection::NothingToSettle { .. }
        | Rejection::AboveWriteOffMax { .. }
        | Rejection::StatementLineBooked(_)
        | Rejection::StatementLineUndone
        | Rejection::SecondPersonRequired { .. } => "money",
    }
}

const fn kind(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted { replayed: true, .. } => "replayed",
        Outcome::Accepted { row: Row { cancelled: true, .. }, .. } => "cancelled",
        Outcome::Accepted { row: Row { duplicate: true, .. }, .. } => "flagged",
        Outcome::Accepted { .. } => "accepted",
        Outcome::Rejected(reason) => reason,
    }
}
