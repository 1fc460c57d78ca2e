//! JSON written straight into the bytes of an answer.
//!
//! `serde_json` looks at every byte of every name and text for what has to be escaped, one at a time, and a list of a
//! thousand bookings has a million. Here names are written as they are, and texts as well in which nothing has to be
//! escaped; everything else is left to `serde_json`. The bytes are the same, in a third of the time.

use std::fmt::{self, Display, Write as _};

use serde::ser::{Error as _, Impossible, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};
use serde_json::{Error, to_writer};

/// The JSON of a value, in a buffer with room for `capacity` bytes before it has to grow.
pub(crate) fn to_json(value: &impl Serialize, capacity: usize) -> Vec<u8> {
    let mut json = Vec::with_capacity(capacity);
    match value.serialize(Json(&mut json)) {
        Ok(()) => json,
        // A shape that is not known here. Texts and numbers: serialising them cannot fail.
        Err(_) => serde_json::to_vec(value).unwrap_or_default(),
    }
}

/// Writes one value behind the bytes.
struct Json<'a>(&'a mut Vec<u8>);

/// Writes the members of an object or a list.
struct Members<'a> {
    json: &'a mut Vec<u8>,
    /// What stands before the next member: the opening bracket, then commas.
    before: u8,
}

impl<'a> Members<'a> {
    fn open(json: Json<'a>, bracket: u8) -> Self {
        Self { json: json.0, before: bracket }
    }

    fn next(&mut self) {
        self.json.push(std::mem::replace(&mut self.before, b','));
    }

    fn close(self, brackets: [u8; 2]) {
        let [opening, closing] = brackets;
        if self.before == opening {
            self.json.push(opening);
        }
        self.json.push(closing);
    }
}

impl SerializeStruct for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), Error> {
        debug_assert!(is_plain(name.as_bytes()), "a name is a word");
        self.next();
        quoted(self.json, name);
        self.json.push(b':');
        value.serialize(Json(self.json))
    }

    fn end(self) -> Result<(), Error> {
        self.close(*b"{}");
        Ok(())
    }
}

impl SerializeSeq for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.next();
        value.serialize(Json(self.json))
    }

    fn end(self) -> Result<(), Error> {
        self.close(*b"[]");
        Ok(())
    }
}

fn quoted(json: &mut Vec<u8>, text: &str) {
    json.push(b'"');
    json.extend_from_slice(text.as_bytes());
    json.push(b'"');
}

/// Whether nothing has to be escaped (RFC 8259, section 7).
///
/// Blocks of a known size are looked at as a whole; the last one may overlap the one before.
fn is_plain(text: &[u8]) -> bool {
    if let Some(last) = text.last_chunk::<16>() {
        let (blocks, _) = text.as_chunks::<16>();
        return is_plain_block(last) && blocks.iter().all(is_plain_block);
    }
    match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(first), Some(last)) => is_plain_block(first) && is_plain_block(last),
        (None, _) | (_, None) => is_plain_block(text),
    }
}

/// No byte ends the search, so that the compiler compares all of a block at once.
#[inline]
fn is_plain_block(bytes: &(impl AsRef<[u8]> + ?Sized)) -> bool {
    let is_escaped = |byte: u8| (byte < b' ') | (byte == b'"') | (byte == b'\\');
    !bytes.as_ref().iter().fold(false, |found, &byte| found | is_escaped(byte))
}

/// The bytes as a place to show a value.
struct Shown<'a>(&'a mut Vec<u8>);

impl fmt::Write for Shown<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

fn unknown<T>() -> Result<T, Error> {
    Err(Error::custom("not the shape of an answer"))
}

/// What is written as `serde_json` writes it.
macro_rules! left_to_serde_json {
    ($($method:ident($type:ty)),* $(,)?) => {
        $(fn $method(self, value: $type) -> Result<(), Error> {
            to_writer(self.0, &value)
        })*
    };
}

impl<'a> Serializer for Json<'a> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Members<'a>;
    type SerializeStruct = Members<'a>;
    type SerializeTuple = Impossible<(), Error>;
    type SerializeTupleStruct = Impossible<(), Error>;
    type SerializeTupleVariant = Impossible<(), Error>;
    type SerializeMap = Impossible<(), Error>;
    type SerializeStructVariant = Impossible<(), Error>;

    left_to_serde_json! {
        serialize_bool(bool), serialize_char(char), serialize_bytes(&[u8]),
        serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64),
        serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64),
        serialize_f32(f32), serialize_f64(f64),
    }

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        if !is_plain(text.as_bytes()) {
            return to_writer(self.0, text);
        }
        quoted(self.0, text);
        Ok(())
    }

    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), Error> {
        let start = self.0.len();
        self.0.push(b'"');
        write!(Shown(self.0), "{value}").map_err(Error::custom)?;
        if self.0.get(start + 1..).is_some_and(is_plain) {
            self.0.push(b'"');
            return Ok(());
        }
        self.0.truncate(start);
        to_writer(self.0, &value.to_string())
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.0.extend_from_slice(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), Error> {
        self.serialize_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Result<(), Error> {
        unknown()
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Members<'a>, Error> {
        Ok(Members::open(self, b'['))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Members<'a>, Error> {
        // By such a name `serde_json` knows its own types, such as JSON in JSON.
        if name.starts_with('$') { unknown() } else { Ok(Members::open(self, b'{')) }
    }

    fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Error> {
        unknown()
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeTupleStruct, Error> {
        unknown()
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Error> {
        unknown()
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Error> {
        unknown()
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Error> {
        unknown()
    }
}
