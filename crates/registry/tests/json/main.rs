//! Configuration files: all of the fixtures' are read, and each field has its ways to be wrong.

#[path = "../common/mod.rs"]
mod common;
mod l1;
mod l2;
mod rollup;

use hoike_registry::{
    ConfigError,
    json::Fault::{self, *},
};
use serde_json::Value;

/// Empties the sentences in an error, which no test repeats.
pub(crate) fn without_reason<T>(result: Result<T, ConfigError>) -> Result<T, ConfigError> {
    result.map_err(|error| match error {
        ConfigError::Field {
            field,
            fault: TooSmall { value, min, why },
        } => {
            assert!(!why.is_empty());
            ConfigError::Field {
                field,
                fault: TooSmall {
                    value,
                    min,
                    why: "",
                },
            }
        }
        ConfigError::Field {
            field,
            fault: Unsupported { instead },
        } => {
            assert!(!instead.is_empty());
            ConfigError::Field {
                field,
                fault: Unsupported { instead: "" },
            }
        }
        other => other,
    })
}

pub(crate) fn field<T>(path: &str, fault: Fault) -> Result<T, ConfigError> {
    Err(ConfigError::Field {
        field: path.into(),
        fault,
    })
}

/// The document with values replaced, added or (`None`) taken away.
pub(crate) fn edited(mut document: Value, edits: &[(&str, Option<Value>)]) -> String {
    for (path, value) in edits {
        let (parent, key) = path.rsplit_once('/').unwrap();
        let parent = document
            .pointer_mut(parent)
            .unwrap()
            .as_object_mut()
            .unwrap();
        match value {
            Some(value) => parent.insert((*key).to_owned(), value.clone()),
            None => parent.remove(key),
        };
    }
    document.to_string()
}
