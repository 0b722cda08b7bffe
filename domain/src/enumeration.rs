//! Value sets: closed enums in records, and [`Given`] for values that a caller
//! sent and nobody has judged yet.

use std::fmt;
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Result, TaskError};

/// A closed set of values with one canonical lower-case spelling each.
pub trait Enumeration: Copy + Eq + fmt::Debug + 'static {
    /// Every value, in declaration order.
    const ALL: &'static [Self];

    /// The canonical spelling.
    fn as_str(self) -> &'static str;

    /// The refusal of a non-empty text that names no value.
    fn unsupported(path: &str, raw: &str) -> TaskError;

    /// The value of a text: trimmed, letter case ignored.
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let find = |text: &str| Self::ALL.iter().copied().find(|value| value.as_str() == text);
        // Nearly always the spelling is the canonical one.
        find(text).or_else(|| find(&text.to_lowercase()))
    }
}

/// A value as a caller sent it: known, unknown or blank. Requests hold these, so
/// that an operation can check authority first and name the field afterwards.
///
/// ```
/// use taskloom_domain::{Given, Priority};
///
/// let given: Given<Priority> = " HIGH ".into();
/// assert_eq!(given.require("task_patch.priority"), Ok(Priority::High));
/// assert!(Given::<Priority>::from("soon").require("task_patch.priority").is_err());
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Given<T> {
    raw: std::borrow::Cow<'static, str>,
    set: PhantomData<fn() -> T>,
}

impl<T: Enumeration> Given<T> {
    /// The text as it was sent.
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// Whether nothing is left after trimming.
    pub fn is_blank(&self) -> bool {
        self.raw.trim().is_empty()
    }

    /// The value, if the text names one.
    pub fn known(&self) -> Option<T> {
        T::parse(&self.raw)
    }

    /// The value.
    ///
    /// # Errors
    ///
    /// `validation` at `path` if the text is blank or names no value.
    pub fn require(&self, path: &str) -> Result<T> {
        if self.is_blank() {
            return Err(TaskError::required(path));
        }
        self.known().ok_or_else(|| T::unsupported(path, &self.raw))
    }

    /// The value, or `default` for a blank text.
    ///
    /// # Errors
    ///
    /// `validation` at `path` if the text is not blank and names no value.
    pub fn or_default(&self, path: &str, default: T) -> Result<T> {
        if self.is_blank() { Ok(default) } else { self.require(path) }
    }

    /// The canonical spelling of a known value; any other text stays as it is.
    #[must_use]
    pub fn folded(self) -> Self {
        match self.known() {
            Some(value) => value.into(),
            None => self,
        }
    }

    /// The given text, or `default` in place of a blank one.
    #[must_use]
    pub fn or(self, default: T) -> Self {
        if self.is_blank() { default.into() } else { self.folded() }
    }

    /// The value, or `None` for a blank text: the form of a query filter.
    ///
    /// # Errors
    ///
    /// `validation` at `path` if the text is not blank and names no value.
    pub fn optional(&self, path: &str) -> Result<Option<T>> {
        if self.is_blank() { Ok(None) } else { self.require(path).map(Some) }
    }
}

impl<T> Default for Given<T> {
    fn default() -> Self {
        Self { raw: "".into(), set: PhantomData }
    }
}

impl<T> fmt::Debug for Given<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.raw, f)
    }
}

impl<T: Enumeration> From<T> for Given<T> {
    fn from(value: T) -> Self {
        Self { raw: value.as_str().into(), set: PhantomData }
    }
}

impl<T> From<&str> for Given<T> {
    fn from(raw: &str) -> Self {
        Self { raw: raw.to_owned().into(), set: PhantomData }
    }
}

impl<T> Serialize for Given<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.raw)
    }
}

impl<'de, T> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(deserializer).map(|raw| Self { raw: raw.into(), set: PhantomData })
    }
}

/// Quotes a value for an error text: double quotes, with quotes and
/// non-printable characters escaped.
pub(crate) fn quoted(raw: &str) -> String {
    format!("{raw:?}")
}

/// `"a" or "b"`, or `one of "a", "b", or "c"`.
pub(crate) fn alternatives<T: Enumeration>() -> String {
    let names: Vec<String> = T::ALL.iter().map(|value| quoted(value.as_str())).collect();
    match names.as_slice() {
        [first, second] => format!("{first} or {second}"),
        [init @ .., last] => format!("one of {}, or {last}", init.join(", ")),
        [] => String::new(),
    }
}

