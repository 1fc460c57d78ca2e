//! Builds the institution from its settings.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use hermes_domain::institution::{
    Account, AccountFields, Contact, Institution, Logo, LogoFormat, PAYMENT_TERM_DAYS_MAX, StudentIdRule,
};
use hermes_domain::parse_text;
use hermes_domain::payment::BookingField;
use hermes_languages::Language;

use super::settings;

/// The largest logo, in bytes: a payer's page with everything has at most 40 KiB.
const LOGO_BYTES_MAX: usize = 16 * 1024;

/// The longest text of the institution, in characters.
const TEXT_CHARS_MAX: usize = 200;

/// The most schools: the form shows all of them.
const SCHOOLS_MAX: usize = 200;

/// Builds the institution.
///
/// # Errors
/// If a setting is invalid; the message names it and says how to correct it.
pub(super) fn build(settings: &settings::Institution) -> Result<Institution> {
    let contact = &settings.contact;
    ensure!(
        settings.schools.len() <= SCHOOLS_MAX,
        "institution.schools has {} entries; the most is {SCHOOLS_MAX}",
        settings.schools.len()
    );
    let days = settings.payment_term_days;
    ensure!(
        (1..=PAYMENT_TERM_DAYS_MAX).contains(&days),
        "institution.payment_term_days is {days}; it must be between 1 and {PAYMENT_TERM_DAYS_MAX}"
    );
    let privacy_url = text("privacy_url", &settings.privacy_url)?;
    if let Some(url) = &privacy_url {
        ensure!(
            settings::is_http_url(url),
            "institution.privacy_url is {url:?}; it must be an http or https URL"
        );
    }
    let zone = settings.time_zone.as_str();
    Ok(Institution {
        name: text("name", &settings.name)?
            .context("institution.name is empty: set the name that payers know")?,
        contact: Contact {
            email: text("contact.email", &contact.email)?,
            phone: text("contact.phone", &contact.phone)?,
            hours: text("contact.hours", &contact.hours)?,
        },
        time_zone: if zone.is_empty() { Ok(chrono_tz::Tz::UTC) } else { zone.parse() }.ok().with_context(
            || format!("institution.time_zone is {zone:?}; it must be an IANA name such as Europe/Madrid"),
        )?,
        accent: match settings.accent.as_str() {
            "" => None,
            color => {
                Some(color.parse().with_context(|| format!("institution.accent is {color:?}; the colour"))?)
            }
        },
        logo: logo(&settings.logo_file)?,
        schools: schools(&settings.schools)?,
        student_id: student_id(&settings.student_id)?,
        payment_term_days: days,
        privacy_url,
        accounts: accounts(&settings.accounts)?,
    })
}

/// Returns the language of pages for payers who have chosen none.
///
/// # Errors
/// If there are no texts in the language; the message lists the languages.
pub(super) fn language(settings: &settings::Institution) -> Result<Language> {
    match settings.language.as_str() {
        "" => Ok(Language::default()),
        code => Language::find(code).with_context(|| {
            let known: Vec<_> = Language::all().map(Language::code).collect();
            format!("institution.language is {code:?}; it must be one of {}", known.join(", "))
        }),
    }
}

/// Returns a text that pages can show, or `None` if it is blank.
fn text(name: &str, text: &str) -> Result<Option<String>> {
    match parse_text(name, text, TEXT_CHARS_MAX) {
        Ok(text) => Ok(text),
        Err(error) => bail!("institution.{name} is invalid: {}", error.detail),
    }
}

fn schools(names: &[String]) -> Result<Vec<String>> {
    let max = BookingField::School.spec().max_chars;
    let mut schools = Vec::with_capacity(names.len());
    for name in names {
        let school = text("schools", name)?.context("institution.schools has an empty name")?;
        ensure!(
            school.chars().count() <= max,
            "institution.schools: {school:?} is longer than {max} characters"
        );
        ensure!(!schools.contains(&school), "institution.schools names {school:?} twice");
        schools.push(school);
    }
    Ok(schools)
}

fn student_id(settings: &settings::StudentId) -> Result<StudentIdRule> {
    let label = text("student_id.label", &settings.label)?;
    let label = label.unwrap_or_else(|| StudentIdRule::default().label);
    StudentIdRule::new(&label, &settings.pattern, &settings.example, settings.required)
        .context("institution.student_id")
}

