//! The fields that a request has.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde::de::value::Error;
use serde::de::{DeserializeOwned, Deserializer, Error as _, IgnoredAny, Visitor};
use serde::forward_to_deserialize_any;

/// The first field of a JSON object that a type does not have. Serde passes over
/// such fields, and a misspelt wish would be lost without a word.
pub fn unknown_field<T: DeserializeOwned>(text: &str) -> Option<String> {
    let known = Cell::new(None);
    // It says which fields it wants, and gets none.
    let _ = T::deserialize(Asked(&known));
    let known: &[&str] = known.get()?;
    let given: BTreeMap<String, IgnoredAny> = serde_json::from_str(text).ok()?;
    given.into_keys().find(|field| !known.contains(&&**field))
}

/// Writes down for which fields a struct asks.
struct Asked<'a>(&'a Cell<Option<&'static [&'static str]>>);

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, Error> {
        self.0.set(Some(fields));
        Err(Error::custom("only asked"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
        Err(Error::custom("only asked"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
