//! The filter form above the table of payments, and the links between the pages of the table.

use hermes_domain::payment::{Status, ValidationStatus};
use hermes_domain::ports::{ListPage, Page};
use hermes_service::read_cache::PageQuery;

use crate::cursor;
use crate::pages::status_label;

/// The filter form with the values of the current query.
pub(super) struct FilterForm {
    pub statuses: Vec<FilterOption>,
    pub validation_statuses: Vec<FilterOption>,
    pub text: String,
    /// Query parameters without a field in the form. The form sends them as hidden fields.
    pub hidden: Vec<(String, String)>,
    /// Whether the query filters payments.
    pub is_active: bool,
    /// The URL of the same filter without the search text.
    pub without_text: String,
}

/// An option of a select element.
pub(super) struct FilterOption {
    pub code: &'static str,
    pub label: &'static str,
    pub is_selected: bool,
}

/// The URLs of the neighbouring pages.
pub(super) struct PageLinks {
    pub newest: Option<String>,
    pub newer: Option<String>,
    pub older: Option<String>,
}

const TEXT: &str = "q";
/// The query parameters with a field in the form.
const FIELDS: [&str; 3] = ["status", "validation_status", TEXT];

impl From<&PageQuery> for FilterForm {
    fn from(query: &PageQuery) -> Self {
        let filter = &query.filter;
        let status = |status: Status| FilterOption {
            code: status.as_str(),
            label: status_label(status),
            is_selected: filter.status == Some(status),
        };
        let validation = |status: ValidationStatus| FilterOption {
            code: status.as_str(),
            label: match status {
                ValidationStatus::Passed => "Checks passed",
                ValidationStatus::Flagged => "Needs review",
            },
            is_selected: filter.validation_status == Some(status),
        };
        let params = || query.filter_params.iter();
        Self {
            statuses: Status::ALL.into_iter().map(status).collect(),
            validation_statuses: ValidationStatus::ALL.into_iter().map(validation).collect(),
            text: filter.text.clone().unwrap_or_default(),
            hidden: params().filter(|(name, _)| !FIELDS.contains(&name.as_str())).cloned().collect(),
            is_active: !query.filter_params.is_empty(),
            without_text: address(params().filter(|(name, _)| name != TEXT)),
        }
    }
}

impl PageLinks {
    /// Returns the links of one page of a query.
    pub fn new(query: &PageQuery, page: &ListPage) -> Self {
        let is_first = query.page == Page::First;
        let (prev, next) = cursor::neighbours(page, is_first);
        let with_cursor = |cursor: String| {
            let cursor = ("cursor".to_owned(), cursor);
            address(query.filter_params.iter().chain([&cursor]))
        };
        Self {
            newest: (!is_first).then(|| address(query.filter_params.iter())),
            newer: prev.map(with_cursor),
            older: next.map(with_cursor),
        }
    }
}

fn address<'a>(params: impl Iterator<Item = &'a (String, String)>) -> String {
    let params: Vec<_> = params.collect();
    let text = serde_urlencoded::to_string(params).unwrap_or_default();
    if text.is_empty() { "/".to_owned() } else { format!("/?{text}") }
}
