//! JSON from outside, with errors that say where and what kind, and never quote what stands there.

use serde::de::DeserializeOwned;

/// Reads `bytes`; the error names the member and the line.
pub(crate) fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    let reader = &mut serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(reader).map_err(|error| {
        let cause = error.inner();
        let text = cause.to_string();
        let what = match text.split(" at line").next() {
            Some(missing) if missing.starts_with("missing field") => missing.to_owned(),
            _ if text.starts_with("unknown variant") => "a value that is not known here".to_owned(),
            _ if cause.is_data() => "a value of the wrong kind".to_owned(),
            _ => "not JSON".to_owned(),
        };
        format!("`{}`, line {}: {what}", error.path(), cause.line())
    })
}