fn accounts(settings: &[settings::Account]) -> Result<Vec<Account>> {
    let mut currencies = HashSet::new();
    let mut accounts = Vec::with_capacity(settings.len());
    for (number, entry) in (1..).zip(settings) {
        let fields = AccountFields {
            currency: &entry.currency,
            holder: &entry.holder,
            iban: &entry.iban,
            number: &entry.number,
            bic: &entry.bic,
            bank: &entry.bank,
            is_example: entry.example,
        };
        let account =
            Account::new(&fields).with_context(|| format!("institution.accounts, entry {number}"))?;
        for part in [Some(&account.holder), account.bank.as_ref()].into_iter().flatten() {
            text("accounts", part)?;
        }
        ensure!(
            currencies.insert(account.currency),
            "institution.accounts has two accounts in {}; payers need to see one",
            account.currency
        );
        accounts.push(account);
    }
    Ok(accounts)
}

fn logo(path: &Path) -> Result<Option<Logo>> {
    if path.as_os_str().is_empty() {
        return Ok(None);
    }
    let format = match path.extension().and_then(|extension| extension.to_str()) {
        Some(extension) if extension.eq_ignore_ascii_case("svg") => LogoFormat::Svg,
        Some(extension) if extension.eq_ignore_ascii_case("png") => LogoFormat::Png,
        _ => bail!("institution.logo_file is {}; it must end in .svg or .png", path.display()),
    };
    let bytes = fs::read(path).with_context(|| format!("institution.logo_file: {}", path.display()))?;
    ensure!(
        bytes.len() <= LOGO_BYTES_MAX,
        "institution.logo_file has {} bytes; the most is {LOGO_BYTES_MAX}",
        bytes.len()
    );
    let logo = Logo::new(format, bytes.into());
    logo.map(Some).with_context(|| format!("institution.logo_file: {}", path.display()))
}

#[cfg(test)]
mod tests {
    use config::{Config, File, FileFormat};

    use super::super::sources::INSTITUTION;
    use super::*;

    fn built(more: &str) -> Result<Institution, String> {
        let sources = [INSTITUTION, more].map(|text| File::from_str(text, FileFormat::Toml));
        let merged = Config::builder().add_source(sources.to_vec()).build().unwrap();
        let settings: settings::Institution = merged.get("institution").unwrap();
        build(&settings).map_err(|error| format!("{error:#}"))
    }

    #[track_caller]
    fn assert_rejected(more: &str, message: &str) {
        let error = built(more).unwrap_err();
        assert!(error.contains(message), "{more}: {error}");
    }

    #[test]
    fn the_example_is_valid_and_marked() {
        let institution = built("").unwrap();
        assert_eq!(institution.name, "Example University");
        assert_eq!(institution.example_accounts().count(), institution.accounts.len());
        assert_eq!(institution.accounts.len(), 3);
    }

    #[test]
    fn an_invalid_setting_is_named() {
        for (more, message) in [
            ("institution.name = ' '", "institution.name is empty"),
            ("institution.time_zone = 'Madrid'", "institution.time_zone is \"Madrid\""),
            ("institution.accent = '#ffffff'", "institution.accent is \"#ffffff\""),
            ("institution.payment_term_days = 0", "between 1 and 365"),
            ("institution.privacy_url = '/privacy'", "institution.privacy_url"),
            ("institution.schools = ['Law', 'Law']", "names \"Law\" twice"),
            ("institution.schools = ['']", "empty name"),
            ("institution.student_id.pattern = '['", "institution.student_id"),
            ("institution.logo_file = 'logo.gif'", "must end in .svg or .png"),
            ("institution.logo_file = '/absent/logo.svg'", "/absent/logo.svg"),
        ] {
            assert_rejected(more, message);
        }
    }

    #[test]
    fn an_account_with_a_wrong_number_is_named() {
        let account = |more: &str| {
            format!("[[institution.accounts]]\ncurrency = 'EUR'\nholder = 'Example University'\n{more}")
        };
        assert_rejected(&account("iban = 'DE03120300000000202051'"), "entry 1: iban");
        assert_rejected(&account("number = '1'\nbic = 'BANK'"), "entry 1: bic");
        let twice = format!("{}\n{}", account("number = '1'"), account("number = '2'"));
        assert_rejected(&twice, "two accounts in EUR");
        assert_rejected(&account("number = \"1\"\nbank = \"a\\u0007b\""), "hidden");
    }
}
