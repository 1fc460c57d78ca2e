//! What a payer has been told: a message is sent only if it says something new.

use super::Notice;
use crate::money::Money;
use crate::payment::Payment;

impl Notice {
    /// Returns the message that an address gets after it was told `told`, the last state of the payment; `None` if it
    /// would repeat that.
    ///
    /// Less money than the address was told about is a message of its own. After all money has arrived, less is
    /// only an excess that goes back, about which a refund tells.
    #[must_use]
    pub fn after(self, told: Option<Self>) -> Option<Self> {
        let (Some(now), Some(then)) = (self.money(), told.and_then(Self::money)) else { return Some(self) };
        let (received, left) = now;
        let is_less = received.minor() < then.0.minor();
        match self {
            _ if now == then => None,
            _ if is_less && left.minor() > then.1.minor() => Some(Self::TakenBack { received, left }),
            _ if is_less && left == then.1 => None,
            // The payer has never been told about the money.
            Self::TakenBack { received, left } if received.is_zero() => Some(Self::Booked { due: left }),
            Self::TakenBack { received, left } => Some(Self::ReceivedInPart { received, left }),
            notice => Some(notice),
        }
    }

    /// Returns whether the payment still has the amounts that the message says. A later change has its own message.
    pub fn is_current(self, payment: &Payment) -> bool {
        self.money().is_none_or(|money| money == (payment.amount_received, payment.amount_outstanding()))
    }

    /// Returns whether more money has arrived than is due.
    pub fn is_overpaid(self) -> bool {
        matches!(self, Self::Paid { due, received } if received.minor() > due.minor())
    }

    /// Returns the amount received and the amount left to pay, if the message tells the state of a payment.
    fn money(self) -> Option<(Money, Money)> {
        match self {
            Self::Booked { due } => Some((Money::zero(due.currency()), due)),
            Self::ReceivedInPart { received, left } | Self::TakenBack { received, left } => {
                Some((received, left))
            }
            Self::Paid { received, .. } => Some((received, Money::zero(received.currency()))),
            Self::Cancelled { .. } | Self::RefundSent { .. } | Self::NewLink => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn eur(minor: i64) -> Money {
        Money::from_minor(minor, "EUR".parse().unwrap())
    }

    fn booked(due: i64) -> Notice {
        Notice::Booked { due: eur(due) }
    }

    fn in_part(received: i64, left: i64) -> Notice {
        Notice::ReceivedInPart { received: eur(received), left: eur(left) }
    }

    fn taken_back(received: i64, left: i64) -> Notice {
        Notice::TakenBack { received: eur(received), left: eur(left) }
    }

    fn paid(received: i64) -> Notice {
        Notice::Paid { due: eur(100), received: eur(received) }
    }

    #[test]
    fn a_state_is_not_told_twice() {
        for notice in [booked(100), in_part(60, 40), in_part(60, 35), paid(100), paid(110)] {
            assert_eq!(notice.after(Some(notice)), None, "{notice:?}");
            assert_eq!(notice.after(None), Some(notice), "{notice:?}");
        }
        assert_eq!(taken_back(60, 40).after(Some(in_part(60, 40))), None);
        assert_eq!(in_part(60, 40).after(Some(taken_back(60, 40))), None);
        assert_eq!(taken_back(0, 100).after(Some(booked(100))), None);
    }

    #[test]
    fn each_new_state_is_told() {
        for (notice, told) in [
            (booked(90), booked(100)),
            (in_part(60, 40), booked(100)),
            (in_part(60, 35), in_part(60, 40)),
            (paid(95), in_part(95, 5)),
            (paid(110), paid(100)),
            (booked(100), Notice::Cancelled { held: eur(0), kept: eur(0) }),
        ] {
            assert_eq!(notice.after(Some(told)), Some(notice), "{notice:?} after {told:?}");
        }
        for notice in [
            Notice::Cancelled { held: eur(0), kept: eur(0) },
            Notice::NewLink,
            Notice::RefundSent { amount: eur(1) },
        ] {
            assert_eq!(notice.after(Some(notice)), Some(notice));
        }
    }

    #[test]
    fn less_money_than_told_is_told_unless_only_an_excess_goes_back() {
        assert_eq!(in_part(60, 40).after(Some(paid(100))), Some(taken_back(60, 40)));
        assert_eq!(taken_back(0, 100).after(Some(in_part(60, 40))), Some(taken_back(0, 100)));
        assert_eq!(taken_back(0, 100).after(None), Some(taken_back(0, 100)));
        assert_eq!(paid(100).after(Some(paid(110))), None);
        // The payer was never told about the money that was taken back.
        assert_eq!(taken_back(0, 90).after(Some(booked(100))), Some(booked(90)));
    }
}
