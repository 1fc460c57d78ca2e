//! Reads camt.053 and camt.054 of versions 02 to 14 with a pull parser.
//!
//! [`CamtReader`] walks the elements. [`header`] collects the head of a statement with its balances, [`entry`] an
//! entry with its transfers. Elements are matched by local name and path, because prefixes differ between banks.

mod entry;
mod header;
mod message;
mod tag;
mod transfer;

use std::io::Read;

use quick_xml::Reader;
use quick_xml::errors::{Error as XmlError, IllFormedError, SyntaxError};
use quick_xml::events::{BytesRef, BytesStart, Event};

use self::entry::Entry;
pub(crate) use self::entry::bank_id;
use self::header::Header;
pub(crate) use self::header::{account_number, non_empty};
use self::message::Message;
use self::tag::Tag;
use crate::emit::Emitter;
use crate::error::shown;
use crate::input::{TextInput, problem_of};
use crate::{Position, Problem, ReadError};

/// The largest single tag or text, in bytes.
const MAX_EVENT_BYTES: usize = 1024 * 1024;
/// The largest entry with its transfers, in bytes.
const MAX_ENTRY_BYTES: u64 = 16 * 1024 * 1024;
/// The deepest nesting of elements; the schemas need fewer than 20, and envelopes a few more.
const MAX_DEPTH: usize = 64;

/// Reads a camt file and passes its statements on.
pub(crate) fn read_camt<R: Read>(input: TextInput<R>, emitter: &mut Emitter<'_>) -> Result<(), ReadError> {
    let mut reader = CamtReader::new(input, emitter);
    reader.read().map_err(|problem| match reader.entries {
        0 => problem.into(),
        entry => problem.at(Position::Entry(entry)),
    })
}

struct CamtReader<'a, 'v, R> {
    xml: Reader<TextInput<R>>,
    emitter: &'a mut Emitter<'v>,
    path: Vec<Tag>,
    /// The depth of the contents of `Document`, once that element has begun.
    document: Option<(usize, Message)>,
    text: String,
    /// The currency of the innermost `Amt`.
    currency: String,
    is_leaf: bool,
    has_root: bool,
    has_document: bool,
    entries: u64,
    entry_start: u64,
    header: Header,
    entry: Entry,
}

impl<'a, 'v, R: Read> CamtReader<'a, 'v, R> {
    fn new(input: TextInput<R>, emitter: &'a mut Emitter<'v>) -> Self {
        let mut xml = Reader::from_reader(input);
        xml.config_mut().expand_empty_elements = true;
        Self {
            xml,
            emitter,
            path: Vec::with_capacity(MAX_DEPTH),
            document: None,
            text: String::new(),
            currency: String::new(),
            is_leaf: false,
            has_root: false,
            has_document: false,
            entries: 0,
            entry_start: 0,
            header: Header::default(),
            entry: Entry::default(),
        }
    }

    fn read(&mut self) -> Result<(), Problem> {
        let mut buffer = Vec::new();
        loop {
            buffer.clear();
            self.xml.get_mut().grant(MAX_EVENT_BYTES);
            match self.xml.read_event_into(&mut buffer).map_err(|error| xml_problem(&error))? {
                Event::Start(element) => self.start(&element)?,
                Event::End(_) => self.end()?,
                Event::Text(text) => self.append(&text.xml10_content())?,
                Event::CData(text) => self.append(&text.xml10_content())?,
                Event::GeneralRef(reference) => self.append_reference(&reference)?,
                Event::DocType(_) => return Err(Problem::DocumentType),
                Event::Eof => break,
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            }
        }
        if !self.path.is_empty() {
            return Err(Problem::Truncated);
        }
        if self.has_document { Ok(()) } else { Err(Problem::UnknownFormat) }
    }

    fn start(&mut self, element: &BytesStart<'_>) -> Result<(), Problem> {
        let name = element.local_name();
        let tag = Tag::of(name.as_ref());
        if self.path.len() >= MAX_DEPTH {
            return Err(malformed("elements are nested too deeply"));
        }
        if self.path.is_empty() && std::mem::replace(&mut self.has_root, true) {
            return Err(malformed("a second root element"));
        }
        self.text.clear();
        self.is_leaf = true;
        match (self.document, tag) {
            (None, Tag::Document) => {
                let message = Message::of_document(element)?;
                self.document = Some((self.path.len() + 1, message));
                self.has_document = true;
            }
            (Some((depth, message)), _) if self.path.len() == depth => message.verify_root(name.as_ref())?,
            _ => {}
        }
        self.path.push(tag);
        if self.document.is_none() {
            return Ok(());
        }
        match (tag, self.in_statement()) {
            (Tag::Amt, Some(_)) => self.currency = currency_attribute(element)?,
            (_, Some([])) => self.header = Header::default(),
            (Tag::Ntry, Some([Tag::Ntry])) => self.start_entry()?,
            (_, Some([Tag::Ntry, Tag::NtryDtls, Tag::TxDtls, rest @ ..])) => match rest {
                [] => self.entry.start_transfer()?,
                [Tag::RtrInf] => self.entry.set_returned(),
                _ => {}
            },
            (_, Some([Tag::Bal])) => self.header.start_balance(),
            _ => {}
        }
        Ok(())
    }

