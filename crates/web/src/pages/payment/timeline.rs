//! What has happened to a payment, and what comes next.

use hermes_domain::payment::{Payment, Status};

use crate::pages::frame::{Frame, ShownMoney, ShownTime};

/// A step of the timeline.
pub(super) struct Step {
    /// `done`, `now` or `open`: the class of the element.
    pub state: &'static str,
    /// The state in words, for screen readers.
    pub state_word: String,
    pub title: String,
    pub time: Option<ShownTime>,
    pub amount: Option<ShownMoney>,
    pub hint: Option<String>,
}

/// The position of a step.
#[derive(Clone, Copy)]
enum Position {
    Done,
    Now,
    Open,
}

/// Returns the steps of a payment, in order.
pub(super) fn timeline(frame: &Frame<'_>, payment: &Payment) -> Vec<Step> {
    let t = frame.t;
    let received = Some(payment.amount_received).filter(|received| !received.is_zero());
    let booked = Step {
        time: Some(frame.time(payment.created_at)),
        ..step(frame, Position::Done, t.timeline_booked().to_string())
    };
    let waiting = |position| Step {
        hint: matches!(position, Position::Now).then(|| t.timeline_waiting_hint().to_string()),
        ..step(frame, position, t.timeline_waiting().to_string())
    };
    let part = |position| Step {
        amount: received.map(|received| frame.money(received)),
        ..step(frame, position, t.timeline_part().to_string())
    };
    let paid = |position| Step {
        hint: matches!(position, Position::Done).then(|| t.timeline_paid_hint().to_string()),
        amount: received.filter(|_| matches!(position, Position::Done)).map(|received| frame.money(received)),
        ..step(frame, position, t.timeline_paid().to_string())
    };
    match payment.status() {
        Status::Pending => vec![booked, waiting(Position::Now), paid(Position::Open)],
        Status::Underpayment => {
            vec![booked, part(Position::Done), waiting(Position::Now), paid(Position::Open)]
        }
        Status::Exact | Status::Overpayment => vec![booked, paid(Position::Done)],
        Status::Cancelled => {
            let cancelled = Step {
                time: payment.cancelled_at.map(|cancelled_at| frame.time(cancelled_at)),
                ..step(frame, Position::Done, t.timeline_cancelled().to_string())
            };
            let refund = |received| Step {
                amount: Some(frame.money(received)),
                ..step(frame, Position::Now, t.timeline_refund_due().to_string())
            };
            [Some(booked), received.map(|_| part(Position::Done)), Some(cancelled), received.map(refund)]
                .into_iter()
                .flatten()
                .collect()
        }
    }
}

fn step(frame: &Frame<'_>, position: Position, title: String) -> Step {
    let t = frame.t;
    let (state, state_word) = match position {
        Position::Done => ("done", t.timeline_done()),
        Position::Now => ("now", t.timeline_current()),
        Position::Open => ("open", t.timeline_open()),
    };
    Step { state, state_word: state_word.to_string(), title, time: None, amount: None, hint: None }
}
