//! A JSON document, and looking things up in it by dotted paths.

use super::{ConfigError, Fault};
use alloc::{borrow::ToOwned, collections::BTreeMap, format, string::String, string::ToString};
use alloy_primitives::hex;
use core::fmt;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A JSON value, as far as a config can hold one: nothing is read from arrays, and no number is beyond 64 bits.
#[derive(Debug)]
pub(super) enum Json {
    Null,
    Bool(bool),
    Number(u64),
    /// Negative, fractional or too large.
    OtherNumber,
    String(String),
    Array,
    Object(BTreeMap<String, Json>),
}

impl Json {
    /// Reads a document, which must be an object.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, ConfigError> {
        let document: Self = serde_json::from_slice(bytes)
            .map_err(|error| ConfigError::Syntax(error.to_string()))?;
        if matches!(document, Self::Object(_)) {
            Ok(document)
        } else {
            Err(ConfigError::Syntax(format!(
                "it is {}, not an object",
                document.kind()
            )))
        }
    }

    /// What is at `path`, read by one of the functions below; `None` where the path ends early or in null.
    pub(super) fn optional<T>(
        &self,
        path: &'static str,
        read: impl Fn(&Self) -> Result<T, Fault>,
    ) -> Result<Option<T>, ConfigError> {
        let mut at = self;
        for key in path.split('.') {
            let Self::Object(members) = at else {
                return Err(at_fault(path, Fault::NoObject { found: at.kind() }));
            };
            match members.get(key) {
                None | Some(Self::Null) => return Ok(None),
                Some(member) => at = member,
            }
        }
        read(at).map(Some).map_err(|fault| at_fault(path, fault))
    }

    /// As `optional`, of what must be there.
    pub(super) fn required<T>(
        &self,
        path: &'static str,
        read: impl Fn(&Self) -> Result<T, Fault>,
    ) -> Result<T, ConfigError> {
        self.optional(path, read)?
            .ok_or_else(|| at_fault(path, Fault::Missing))
    }

    /// Refuses keys of the object at `path` that are not in `known` and yet look as if they mattered: times, unless null, and other spellings of a
    /// known key (Go's decoder takes any case, this one does not).
    pub(super) fn check_keys(
        &self,
        path: &'static str,
        known: &[&'static str],
    ) -> Result<(), ConfigError> {
        let mut at = self;
        for key in path.split('.').filter(|key| !key.is_empty()) {
            match at {
                Self::Object(members) => match members.get(key) {
                    Some(member) => at = member,
                    None => return Ok(()),
                },
                Self::Null
                | Self::Bool(_)
                | Self::Number(_)
                | Self::OtherNumber
                | Self::String(_)
                | Self::Array => return Ok(()),
            }
        }
        let Self::Object(members) = at else {
            return Ok(());
        };
        for (key, value) in members {
            let field = || {
                if path.is_empty() {
                    key.clone()
                } else {
                    format!("{path}.{key}")
                }
            };
            if known.contains(&key.as_str()) {
                continue;
            }
            if let Some(known) = known.iter().find(|known| known.eq_ignore_ascii_case(key)) {
                return Err(ConfigError::Field {
                    field: field(),
                    fault: Fault::Spelling { known },
                });
            }
            if key.to_ascii_lowercase().ends_with("time") && !matches!(value, Self::Null) {
                return Err(ConfigError::Field {
                    field: field(),
                    fault: Fault::UnknownFork,
                });
            }
        }
        Ok(())
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "true or false",
            Self::Number(_) | Self::OtherNumber => "a number",
            Self::String(_) => "a string",
            Self::Array => "an array",
            Self::Object(_) => "an object",
        }
    }

    fn is_not(&self, expected: &'static str) -> Fault {
        Fault::Type {
            expected,
            found: self.kind(),
        }
    }
}

/// The error of `fault` at the field `path`.
pub(super) fn at_fault(path: &'static str, fault: Fault) -> ConfigError {
    ConfigError::Field {
        field: path.to_owned(),
        fault,
    }
}

/// Reads any number of 64 bits.
pub(super) fn number(json: &Json) -> Result<u64, Fault> {
    match json {
        Json::Number(value) => Ok(*value),
        Json::OtherNumber => Err(Fault::Number { max: u64::MAX }),
        Json::Null | Json::Bool(_) | Json::String(_) | Json::Array | Json::Object(_) => {
            Err(json.is_not("a number"))
        }
    }
}

/// Reads a number that is not zero; `why` says what zero would mean.
pub(super) fn positive(why: &'static str) -> impl Fn(&Json) -> Result<u64, Fault> {
    at_least(1, why)
}

/// Reads a number of at least `min`; `why` says what a smaller one would mean.
pub(super) fn at_least(min: u64, why: &'static str) -> impl Fn(&Json) -> Result<u64, Fault> {
    move |json| {
        let value = number(json)?;
        if value < min {
            Err(Fault::TooSmall { value, min, why })
        } else {
            Ok(value)
        }
    }
}

/// Reads a number of 16 bits.
pub(super) fn number16(json: &Json) -> Result<u16, Fault> {
    number(json)?.try_into().map_err(|_| Fault::Number {
        max: u16::MAX.into(),
    })
}

/// Reads true or false.
pub(super) fn boolean(json: &Json) -> Result<bool, Fault> {
    match json {
        Json::Bool(value) => Ok(*value),
        Json::Null
        | Json::Number(_)
        | Json::OtherNumber
        | Json::String(_)
        | Json::Array
        | Json::Object(_) => Err(json.is_not("true or false")),
    }
}

/// Reads whether there is anything.
pub(super) fn anything(_: &Json) -> Result<(), Fault> {
    Ok(())
}

/// Reads `N` bytes from a string of hexadecimal digits with 0x.
pub(super) fn bytes<const N: usize>(json: &Json) -> Result<[u8; N], Fault> {
    let text = match json {
        Json::String(text) => text,
        Json::Null
        | Json::Bool(_)
        | Json::Number(_)
        | Json::OtherNumber
        | Json::Array
        | Json::Object(_) => {
            return Err(json.is_not("a string of hexadecimal digits"));
        }
    };
    let digits = text.strip_prefix("0x").ok_or(Fault::NoPrefix)?;
    // Before the length: a cut off digit is the commoner mistake.
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(Fault::NoHex);
    }
    if !digits.len().is_multiple_of(2) {
        return Err(Fault::OddHex {
            digits: digits.len(),
        });
    }
    let mut bytes = [0; N];
    hex::decode_to_slice(digits, &mut bytes).map_err(|_| Fault::Length {
        expected: N,
        found: digits.len() / 2,
    })?;
    Ok(bytes)
}

/// As [`bytes`], but not all zero.
pub(super) fn nonzero<const N: usize>(json: &Json) -> Result<[u8; N], Fault> {
    let bytes = bytes(json)?;
    if bytes == [0; N] {
        Err(Fault::Zero)
    } else {
        Ok(bytes)
    }
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyJson)
    }
}

struct AnyJson;

impl<'de> Visitor<'de> for AnyJson {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Number(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Json, E> {
        Ok(value.try_into().map_or(Json::OtherNumber, Json::Number))
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Json, E> {
        Ok(Json::OtherNumber)
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Json, E> {
        Ok(Json::String(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Json::Array)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
        let mut members = BTreeMap::new();
        while let Some(key) = entries.next_key::<String>()? {
            if members.contains_key(&key) {
                return Err(A::Error::custom(format_args!("`{key}` is there twice")));
            }
            members.insert(key, entries.next_value()?);
        }
        Ok(Json::Object(members))
    }
}