    /// Returns the path below `Stmt` or `Ntfctn`, or `None` outside of them.
    fn in_statement(&self) -> Option<&[Tag]> {
        let (depth, _) = self.document?;
        match self.path.get(depth..)? {
            [_, Tag::Stmt | Tag::Ntfctn, rest @ ..] => Some(rest),
            _ => None,
        }
    }

    fn start_entry(&mut self) -> Result<(), Problem> {
        self.entries += 1;
        self.entry_start = self.xml.buffer_position();
        self.entry = Entry::default();
        Ok(())
    }

    fn append(&mut self, text: &str) -> Result<(), Problem> {
        if self.path.is_empty() && !text.trim().is_empty() {
            return Err(malformed("text outside of the document"));
        }
        if self.is_leaf {
            self.text.push_str(text);
        }
        if self.text.len() > MAX_EVENT_BYTES {
            return Err(Problem::EntryTooLarge {
                limit: u64::try_from(MAX_EVENT_BYTES).unwrap_or(u64::MAX),
                unit: "bytes",
            });
        }
        Ok(())
    }

    fn append_reference(&mut self, reference: &BytesRef<'_>) -> Result<(), Problem> {
        let content = reference.xml10_content();
        let char = match content.as_ref() {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            _ => {
                let char =
                    reference.resolve_char_ref().map_err(|_| malformed("invalid character reference"))?;
                char.ok_or(Problem::DocumentType)?
            }
        };
        self.append(char.encode_utf8(&mut [0; 4]))
    }

    fn end(&mut self) -> Result<(), Problem> {
        if let Some(&[Tag::Ntry, ..]) = self.in_statement() {
            self.verify_entry_size()?;
        }
        if self.is_leaf {
            self.leaf()?;
        }
        self.is_leaf = false;
        match self.in_statement() {
            Some([Tag::Ntry]) => self.end_entry()?,
            Some([]) => self.end_statement()?,
            _ => {}
        }
        self.path.pop();
        if self.document.is_some_and(|(depth, _)| self.path.len() < depth) {
            self.document = None;
        }
        Ok(())
    }

    fn verify_entry_size(&self) -> Result<(), Problem> {
        if self.xml.buffer_position().saturating_sub(self.entry_start) > MAX_ENTRY_BYTES {
            return Err(Problem::EntryTooLarge { limit: MAX_ENTRY_BYTES, unit: "bytes" });
        }
        Ok(())
    }

    /// Takes the text of an element without children.
    fn leaf(&mut self) -> Result<(), Problem> {
        let Some((depth, _)) = self.document else { return Ok(()) };
        let (text, currency) = (self.text.as_str(), self.currency.as_str());
        match self.path.get(depth..).unwrap_or_default() {
            [_, Tag::Stmt | Tag::Ntfctn, Tag::Ntry, path @ ..] => self.entry.leaf(path, text, currency),
            [_, Tag::Stmt | Tag::Ntfctn, path @ ..] => self.header.leaf(path, text, currency),
            _ => Ok(()),
        }
    }

    fn end_entry(&mut self) -> Result<(), Problem> {
        let Some((_, message)) = self.document else { return Ok(()) };
        if !self.header.is_open {
            self.header.open(message, Some(self.entry.currency()?), self.emitter)?;
        }
        if self.entry.is_pending() {
            self.header.pending += 1;
            return Ok(());
        }
        let currency = self.header.currency.ok_or(Problem::Missing { field: "Acct/Ccy" })?;
        std::mem::take(&mut self.entry).into_lines(currency, |line| self.emitter.line(line))
    }

    fn end_statement(&mut self) -> Result<(), Problem> {
        let Some((_, message)) = self.document else { return Ok(()) };
        if !self.header.is_open {
            self.header.open(message, None, self.emitter)?;
        }
        self.header.close(message, self.emitter)
    }
}

/// Returns the currency of an amount; empty if the attribute is missing.
fn currency_attribute(element: &BytesStart<'_>) -> Result<String, Problem> {
    let attribute = element.try_get_attribute("Ccy").map_err(|error| malformed(&error.to_string()))?;
    Ok(attribute.map(|attribute| attribute.value.trim().to_owned()).unwrap_or_default())
}

fn malformed(detail: &str) -> Problem {
    Problem::MalformedXml { detail: shown(detail) }
}

fn xml_problem(error: &XmlError) -> Problem {
    match error {
        XmlError::Io(error) => problem_of(error),
        XmlError::Syntax(SyntaxError::InvalidBangMarkup) => malformed("invalid markup"),
        XmlError::Syntax(_) | XmlError::IllFormed(IllFormedError::MissingEndTag(_)) => Problem::Truncated,
        XmlError::Encoding(_) => Problem::WrongEncoding { encoding: "UTF-8".to_owned() },
        error => malformed(&error.to_string()),
    }
}
