//! The filter of the dashboard's table, and the way to its other pages.

use hermes_domain::payment::{Status, ValidationStatus};
use hermes_domain::ports::{ListPage, Page, Position};
use hermes_service::read_cache::PageQuery;

use crate::cursor;

/// The fields of the filter, as they are set.
pub(super) struct FilterForm {
    pub statuses: Vec<Choice>,
    pub validation_statuses: Vec<Choice>,
    pub text: String,
    /// Parameters of the address that the filter has no field for; it keeps them.
    pub hidden: Vec<(String, String)>,
    /// Whether anything is filtered.
    pub active: bool,
}

/// A word that can be chosen.
pub(super) struct Choice {
    pub code: &'static str,
    pub selected: bool,
}

/// The addresses of the neighbouring pages.
pub(super) struct Neighbours {
    pub newest: Option<String>,
    pub newer: Option<String>,
    pub older: Option<String>,
}

/// The parameters that have a field.
const FIELDS: [&str; 3] = ["status", "validation_status", "q"];

impl FilterForm {
    /// The filter that a query has set.
    pub fn of(query: &PageQuery) -> Self {
        let filter = &query.filter;
        let status =
            |status: Status| Choice { code: status.as_str(), selected: filter.status == Some(status) };
        let validation = |status: ValidationStatus| Choice {
            code: status.as_str(),
            selected: filter.validation_status == Some(status),
        };
        Self {
            statuses: Status::ALL.into_iter().map(status).collect(),
            validation_statuses: ValidationStatus::ALL.into_iter().map(validation).collect(),
            text: filter.text.clone().unwrap_or_default(),
            hidden: query
                .filter_params
                .iter()
                .filter(|(name, _)| !FIELDS.contains(&name.as_str()))
                .cloned()
                .collect(),
            active: !query.filter_params.is_empty(),
        }
    }
}

impl Neighbours {
    /// The pages around one that was read.
    pub fn of(query: &PageQuery, page: &ListPage) -> Self {
        let is_first = query.page == Page::First;
        let first = page.payments.first().filter(|_| page.has_prev && !is_first).map(Position::from);
        let last = page.payments.last().filter(|_| page.has_next).map(Position::from);
        Self {
            newest: (!is_first).then(|| address(query, None)),
            newer: first.map(|position| address(query, Some(cursor::before(position)))),
            older: last.map(|position| address(query, Some(cursor::after(position)))),
        }
    }
}

fn address(query: &PageQuery, cursor: Option<String>) -> String {
    let cursor = cursor.map(|cursor| ("cursor".to_owned(), cursor));
    let pairs: Vec<_> = query.filter_params.iter().chain(&cursor).collect();
    let text = serde_urlencoded::to_string(pairs).unwrap_or_default();
    if text.is_empty() { "/".to_owned() } else { format!("/?{text}") }
}
