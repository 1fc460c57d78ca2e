//! The kind and version of a camt message, from the namespace of its document.

use quick_xml::events::BytesStart;

use crate::error::shown;
use crate::{Format, Problem};

/// The namespaces of ISO 20022 messages begin like this; the message follows: `camt.053.001.08`.
const NAMESPACE: &str = "urn:iso:std:iso:20022:tech:xsd:";
/// The supported versions of camt.053 and camt.054. Version 01 has other elements.
const VERSIONS: std::ops::RangeInclusive<u8> = 2..=14;

/// A message that the reader supports.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Message {
    pub(super) format: Format,
}

impl Message {
    /// Finds the message of a `Document` element.
    pub(super) fn of_document(element: &BytesStart<'_>) -> Result<Self, Problem> {
        let prefix = element.name().prefix().map(|prefix| prefix.as_ref().to_owned());
        let key = prefix.map_or_else(|| "xmlns".to_owned(), |prefix| format!("xmlns:{prefix}"));
        let attribute = element
            .try_get_attribute(key.as_str())
            .map_err(|error| Problem::MalformedXml { detail: shown(&error.to_string()) })?;
        let namespace = attribute.map(|attribute| attribute.value.trim().to_owned()).unwrap_or_default();
        let Some(name) = namespace.strip_prefix(NAMESPACE) else {
            return Err(Problem::UnknownFormat);
        };
        Self::of_name(name)
    }

    fn of_name(name: &str) -> Result<Self, Problem> {
        let message = || shown(name);
        let (kind, version) = name.rsplit_once('.').unwrap_or((name, ""));
        let version = version.parse::<u8>().ok().filter(|version| VERSIONS.contains(version));
        let unsupported = |kind| Problem::UnsupportedMessage { message: message(), kind };
        let version = version.ok_or_else(|| Problem::UnsupportedVersion { message: message() });
        match kind {
            "camt.053.001" => Ok(Self { format: Format::Camt053 { version: version? } }),
            "camt.054.001" => Ok(Self { format: Format::Camt054 { version: version? } }),
            "camt.052.001" => Err(unsupported("an intraday report whose entries are not final")),
            _ => Err(unsupported("not a bank statement")),
        }
    }

    /// Verifies the element below `Document`.
    pub(super) fn verify_root(self, local_name: &str) -> Result<(), Problem> {
        let expected = if self.has_balances() { "BkToCstmrStmt" } else { "BkToCstmrDbtCdtNtfctn" };
        if local_name == expected {
            return Ok(());
        }
        Err(Problem::Invalid { field: "Document", value: shown(local_name) })
    }

    /// Returns whether statements of this message have balances.
    pub(super) const fn has_balances(self) -> bool {
        matches!(self.format, Format::Camt053 { .. })
    }
}
