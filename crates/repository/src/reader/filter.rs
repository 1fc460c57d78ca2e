//! From a filter to a condition.

use hermes_domain::ports::PaymentFilter;
use sea_orm::prelude::*;
use sea_orm::sea_query::Func;
use sea_orm::sea_query::extension::sqlite::SqliteExpr;
use sea_orm::{Condition, DbBackend};

use super::pattern;
use crate::database::UNICODE_NOCASE;
use crate::entity::payments::Column;

/// What a payment must fulfil.
pub(super) fn condition(filter: &PaymentFilter, backend: DbBackend) -> Condition {
    let status = filter.status.map(|status| Column::Status.eq(status.as_str()));
    let validation = filter.validation_status.map(|status| Column::ValidationStatus.eq(status.as_str()));
    let email = filter.email.as_ref().map(|email| Column::EmailKey.eq(email.to_lowercase()));
    let school = filter.school.as_ref().map(|school| school_is(school, backend));
    let reference = filter
        .reference
        .as_ref()
        .map(|reference| Column::Reference.eq(reference.trim().to_ascii_uppercase()));
    let from = filter.created_from.map(|from| Column::CreatedAt.gte(from));
    let to = filter.created_to.map(|to| Column::CreatedAt.lt(to));
    let text = filter.text.as_ref().map(|text| holds(text, backend));
    Condition::all()
        .add_option(status)
        .add_option(validation)
        .add_option(email)
        .add_option(school)
        .add_option(reference)
        .add_option(from)
        .add_option(to)
        .add_option(text)
}

/// The school's name in any case; accents count, which MySQL's collation of the column would ignore.
fn school_is(school: &str, backend: DbBackend) -> Expr {
    let column = Expr::col((crate::entity::payments::Entity, Column::School));
    match backend {
        DbBackend::Sqlite => {
            Expr::cust_with_exprs(format!("? = ? COLLATE {UNICODE_NOCASE}"), [column, Expr::value(school)])
        }
        _ => Expr::cust_with_exprs(
            "? COLLATE utf8mb4_bin = ? COLLATE utf8mb4_bin",
            [Func::lower(column).into(), Func::lower(Expr::value(school)).into()],
        ),
    }
}

/// The text anywhere in one of the fields that people search by, in any case.
fn holds(text: &str, backend: DbBackend) -> Condition {
    let columns = [Column::Reference, Column::Name, Column::EmailKey, Column::School, Column::StudentId];
    let mut condition = Condition::any();
    for column in columns {
        let holds = match backend {
            DbBackend::Sqlite => column.into_expr().glob(pattern::glob(text)),
            _ => {
                let text = match column {
                    // These two are compared exactly and hold one case only.
                    Column::Reference => text.to_ascii_uppercase(),
                    Column::EmailKey => text.to_lowercase(),
                    _ => text.to_owned(),
                };
                column.like(pattern::like(&text))
            }
        };
        condition = condition.add(holds);
    }
    condition
}
