//! The languages of the payer's pages and mail: texts, formats, and amounts as people type them.
//!
//! Each file in `texts/` is a language. The build generates [`Texts`], with one method per message, so a page cannot use
//! a message that a language lacks. To add a language, add its file.
//!
//! * [`Language`]: a language with texts, and the choice of one for a browser.
//! * `format`: amounts, rates, dates and times as a language writes them.
//! * [`typed_amount`]: an amount as a payer typed it.
//!
//! The crate is separate from the pages because mail uses the same texts, and translators need nothing else.

mod format;
mod generated;
mod language;
pub mod typed_amount;

pub use generated::Texts;
pub use language::Language;
