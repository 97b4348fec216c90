//! How the words of the API are spelled in the typed chain: the rules that `weipay-api` states in its documentation.

/// Rust's own words, which take a `_`.
#[rustfmt::skip]
const TAKEN: [&str; 51] = [
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "false", "fn", "for",
    "gen", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "type", "unsafe", "use", "where", "while", "abstract", "become", "box", "do",
    "final", "macro", "override", "priv", "try", "typeof", "unsized", "virtual", "yield",
];

const VERBS: [&str; 8] =
    ["get", "post", "put", "patch", "delete", "upload", "download", "download_unverified"];

/// The method of a segment: `out-trade-no` → `out_trade_no`, `{card_id}` → `card_id`, `use` → `use_`.
pub(super) fn segment(segment: &str) -> String {
    let name = segment.trim_start_matches('{').trim_end_matches('}').replace(['-', '.'], "_").to_lowercase();
    if TAKEN.contains(&name.as_str()) || VERBS.contains(&name.as_str()) { format!("{name}_") } else { name }
}

/// The field, argument or setter of a member.
pub(super) fn member(word: &str) -> String {
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

/// The module of an area.
pub(super) fn module(area: &str) -> String {
    let name = area.replace('-', "_");
    if TAKEN.contains(&name.as_str()) { format!("{name}_") } else { name }
}

/// A part of a type's name: `coupons_use` → `CouponsUse`.
pub(super) fn pascal(word: &str) -> String {
    let words = word.split(|c: char| !c.is_alphanumeric());
    words
        .filter_map(|word| {
            let mut chars = word.chars();
            chars.next().map(|first| first.to_ascii_uppercase().to_string() + chars.as_str())
        })
        .collect()
}

/// The type for a title of the catalogue; the names that generated code itself uses take a `_`.
pub(super) fn type_name(title: &str) -> String {
    #[rustfmt::skip]
    const USED: [&str; 34] = [
        "Self", "Option", "Some", "None", "Vec", "String", "Box", "Into", "IntoIterator", "Result", "Ok", "Err", "Default",
        "Clone", "PartialEq", "Time", "Value", "Sensitive", "Ciphertext", "Embedded", "Object", "Field", "MapAccess", "Serialize",
        "Serializer", "Seal", "Sealing", "ObjectWriter", "Parameters", "PlatformKey", "Call", "From", "Iterator", "ToString",
    ];
    if USED.contains(&title) { format!("{title}_") } else { title.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::{member, segment};

    #[test]
    fn words_of_rust_and_verbs_take_an_underscore() {
        assert_eq!(segment("out-trade-no"), "out_trade_no");
        assert_eq!(segment("{card_id}"), "card_id");
        assert_eq!((segment("use"), segment("delete")), ("use_".to_owned(), "delete_".to_owned()));
        assert_eq!((member("type"), member("cardNo")), ("type_".to_owned(), "card_no".to_owned()));
    }
}
