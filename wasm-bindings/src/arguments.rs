//! The arguments of a call: a JSON array of positional ids, with a request
//! object at the end where the operation takes one.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use taskloom_domain::TaskError;

use crate::fields::unknown_field;

/// The arguments of one call, undecoded.
#[derive(Debug)]
pub struct Arguments<'a> {
    /// The operation, in snake case.
    pub operation: &'a str,
    values: Vec<&'a RawValue>,
}

impl<'a> Arguments<'a> {
    /// Takes the array apart.
    ///
    /// # Errors
    ///
    /// `validation` where the text is no JSON array.
    pub fn read(operation: &'a str, text: &'a str) -> Result<Self, TaskError> {
        let values = Vec::<&RawValue>::deserialize(&mut serde_json::Deserializer::from_str(text))
            .map_err(|_| TaskError::validation(operation, "takes a list of arguments"))?;
        Ok(Self { operation, values })
    }

    /// The id at a position.
    ///
    /// # Errors
    ///
    /// `validation` where there is none or it is no text.
    pub fn id<T: From<String>>(&self, position: usize, name: &str) -> Result<T, TaskError> {
        let value = self.values.get(position).ok_or_else(|| TaskError::required(name))?;
        serde_json::from_str::<String>(value.get())
            .map(T::from)
            .map_err(|_| TaskError::validation(name, "must be a string"))
    }

    /// The request at a position, if there is one.
    ///
    /// # Errors
    ///
    /// As [`Arguments::request`].
    pub fn given<T: DeserializeOwned>(&self, position: usize) -> Result<Option<T>, TaskError> {
        match self.values.get(position).map(|value| value.get()) {
            None | Some("null") => Ok(None),
            Some(_) => self.request(position).map(Some),
        }
    }

    /// The request at a position; without one, an empty request.
    ///
    /// # Errors
    ///
    /// `validation`, at the field that has the wrong type or is unknown.
    pub fn request<T: DeserializeOwned>(&self, position: usize) -> Result<T, TaskError> {
        let text = match self.values.get(position).map(|value| value.get()) {
            None | Some("null") => "{}",
            // Serde would read an array as the fields in their order.
            Some(text) if !text.starts_with('{') => {
                return Err(TaskError::validation(self.operation, "takes a request object"));
            }
            Some(text) => text,
        };
        let request = serde_json::from_str(text).map_err(|error| {
            let path = format!("{}{}", self.operation, path_at(text, error.column()));
            let reason = error.to_string();
            let reason = reason.split(" at line ").next().unwrap_or_default();
            TaskError::validation(&path, &format!("cannot be read: {reason}"))
        })?;
        match unknown_field::<T>(text) {
            Some(field) => {
                let path = format!("{}.{field}", self.operation);
                Err(TaskError::validation(&path, "is unknown"))
            }
            None => Ok(request),
        }
    }
}

/// Where in a document on one line the parser stood after `column` bytes:
/// `.owner.kind`, `.run_ids[2]`, or nothing at the top.
fn path_at(text: &str, column: usize) -> String {
    enum Level<'a> {
        Object(Option<&'a str>),
        Array(usize),
    }
    let mut levels = Vec::new();
    let mut index = 0;
    while index < column.min(text.len()) {
        match text.as_bytes()[index] {
            b'{' => levels.push(Level::Object(None)),
            b'[' => levels.push(Level::Array(0)),
            b'}' | b']' => drop(levels.pop()),
            b',' => match levels.last_mut() {
                Some(Level::Object(key)) => *key = None,
                Some(Level::Array(element)) => *element += 1,
                None => {}
            },
            b'"' => {
                let end = string_end(text.as_bytes(), index + 1);
                if let Some(Level::Object(key @ None)) = levels.last_mut() {
                    *key = text.get(index + 1..end);
                }
                index = end;
            }
            _ => {}
        }
        index += 1;
    }
    let part = |level| match level {
        Level::Object(Some(key)) => format!(".{key}"),
        Level::Object(None) => String::new(),
        Level::Array(element) => format!("[{element}]"),
    };
    levels.into_iter().map(part).collect()
}

/// Where the string ends whose first character stands at `index`.
fn string_end(text: &[u8], mut index: usize) -> usize {
    while index < text.len() && text[index] != b'"' {
        index += if text[index] == b'\\' { 2 } else { 1 };
    }
    index
}

#[cfg(test)]
mod tests {
    use taskloom_domain::ErrorKind;
    use taskloom_domain::force::BulkForceRunRequest;
    use taskloom_domain::id::TaskId;
    use taskloom_domain::task::CreateTask;
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::*;

    fn path<T: DeserializeOwned + std::fmt::Debug>(text: &str) -> String {
        let arguments = Arguments::read("op", text).unwrap();
        let error = arguments.request::<T>(0).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Validation);
        error.path().to_owned()
    }

    #[wasm_bindgen_test]
    fn a_wrong_type_is_named_by_its_field() {
        assert_eq!(path::<CreateTask>(r#"[{"title":5}]"#), "op.title");
        assert_eq!(path::<CreateTask>(r#"[{"title":"a\",","draft":"yes"}]"#), "op.draft");
        assert_eq!(path::<CreateTask>(r#"[{"owner":{"kind":"pool","ref":{}}}]"#), "op.owner.ref");
        assert_eq!(path::<CreateTask>(r#"[{"title":null}]"#), "op.title");
        assert_eq!(path::<CreateTask>(r#"[{"titel":"a","title":"b"}]"#), "op.titel");
        assert_eq!(path::<BulkForceRunRequest>(r#"[{"run_ids":["a",["b"]]}]"#), "op.run_ids[1]");
    }

    #[wasm_bindgen_test]
    fn a_request_is_an_object_or_absent() {
        assert_eq!(path::<CreateTask>(r#"[["id"]]"#), "op");
        assert_eq!(path::<CreateTask>("[true]"), "op");
        for text in ["[]", "[null]", "[{}]"] {
            let arguments = Arguments::read("op", text).unwrap();
            assert_eq!(arguments.request::<CreateTask>(0), Ok(CreateTask::default()));
        }
        assert!(Arguments::read("op", "{}").is_err());
    }

    #[wasm_bindgen_test]
    fn an_id_is_a_text() {
        let arguments = Arguments::read("op", r#"["a\nb",7]"#).unwrap();
        assert_eq!(arguments.id::<TaskId>(0, "task_id"), Ok(TaskId::new("a\nb")));
        let refused = |position| arguments.id::<TaskId>(position, "task_id").unwrap_err();
        assert_eq!(refused(1).detail(), "task_id must be a string");
        assert_eq!(refused(2).detail(), "task_id is required");
    }
}
