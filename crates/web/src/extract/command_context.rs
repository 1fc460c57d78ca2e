//! The context of a command: actor, origin, idempotency key and the ledger that executes the command.

use std::future::{Ready, ready};
use std::time::Instant;

use actix_web::dev::Payload;
use actix_web::http::header::USER_AGENT;
use actix_web::{FromRequest, HttpRequest, web};
use hermes_domain::access::Principal;
use hermes_domain::ledger::{
    Command, IdempotencyClaim, KeyCommand, KeyOutcome, Origin, ReceiptOutcome, Submission,
};
use hermes_domain::mask_card_numbers;
use hermes_domain::payment::Payment;
use hermes_domain::ports::StoreError;
use hermes_service::writer::{Committed, SubmitError};

use super::idempotency::{command_fingerprint, idempotency_key_from_header, scope_hash};
use super::{JsonBody, JsonFields};
use crate::access;
use crate::gate::client_address;
use crate::problem::{Problem, ProblemCode};
use crate::state::AppState;

/// The longest `User-Agent` in the audit log, in characters.
const USER_AGENT_MAX: usize = 255;
/// The scope of idempotency keys in open mode. It is the former actor of API requests, so that stored replays still work.
const OPEN_IDEMPOTENCY_SCOPE: &str = "api";
/// How much of a `User-Agent` is searched for card numbers, in bytes: a number that begins within the stored part ends
/// within this one.
const USER_AGENT_SEARCHED_MAX: usize = 300;
/// The actor of requests from the booking form.
pub const FORM_ACTOR: &str = "payer (form)";
/// The operation that books with the form.
const FORM_OPERATION: &str = "POST /payment";

/// The actor of requests from the page of a payment.
const PAGE_ACTOR: &str = "payer (page)";
/// The start of the route patterns of the page of a payment.
const PAGE_PATTERN: &str = "/payment/{reference}/";

/// Everything about a request that changes something, except the change itself.
pub struct CommandContext {
    state: web::Data<AppState>,
    /// The method and the route pattern: part of the scope of an idempotency key.
    operation: String,
    origin: Origin,
    /// The caller to whom the idempotency key belongs.
    idempotency_scope: String,
    idempotency_key: Option<String>,
}

/// Finds the payment that the booking form booked with a key.
///
/// # Errors
/// If the database fails.
pub async fn find_booked(state: &AppState, key: &str) -> Result<Option<Payment>, StoreError> {
    let record = state.reader.find_idempotency(&scope_hash(FORM_ACTOR, FORM_OPERATION, key)).await?;
    Ok(record.and_then(|record| record.outcome.into_payment()))
}

impl CommandContext {
    /// Parses the body as a JSON object if the ledger admits commands now.
    ///
    /// Under overload, a rejected request then costs no parsing. The body has already been read, because the
    /// connection cannot be reused otherwise.
    ///
    /// # Errors
    /// 503 if the ledger does not admit commands or the disk is nearly full; 400 or 422 if the body is not a JSON object.
    pub fn admit(&self, body: &JsonBody) -> Result<JsonFields, Problem> {
        self.check_admission()?;
        body.parse()
    }

    /// Parses the body of a receipt as [`Self::admit`] does. A nearly full disk does not prevent the record of money that
    /// arrived: receipts are small, and staff create them.
    ///
    /// # Errors
    /// 503 if the ledger does not admit commands; 400 or 422 if the body is not a JSON object.
    pub fn admit_receipt(&self, body: &JsonBody) -> Result<JsonFields, Problem> {
        self.state.ledger.check_admission()?;
        body.parse()
    }

    /// Checks whether there is space for a change and the ledger admits commands now.
    ///
    /// # Errors
    /// 503 if the ledger does not admit commands or the disk is nearly full.
    pub fn check_admission(&self) -> Result<(), Problem> {
        if let Some(storage) = &self.state.storage {
            storage.admit_write(Instant::now())?;
        }
        Ok(self.state.ledger.check_admission()?)
    }

    /// Returns the origin of the request, for changes that are not a command.
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// Replaces the idempotency key, for requests that carry the key in the body.
    #[must_use]
    pub fn with_idempotency_key(self, key: String) -> Self {
        Self { idempotency_key: Some(key), ..self }
    }

