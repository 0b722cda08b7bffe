//! The fields that a request has, at every depth.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write;

use serde::de::value::{Error, StrDeserializer};
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess,
    SeqAccess, Visitor,
};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;

/// The path of the first field in a JSON object that a type does not have, as in
/// `owner.kind` or `items[2].name`. Serde passes over such fields, and a misspelt
/// wish would be lost without a word. Documents of the caller's own have any field.
pub fn unknown_field<T: DeserializeOwned>(text: &str) -> Option<String> {
    find(text, &mut Vec::new(), &|path| {
        let known = Cell::new(None);
        // It says which fields it wants, and gets none.
        let _ = T::deserialize(Asked { path, known: &known });
        known.get()
    })
}

type Fields = &'static [&'static str];

/// A way down from a request to something in it.
enum Step {
    Field(String),
    Element(usize),
}

/// Looks through a value that stands at a path; `fields` knows those of the struct
/// there, if there is one.
fn find(
    text: &str,
    path: &mut Vec<Step>,
    fields: &dyn Fn(&[Step]) -> Option<Fields>,
) -> Option<String> {
    match text.as_bytes().first()? {
        b'{' => {
            let known = fields(path)?;
            let given: BTreeMap<String, &RawValue> = serde_json::from_str(text).ok()?;
            given.into_iter().find_map(|(field, value)| {
                let is_known = known.contains(&&*field);
                path.push(Step::Field(field));
                let found =
                    if is_known { find(value.get(), path, fields) } else { Some(named(path)) };
                path.pop();
                found
            })
        }
        // A list of texts, as most are, is not taken apart.
        b'[' if text.contains('{') => {
            let given: Vec<&RawValue> = serde_json::from_str(text).ok()?;
            given.into_iter().enumerate().find_map(|(index, value)| {
                path.push(Step::Element(index));
                let found = find(value.get(), path, fields);
                path.pop();
                found
            })
        }
        _ => None,
    }
}

fn named(path: &[Step]) -> String {
    let mut name = String::new();
    for step in path {
        let _ = match step {
            Step::Field(field) if name.is_empty() => write!(name, "{field}"),
            Step::Field(field) => write!(name, ".{field}"),
            Step::Element(index) => write!(name, "[{index}]"),
        };
    }
    name
}

/// Goes down a path, and writes down for which fields the struct there asks.
struct Asked<'a> {
    path: &'a [Step],
    known: &'a Cell<Option<Fields>>,
}

impl<'a> Asked<'a> {
    fn step(&self) -> Option<(&'a Step, Asked<'a>)> {
        let (step, path) = self.path.split_first()?;
        Some((step, Asked { path, known: self.known }))
    }
}

fn asked<T>() -> Result<T, Error> {
    Err(Error::custom("only asked"))
}

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: Fields,
        visitor: V,
    ) -> Result<V::Value, Error> {
        match self.step() {
            None => {
                self.known.set(Some(fields));
                asked()
            }
            Some((Step::Field(field), inner)) => visitor.visit_map(One { field, inner }),
            Some((Step::Element(_), _)) => asked(),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.step() {
            Some((Step::Element(_), inner)) => visitor.visit_seq(One { field: "", inner }),
            _ => asked(),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, Error> {
        asked()
    }

    // A document of the caller's own is a newtype struct to Serde.
    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct newtype_struct tuple tuple_struct map enum identifier ignored_any
    }
}

/// A struct or list with the one part that is asked about. Asking always ends in
/// an error, so that nobody asks for a second one.
struct One<'a> {
    field: &'a str,
    inner: Asked<'a>,
}

impl<'de> MapAccess<'de> for One<'_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let field: StrDeserializer<'_, Error> = self.field.into_deserializer();
        seed.deserialize(field).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        seed.deserialize(Asked { path: self.inner.path, known: self.inner.known })
    }
}

impl<'de> SeqAccess<'de> for One<'_> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        self.next_value_seed(seed).map(Some)
    }
}

#[cfg(test)]
mod tests {
    use taskloom_domain::lease::ClaimCriteria;
    use taskloom_domain::profile::ExecutionProfile;
    use taskloom_domain::review::RecordRunReviewRequest;
    use taskloom_domain::task::CreateTask;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    fn unknown<T: DeserializeOwned>(text: &str) -> Option<String> {
        unknown_field::<T>(text)
    }

    #[wasm_bindgen_test]
    fn an_unknown_field_is_named_at_every_depth() {
        let cases = [
            (unknown::<CreateTask>(r#"{"title":"x","titel":"x"}"#), "titel"),
            (unknown::<CreateTask>(r#"{"owner":{"kind":"human","reff":"x"}}"#), "owner.reff"),
            (unknown::<ClaimCriteria>(r#"{"soul":{"digest":"a","x":{}}}"#), "soul.x"),
            (unknown::<ClaimCriteria>(r#"{"claimed_by":{"kid":"human"}}"#), "claimed_by.kid"),
            (unknown::<ExecutionProfile>(r#"{"worker":{"mod":"x"}}"#), "worker.mod"),
            (
                unknown::<RecordRunReviewRequest>(r#"{"verdict":{"outcomes":"a"}}"#),
                "verdict.outcomes",
            ),
            (unknown::<Vec<CreateTask>>(r#"[{"title":"a"},{"owner":{"a":1}}]"#), "[1].owner.a"),
        ];
        for (found, path) in cases {
            assert_eq!(found.as_deref(), Some(path));
        }
    }

    #[wasm_bindgen_test]
    fn a_document_of_the_callers_own_has_any_field() {
        let request = r#"{"metadata":{"a":[{"b":1}]},"owner":{"kind":"pool","ref":"a"}}"#;
        assert_eq!(unknown::<CreateTask>(request), None);
        assert_eq!(
            unknown::<CreateTask>(r#"{"labels":["a{","b"],"owner":null}"#),
            Some("labels".into())
        );
        assert_eq!(unknown::<CreateTask>(r#"{"owner":null,"title":"{"}"#), None);
    }
}
