//! What has happened to a payment, and what comes next.

use hermes_domain::payment::{Payment, Status};

use super::movements::{Arrival, Movements, Return};
use crate::pages::frame::{Frame, ShownMoney, ShownTime};

/// A step of the timeline.
pub(super) struct Step {
    /// `done`, `now` or `open`: the class of the element.
    pub state: &'static str,
    /// The state in words, for screen readers.
    pub state_word: String,
    pub title: String,
    pub time: Option<ShownTime>,
    /// The day, if the time is not known.
    pub date: Option<String>,
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
pub(super) fn timeline(frame: &Frame<'_>, payment: &Payment, movements: &Movements) -> Vec<Step> {
    let t = frame.t;
    let status = payment.status();
    let mut steps = vec![Step {
        time: Some(frame.time(payment.created_at)),
        ..step(frame, Position::Done, t.timeline_booked().to_string())
    }];
    steps.extend(movements.arrivals.iter().map(|arrival| received(frame, arrival, status)));
    match status {
        Status::Pending | Status::Underpayment => {
            let hint = Some(t.timeline_waiting_hint().to_string());
            steps.push(Step { hint, ..step(frame, Position::Now, t.timeline_waiting().to_string()) });
            steps.push(step(frame, Position::Open, t.timeline_paid().to_string()));
        }
        Status::Exact | Status::Overpayment => steps.push(Step {
            hint: Some(t.timeline_paid_hint().to_string()),
            amount: Some(frame.money(payment.amount_received)),
            ..step(frame, Position::Done, t.timeline_paid().to_string())
        }),
        Status::Cancelled => steps.push(Step {
            time: payment.cancelled_at.map(|cancelled_at| frame.time(cancelled_at)),
            ..step(frame, Position::Done, t.timeline_cancelled().to_string())
        }),
    }
    steps.extend(movements.refunds.iter().map(|refund| returned(frame, refund)));
    steps
}

/// Returns the step of a receipt.
pub(super) fn received(frame: &Frame<'_>, arrival: &Arrival, status: Status) -> Step {
    let t = frame.t;
    let title = if status == Status::Underpayment { t.timeline_part() } else { t.timeline_received() };
    Step {
        date: Some(frame.date(arrival.on)),
        amount: Some(frame.money(arrival.amount)),
        ..step(frame, Position::Done, title.to_string())
    }
}

/// Returns the step of a refund.
pub(super) fn returned(frame: &Frame<'_>, refund: &Return) -> Step {
    let t = frame.t;
    let (position, title) = match refund.sent_at {
        Some(_) => (Position::Done, t.timeline_refund_sent()),
        None => (Position::Now, t.timeline_refund_due()),
    };
    Step {
        time: refund.sent_at.map(|sent_at| frame.time(sent_at)),
        amount: Some(frame.money(refund.amount)),
        ..step(frame, position, title.to_string())
    }
}

fn step(frame: &Frame<'_>, position: Position, title: String) -> Step {
    let t = frame.t;
    let (state, state_word) = match position {
        Position::Done => ("done", t.timeline_done()),
        Position::Now => ("now", t.timeline_current()),
        Position::Open => ("open", t.timeline_open()),
    };
    Step {
        state,
        state_word: state_word.to_string(),
        title,
        time: None,
        date: None,
        amount: None,
        hint: None,
    }
}