    /// Finds the payment of an earlier request with the same idempotency key, and whether that request was the same.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn find_replay(&self, command: &Command) -> Result<Option<(Payment, bool)>, StoreError> {
        let Some(claim) = self.claim(command) else { return Ok(None) };
        let record = self.state.reader.find_idempotency(&claim.scope_hash).await?;
        Ok(record.and_then(|record| Some((record.outcome.into_payment()?, record.claim == claim))))
    }

    /// Submits a command to the ledger and waits until every read shows the change.
    ///
    /// # Errors
    /// As [`LedgerWriter::submit`](hermes_service::writer::LedgerWriter::submit).
    pub async fn submit(self, command: Command) -> Result<Committed, SubmitError> {
        let idempotency = self.claim(&command);
        self.state.ledger.submit(Submission { command, origin: self.origin, idempotency }).await
    }

    /// Checks that the request has an idempotency key, which every request that moves money needs.
    ///
    /// # Errors
    /// 400 without the key.
    pub fn require_idempotency_key(&self) -> Result<(), Problem> {
        let missing = || Problem::new(ProblemCode::IdempotencyKeyRequired);
        self.idempotency_key.as_ref().map(|_| ()).ok_or_else(missing)
    }

    /// Submits a command that changes a receipt or a refund, and waits until every read shows the change.
    ///
    /// # Errors
    /// As [`LedgerWriter::submit_receipt`](hermes_service::writer::LedgerWriter::submit_receipt).
    pub async fn submit_receipt(self, command: Command) -> Result<Committed<ReceiptOutcome>, SubmitError> {
        let idempotency = self.claim(&command);
        self.state.ledger.submit_receipt(Submission { command, origin: self.origin, idempotency }).await
    }

    /// Submits a command that changes an API key, and waits until every instance applies the change.
    ///
    /// # Errors
    /// 400 if the request has an idempotency key, because the response to a retry could not contain the secret again.
    /// Otherwise as [`LedgerWriter::submit_key`](hermes_service::writer::LedgerWriter::submit_key).
    pub async fn submit_key(self, command: KeyCommand) -> Result<Committed<KeyOutcome>, Problem> {
        if self.idempotency_key.is_some() {
            return Err(Problem::new(ProblemCode::InvalidIdempotencyKey).with_detail(
                "Nothing was saved. Requests that change API keys take no Idempotency-Key, because a retry could not \
                 return the same secret.",
            ));
        }
        Ok(self.state.ledger.submit_key(command, self.origin).await?)
    }

    fn claim(&self, command: &Command) -> Option<IdempotencyClaim> {
        self.idempotency_key.as_deref().map(|key| IdempotencyClaim {
            scope_hash: scope_hash(&self.idempotency_scope, &self.operation, key),
            fingerprint: command_fingerprint(command),
        })
    }

    fn from_parts(request: &HttpRequest) -> Result<Self, Problem> {
        let state = request.app_data::<web::Data<AppState>>();
        let state =
            state.ok_or_else(|| Problem::new(ProblemCode::Internal).caused_by("no application state"))?;
        let pattern = request.match_pattern().unwrap_or_default();
        let (actor, idempotency_scope, idempotency_key) = match access::principal(request) {
            Some(principal) => {
                let scope = match &principal {
                    Principal::Open => OPEN_IDEMPOTENCY_SCOPE,
                    Principal::Key(key) => key.id.as_str(),
                };
                let key = idempotency_key_from_header(request.headers())?;
                (principal.actor(), scope.to_owned(), key)
            }
            None if pattern.starts_with("/api/") => {
                return Err(Problem::new(ProblemCode::Internal).caused_by("the request has no principal"));
            }
            // The page of a payment is public for everyone with its link. Its changes carry the version of the payment.
            None if pattern.starts_with(PAGE_PATTERN) => (PAGE_ACTOR.to_owned(), PAGE_ACTOR.to_owned(), None),
            // The form is public, and sends its key in the body.
            None => (FORM_ACTOR.to_owned(), FORM_ACTOR.to_owned(), None),
        };
        let user_agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok());
        // A header that `to_str` returns is ASCII, so every index is a boundary.
        let user_agent = user_agent.and_then(|text| text.get(..text.len().min(USER_AGENT_SEARCHED_MAX)));
        let user_agent = user_agent.map(mask_card_numbers);
        Ok(Self {
            state: state.clone(),
            operation: format!("{} {pattern}", request.method()),
            origin: Origin {
                actor,
                user_agent: user_agent.map(|text| text.chars().take(USER_AGENT_MAX).collect()),
                ip_address: request.peer_addr().map(|_| client_address(request)),
            },
            idempotency_scope,
            idempotency_key,
        })
    }
}

impl FromRequest for CommandContext {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Self::from_parts(request))
    }
}
