//! Byte-exact vectors of the protocol: published samples that were recomputed, and our own with throw-away keys.

use std::sync::LazyLock;

use serde_json::Value;

static VECTORS: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../vectors/vectors.json")).expect("vectors.json is JSON")
});

/// The value at `pointer`, such as `/official/response_verification`.
///
/// # Panics
///
/// When there is none.
pub fn at(pointer: &str) -> &'static Value {
    VECTORS.pointer(pointer).unwrap_or_else(|| panic!("vectors.json has no {pointer}"))
}

/// The text at `pointer`.
///
/// # Panics
///
/// When there is none.
pub fn text(pointer: &str) -> &'static str {
    at(pointer).as_str().unwrap_or_else(|| panic!("{pointer} of vectors.json is no text"))
}

/// The text member `name` of `value`.
///
/// # Panics
///
/// When there is none.
pub fn member<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_else(|| panic!("{name} is no text"))
}

/// The text of a file in `keys/`; its README says what each is. All of them are public and worthless.
///
/// # Panics
///
/// When there is no such file.
pub fn key_file(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("keys").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{name}: {error}"))
}