/// Declares a closed enum with its canonical spellings, serde in both
/// directions and the form of its refusal: `listed` names the legal values,
/// `plain` only says that the value is unsupported.
macro_rules! enumeration {
    (
        $(#[$doc:meta])*
        pub enum $name:ident : $form:ident {
            $($(#[$vdoc:meta])* $variant:ident = $text:literal,)+
        }
    ) => {
        #[cfg_attr(test, derive(ts_rs::TS))]
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vdoc])* #[cfg_attr(test, ts(rename = $text))] $variant,)+
        }

        impl $crate::enumeration::Enumeration for $name {
            const ALL: &'static [Self] = &[$(Self::$variant,)+];

            fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }

            fn unsupported(path: &str, raw: &str) -> $crate::error::TaskError {
                $crate::enumeration::enumeration!(@refuse $form, path, raw)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str($crate::enumeration::Enumeration::as_str(*self))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($crate::enumeration::Enumeration::as_str(*self))
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                <Self as $crate::enumeration::Enumeration>::parse(&text).ok_or_else(|| {
                    serde::de::Error::custom(format_args!(
                        concat!("unsupported ", stringify!($name), " {:?}"),
                        text
                    ))
                })
            }
        }
    };
    (@refuse listed, $path:expr, $raw:expr) => {
        $crate::error::TaskError::validation($path, &format!(
            "must be {}: {}",
            $crate::enumeration::alternatives::<Self>(),
            $crate::enumeration::quoted($raw),
        ))
    };
    (@refuse plain, $path:expr, $raw:expr) => {
        $crate::error::TaskError::validation($path, &format!(
            "has unsupported value {}",
            $crate::enumeration::quoted($raw),
        ))
    };
}

pub(crate) use enumeration;

#[cfg(test)]
pub(crate) mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

    use serde::de::DeserializeOwned;

    use super::*;

    /// Checks that a set has exactly these values, that each is read in any
    /// spelling of case and with white space around it, and that nothing else is.
    pub(crate) fn assert_values<T>(expected: &[&str])
    where
        T: Enumeration + Serialize + DeserializeOwned,
    {
        let names: Vec<&str> = T::ALL.iter().map(|value| value.as_str()).collect();
        assert_eq!(names, expected);
        for value in T::ALL.iter().copied() {
            let text = serde_json::to_string(&value).unwrap();
            assert_eq!(text, format!("\"{}\"", value.as_str()));
            assert_eq!(serde_json::from_str::<T>(&text).unwrap(), value);
            let loud = format!(" {}\n", value.as_str().to_uppercase());
            assert_eq!(Given::<T>::from(loud.as_str()).require("p"), Ok(value));
            assert_eq!(Given::<T>::from(loud.as_str()).folded().raw(), value.as_str());
        }
        for text in ["", "nothing_of_the_kind", "null"] {
            assert_eq!(T::parse(text), None);
            assert!(serde_json::from_str::<T>(&format!("\"{text}\"")).is_err());
        }
        assert_eq!(Given::<T>::default().require("p").unwrap_err().detail(), "p is required");
    }

    enumeration! {
        /// Two.
        pub enum Pair: listed {
            /// One.
            One = "one",
            /// Two.
            Two = "two",
        }
    }

    enumeration! {
        /// Three.
        pub enum Trio: listed {
            /// One.
            One = "one",
            /// Two.
            Two = "two",
            /// Three.
            Three = "three",
        }
    }

    enumeration! {
        /// One of many.
        pub enum Plain: plain {
            /// One.
            One = "one",
        }
    }

    #[test]
    fn refusals_show_the_value_as_it_was_sent() {
        fn text<T: Enumeration>(raw: &str) -> String {
            Given::<T>::from(raw).require("p").unwrap_err().detail().to_owned()
        }
        assert_eq!(text::<Pair>(" Few "), r#"p must be "one" or "two": " Few ""#);
        assert_eq!(text::<Trio>("a\"b"), r#"p must be one of "one", "two", or "three": "a\"b""#);
        assert_eq!(text::<Plain>("x"), r#"p has unsupported value "x""#);
    }

    #[test]
    fn blank_filters_do_not_filter_and_blank_choices_take_the_default() {
        let blank = Given::<Pair>::from("  ");
        assert_eq!(blank.optional("p"), Ok(None));
        assert_eq!(blank.or_default("p", Pair::Two), Ok(Pair::Two));
        assert_eq!(blank.or(Pair::Two), Pair::Two.into());
        let unknown = Given::<Pair>::from(" Few ");
        assert!(unknown.optional("p").is_err());
        assert!(unknown.or_default("p", Pair::Two).is_err());
        assert_eq!(unknown.clone().or(Pair::Two), unknown);
    }
}
