//! Deciding commands: a command and facts in, changes or a rejection out.

use super::correction::apply_correction;
use super::money_draft::MoneyDraft;
use super::{
    BatchToken, Cancellation, Changes, Command, Correction, DecisionContext, Effect, Erasure, ErasureScope,
    Facts, LedgerHead, Outcome, PaymentOutcome, ReceiptOutcome, RecordedOutcome, RecordedPayment,
    RecordedReceipt, Rejection, Reopening, Submission,
};
use crate::money::{MAX_MINOR, Money};
use crate::payment::{
    CheckInput, FIRST_LINK_VERSION, NewBooking, Payment, PaymentFields, PaymentId, PaymentKey, Reference,
    recheck_money, run_checks,
};

/// Decides the commands of one batch, in order.
pub struct Decider<'a> {
    pub(super) context: DecisionContext<'a>,
    pub(super) facts: Facts,
    pub(super) changes: Changes,
}

/// The transition of a payment to its next state.
pub(super) struct Transition {
    pub effect: Effect,
    pub before: Option<Payment>,
    pub after: Payment,
    pub reason: Option<String>,
    /// The changes of the receipts that held money of the payment.
    pub receipts: Option<MoneyDraft>,
}

impl<'a> Decider<'a> {
    /// Starts a batch.
    ///
    /// `facts` contains the head, the idempotency records and the payments that the commands name. The results of
    /// [`Self::fact_queries`] follow through [`Self::add_facts`].
    pub fn new(context: DecisionContext<'a>, facts: Facts) -> Self {
        let head = LedgerHead {
            seq: facts.head.seq + 1,
            token: BatchToken(context.random_source.random()),
            advanced_at: context.now,
            ..facts.head
        };
        Self { context, facts, changes: Changes::new(head) }
    }

    /// Decides one command. Later commands of the batch see its changes.
    ///
    /// # Errors
    /// Returns the rejection; the command then changes nothing.
    pub fn decide(&mut self, submission: &Submission) -> Result<Outcome, Rejection> {
        if let Some(recorded) = self.recorded_outcome(submission)? {
            return Ok(recorded.into());
        }
        let transition = match &submission.command {
            Command::Book(booking) => self.book(booking)?,
            Command::Correct(correction) => self.correct(correction)?,
            Command::Cancel(cancellation) => self.cancel(cancellation)?,
            Command::RenewPageLink(target) => self.renew_page_link(target)?,
            Command::Reopen(reopening) => self.reopen(reopening)?,
            Command::Erase(erasure) => self.erase(erasure)?,
            Command::Receipt(command) => return self.decide_receipt(command, submission),
            Command::Refund(command) => return self.decide_refund(command, submission),
            Command::Key(command) => return self.decide_key(command, &submission.origin).map(Outcome::Key),
        };
        let Transition { effect, after, .. } = &transition;
        let outcome = PaymentOutcome { effect: *effect, payment: after.clone(), replayed: false };
        self.apply(submission, transition)?;
        Ok(Outcome::Payment(outcome))
    }

    /// Returns the rows that the batch writes.
    pub fn into_changes(self) -> Changes {
        self.changes
    }

    fn recorded_outcome(&self, submission: &Submission) -> Result<Option<RecordedOutcome>, Rejection> {
        let Some(claim) = submission.idempotency else { return Ok(None) };
        let Some(record) = self.facts.idempotency.get(&claim.scope_hash) else { return Ok(None) };
        if record.claim.fingerprint == claim.fingerprint {
            Ok(Some(record.outcome.clone()))
        } else {
            let payment = record.outcome.clone().into_payment().map(Box::new);
            Err(Rejection::KeyReused { payment })
        }
    }

