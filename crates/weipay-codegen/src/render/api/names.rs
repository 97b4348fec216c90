//! Rust names that only generated code has.

use crate::spelling::pascal;

/// An enum's variant for a value as it is sent: `NOT_ENOUGH` → `NotEnough`, `02` → `Value02`.
pub(super) fn variant(value: &str) -> String {
    let shouting = !value.chars().any(|c| c.is_ascii_lowercase());
    let name = pascal(&if shouting { value.to_ascii_lowercase() } else { value.to_owned() });
    match name.as_str() {
        "" => "Empty".to_owned(),
        "Self" | "Other" => format!("{name}_"),
        _ if name.starts_with(|c: char| c.is_ascii_digit()) => format!("Value{name}"),
        _ => name,
    }
}
