//! Bookings to submit.

use hermes_domain::money::{Currency, Money};
use hermes_domain::payment::{BookingField, NewBooking, PayerDetails};

/// A booking of 500.00 USD without optional fields.
pub fn from_email(email: &str) -> NewBooking {
    NewBooking {
        details: PayerDetails {
            name: "Ana Ruiz".to_owned(),
            email: email.to_owned(),
            ..PayerDetails::default()
        },
        amount: Money::from_minor(50_000, Currency::USD),
        language: None,
    }
}

pub fn number(number: usize) -> NewBooking {
    from_email(&format!("payer{number}@example.org"))
}

/// A booking with all fields. Each text has the length of its column and contains characters of four bytes.
pub fn with_everything() -> NewBooking {
    let text = |field: BookingField| {
        let pattern = match field {
            BookingField::Name => "Zoë 🎓 O'Brien \\ %_\"; -- ",
            BookingField::Email => "🦀Á",
            BookingField::CountryFrom => "Côte d'Ivoire 🇨🇮",
            BookingField::SenderAddress => "12 Rue de l'Été\u{a0}🏠",
            _ => "École Ⅻ 学校 🏫 ß/😀-",
        };
        let suffix = if field == BookingField::Email { "@EXÄMPLE.org" } else { "" };
        let chars = field.spec().max_chars - suffix.chars().count();
        Some(pattern.chars().cycle().take(chars).chain(suffix.chars()).collect())
    };
    NewBooking {
        details: PayerDetails::from_texts(text),
        amount: Money::from_minor(9_999_999_999_999, "KWD".parse().unwrap()),
        language: Some("es".parse().unwrap()),
    }
}