    fn book(&self, booking: &NewBooking) -> Result<Transition, Rejection> {
        let DecisionContext { rules, now, random_source } = self.context;
        let reference = Reference::new(self.changes.head.next_reference).ok_or(Rejection::OutOfRange)?;
        let index = u16::try_from(self.changes.booked.len()).map_err(|_| Rejection::OutOfRange)?;
        let fields = PaymentFields {
            id: PaymentId::generate(now, index, random_source.random()),
            reference,
            link_version: FIRST_LINK_VERSION,
            link_expires_at: None,
            due_on: Some(rules.institution.due_on(now)),
            language: booking.language,
            details: booking.details.clone(),
            amount: booking.amount,
            fee: self.context.fee_for(booking.amount)?,
            fee_bearer: rules.fee_bearer,
            amount_received: Money::zero(booking.amount.currency()),
            shortfall_written_off: None,
            cancelled_at: None,
            checks: Vec::new(),
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let after = self.checked_payment(PaymentId::NIL, fields)?;
        Ok(Transition { effect: Effect::Booked, before: None, after, reason: None, receipts: None })
    }

    fn correct(&self, correction: &Correction) -> Result<Transition, Rejection> {
        let before = self.target(&correction.target, correction.expected_version, "corrected")?.clone();
        let student_id = &self.context.rules.institution.student_id;
        let corrected = apply_correction(&before, &correction.request, student_id);
        let (details, amount) = corrected.map_err(Rejection::Invalid)?;
        if details == before.details && amount == before.amount {
            let after = before.clone();
            let effect = Effect::Unchanged;
            return Ok(Transition { effect, before: Some(before), after, reason: None, receipts: None });
        }
        // If the amount does not change, the fee remains the same, even if the configured rates have changed.
        let fee = if amount == before.amount { before.fee.clone() } else { self.context.fee_for(amount)? };
        // The link was mailed to the address that is corrected.
        let has_new_address = details.email_key() != before.details.email_key();
        let link_version = before.link_version + i64::from(has_new_address);
        let fields = PaymentFields { details, amount, fee, link_version, ..self.next_version(&before) };
        let corrected = self.checked_payment(before.id, fields)?;
        let after = new_payment(self.context.with_link_expiry(&corrected))?;
        let reason = correction.reason.clone();
        Ok(Transition { effect: Effect::Corrected, before: Some(before), after, reason, receipts: None })
    }

    fn cancel(&self, cancellation: &Cancellation) -> Result<Transition, Rejection> {
        let before = self.target(&cancellation.target, cancellation.expected_version, "cancelled")?.clone();
        if !before.amount_received.is_zero() && cancellation.expected_version.is_none() {
            return Err(Rejection::VersionRequired { attempted: Effect::Cancelled });
        }
        let receipts = self.release_all(&before, cancellation.held)?;
        let cancelled_at = Some(self.context.now);
        let amount_received = Money::zero(before.amount.currency());
        // The shortfall that is written off remains, in case the payment is reopened.
        let fields = PaymentFields { cancelled_at, amount_received, ..before.clone().into_fields() };
        let after = self.next_settled(&before, amount_received, fields)?;
        let reason = Some(cancellation.reason.clone());
        Ok(Transition {
            effect: Effect::Cancelled,
            before: Some(before),
            after,
            reason,
            receipts: Some(receipts),
        })
    }

    fn reopen(&self, reopening: &Reopening) -> Result<Transition, Rejection> {
        let before = self.find(&reopening.target)?.clone();
        expect_version(before.version, reopening.expected_version)?;
        if before.cancelled_at.is_none() {
            return Err(Rejection::IllegalState { status: before.status(), attempted: "reopened" });
        }
        let (receipts, taken) = self.take_back(&before)?;
        if !taken.is_zero() && reopening.expected_version.is_none() {
            return Err(Rejection::VersionRequired { attempted: Effect::Reopened });
        }
        let received = before.amount_received.checked_add(taken)?;
        let fields = PaymentFields { cancelled_at: None, ..before.with_received(received) };
        let fields = PaymentFields { version: before.version + 1, updated_at: self.context.now, ..fields };
        let reopened = self.checked_payment(before.id, fields)?;
        let after = new_payment(self.context.with_link_expiry(&reopened))?;
        let reason = Some(reopening.reason.clone());
        Ok(Transition {
            effect: Effect::Reopened,
            before: Some(before),
            after,
            reason,
            receipts: Some(receipts),
        })
    }

    fn renew_page_link(&self, target: &PaymentKey) -> Result<Transition, Rejection> {
        let before = self.find(target)?.clone();
        let fields = self.next_version(&before);
        let link_version = fields.link_version + 1;
        let after = new_payment(PaymentFields { link_version, ..fields })?;
        let after = new_payment(self.context.with_link_expiry(&after))?;
        let effect = Effect::PageLinkRenewed;
        Ok(Transition { effect, before: Some(before), after, reason: None, receipts: None })
    }

    /// Erases the texts of a payment or only its history. The link that the person has stops working in both cases.
    fn erase(&self, erasure: &Erasure) -> Result<Transition, Rejection> {
        let before = self.find(&erasure.target)?.clone();
        let (kept, receipts) = match erasure.scope {
            ErasureScope::Payment => {
                (before.without_texts(), Some(self.erase_receipts(before.id, &erasure.receipts)?))
            }
            ErasureScope::History => (before.clone(), None),
        };
        let fields = self.next_version(&kept);
        let link_version = fields.link_version + 1;
        let after = new_payment(PaymentFields { link_version, ..fields })?;
        Ok(Transition { effect: Effect::Erased, before: Some(before), after, reason: None, receipts })
    }

    pub(super) fn find(&self, key: &PaymentKey) -> Result<&Payment, Rejection> {
        let payments = &self.facts.payments;
        let found = payments.get(key).or_else(|| match key {
            // An earlier command of the batch may have named the payment by its reference.
            PaymentKey::Id(id) => payments.values().find(|payment| payment.id == *id),
            PaymentKey::Reference(_) => None,
        });
        found.ok_or_else(|| Rejection::NotFound(key.clone()))
    }

    /// Finds the payment that a command changes. The payment must be live and at the expected version.
    pub(super) fn target(
        &self,
        key: &PaymentKey,
        expected_version: Option<i64>,
        attempted: &'static str,
    ) -> Result<&Payment, Rejection> {
        let payment = self.find(key)?;
        expect_version(payment.version, expected_version)?;
        if payment.cancelled_at.is_some() {
            return Err(Rejection::IllegalState { status: payment.status(), attempted });
        }
        Ok(payment)
    }

    pub(super) fn next_version(&self, before: &Payment) -> PaymentFields {
        PaymentFields {
            version: before.version + 1,
            updated_at: self.context.now,
            ..before.clone().into_fields()
        }
    }

    /// Creates the next state of a payment whose amount received has changed. Only the check of the amount depends on it.
    pub(super) fn next_settled(
        &self,
        before: &Payment,
        received: Money,
        fields: PaymentFields,
    ) -> Result<Payment, Rejection> {
        if received.minor() > MAX_MINOR {
            return Err(Rejection::OutOfRange);
        }
        let written_off = fields.shortfall_written_off.unwrap_or(Money::zero(received.currency()));
        let checks = recheck_money(&before.checks, before.amount_due(), received, written_off);
        let (version, updated_at) = (before.version + 1, self.context.now);
        let next = new_payment(PaymentFields { checks, version, updated_at, ..fields })?;
        new_payment(self.context.with_link_expiry(&next))
    }

    /// Creates a payment and its checks. `own` is nil for a new payment, as in [`Self::duplicate_query`].
    fn checked_payment(&self, own: PaymentId, fields: PaymentFields) -> Result<Payment, Rejection> {
        let payment = new_payment(fields)?;
        let key = self.context.duplicate_key(own, &payment.details, payment.amount);
        let input = CheckInput {
            email: &key.email_key,
            duplicate_of: self.facts.duplicates.get(&key).copied(),
            amount: payment.amount,
            due: payment.amount_due(),
            received: payment.amount_received,
            written_off: payment.shortfall_written_off(),
        };
        let checks = run_checks(&input, &self.context.rules.thresholds);
        new_payment(PaymentFields { checks, ..payment.into_fields() })
    }
}

fn new_payment(fields: PaymentFields) -> Result<Payment, Rejection> {
    Payment::new(fields).map_err(|_| Rejection::OutOfRange)
}

/// Returns an error if the caller has seen another version.
pub(super) fn expect_version(current: i64, expected: Option<i64>) -> Result<(), Rejection> {
    match expected {
        Some(expected) if expected != current => Err(Rejection::VersionMismatch { current }),
        Some(_) | None => Ok(()),
    }
}

impl From<RecordedOutcome> for Outcome {
    fn from(recorded: RecordedOutcome) -> Self {
        match recorded {
            RecordedOutcome::Payment(RecordedPayment { effect, payment }) => {
                Self::Payment(PaymentOutcome { effect, payment, replayed: true })
            }
            RecordedOutcome::Receipt(RecordedReceipt { effect, receipt, refund }) => {
                Self::Receipt(Box::new(ReceiptOutcome { effect, receipt, refund, replayed: true }))
            }
        }
    }
}
