//! Doubts about an e-mail address: it cannot receive mail, or its domain is almost that of a large provider.

use hermes_domain::payment::is_valid_email;
use strsim::osa_distance;

/// The domains of large mail providers. An address of one of them is not doubted.
const PROVIDERS: [&str; 22] = [
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "hotmail.es",
    "outlook.com",
    "outlook.es",
    "live.com",
    "msn.com",
    "yahoo.com",
    "yahoo.es",
    "ymail.com",
    "icloud.com",
    "me.com",
    "mac.com",
    "aol.com",
    "proton.me",
    "protonmail.com",
    "gmx.com",
    "gmx.de",
    "web.de",
    "mail.com",
    "qq.com",
];

/// The most edits between a mistyped domain and the domain of a provider: two letters swapped, missing or wrong.
const EDITS_MAX: usize = 2;

/// The shortest domain that is compared. Short domains differ in few letters by nature.
const COMPARED_CHARS_MIN: usize = 8;

/// Why an address needs a second look.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// The address cannot receive mail.
    Invalid,
    /// The address may be a mistyped form of another one.
    Suggestion(String),
}

/// Returns a doubt about an address.
pub(super) fn doubt(address: &str) -> Option<Doubt> {
    let suggestion = suggestion(address).filter(|suggestion| is_valid_email(suggestion));
    match suggestion {
        Some(suggestion) => Some(Doubt::Suggestion(suggestion)),
        None if !is_valid_email(address) => Some(Doubt::Invalid),
        None => None,
    }
}

fn suggestion(address: &str) -> Option<String> {
    let compact: String = address.split_whitespace().collect();
    let bare = compact.strip_prefix("mailto:").unwrap_or(&compact).trim_end_matches(['.', ',', ';']);
    let (local, domain) = bare.rsplit_once('@')?;
    let domain = domain.replace(',', ".").to_lowercase();
    let nearest = if PROVIDERS.contains(&domain.as_str()) { domain.clone() } else { provider_like(&domain)? };
    let suggestion = format!("{local}@{nearest}");
    (!suggestion.eq_ignore_ascii_case(address)).then_some(suggestion)
}

/// Returns the provider whose domain is almost the given one, or the given one if none is.
fn provider_like(domain: &str) -> Option<String> {
    if domain.len() < COMPARED_CHARS_MIN {
        return Some(domain.to_owned());
    }
    let distances = PROVIDERS.iter().filter(|provider| provider.len() >= COMPARED_CHARS_MIN);
    let nearest = distances.map(|provider| (osa_distance(domain, provider), provider)).min();
    nearest
        .map(|(edits, provider)| if edits <= EDITS_MAX { (*provider).to_owned() } else { domain.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_provider_has_a_suggestion() {
        for (typed, meant) in [
            ("ana@gmial.com", "ana@gmail.com"),
            ("ana@gmail.con", "ana@gmail.com"),
            ("ana@hotmial.com", "ana@hotmail.com"),
            ("ana@outlok.com", "ana@outlook.com"),
            ("ana@gmail,com", "ana@gmail.com"),
            ("ana @gmail.com", "ana@gmail.com"),
            ("mailto:ana@example.org", "ana@example.org"),
            ("ana@example.org.", "ana@example.org"),
        ] {
            assert_eq!(doubt(typed), Some(Doubt::Suggestion(meant.to_owned())), "{typed}");
        }
    }

    #[test]
    fn a_usual_address_is_not_doubted() {
        for address in [
            "ana@gmail.com",
            "Ana.Ruiz@GMAIL.com",
            "ana@mail.com",
            "ana@example.org",
            "ana@gmx.net",
            "ana@upm.es",
        ] {
            assert_eq!(doubt(address), None, "{address}");
        }
    }

    #[test]
    fn an_address_that_cannot_receive_mail_is_doubted() {
        for address in ["nowhere", "ana@localhost", "@example.org", "a..b@example.org"] {
            assert_eq!(doubt(address), Some(Doubt::Invalid), "{address}");
        }
    }
}
