//! Rust names for the words of the API.

use crate::keyword::TAKEN;

/// A name for a member, an argument or a method.
pub(super) fn snake(word: &str) -> String {
    let mut name = String::new();
    let mut before = '_';
    for c in word.chars() {
        if c.is_ascii_uppercase() && (before.is_ascii_lowercase() || before.is_ascii_digit()) {
            name.push('_');
        }
        match c.is_ascii_alphanumeric() {
            true => name.push(c.to_ascii_lowercase()),
            false if name.is_empty() || name.ends_with('_') => {}
            false => name.push('_'),
        }
        before = c;
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) {
        name.insert(0, 'n');
    }
    if TAKEN.contains(&name.as_str()) || name == "new" { format!("{name}_") } else { name }
}

/// A type or a part of one's name: `out_trade_no` → `OutTradeNo`.
pub(super) fn pascal(word: &str) -> String {
    let words = word.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
    };
    words.map(capital).collect()
}

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

/// The type for a title of the catalogue; those that generated code itself uses take a `_`.
pub(super) fn type_name(title: &str) -> String {
    const USED: [&str; 34] = [
        "Self",
        "Option",
        "Some",
        "None",
        "Vec",
        "String",
        "Box",
        "Into",
        "IntoIterator",
        "Result",
        "Ok",
        "Err",
        "Default",
        "Clone",
        "PartialEq",
        "Time",
        "Value",
        "Sensitive",
        "Ciphertext",
        "Embedded",
        "Object",
        "Field",
        "MapAccess",
        "Serialize",
        "Serializer",
        "Seal",
        "Sealing",
        "ObjectWriter",
        "Parameters",
        "PlatformKey",
        "Call",
        "From",
        "Iterator",
        "ToString",
    ];
    if USED.contains(&title) { format!("{title}_") } else { title.to_owned() }
}
