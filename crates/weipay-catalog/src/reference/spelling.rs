//! How the typed chain spells the words of the API in Rust. The generator writes by these rules, and samples are written by
//! them: `weipay-codegen` compiles this very file, because it must not depend on the tables that it writes.

/// Rust's own words, which cannot name a module, a method or a field.
#[rustfmt::skip]
const TAKEN: [&str; 51] = [
    "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "false", "fn", "for",
    "gen", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return", "self", "static",
    "struct", "super", "trait", "true", "type", "unsafe", "use", "where", "while", "abstract", "become", "box", "do",
    "final", "macro", "override", "priv", "try", "typeof", "unsized", "virtual", "yield",
];

/// The verbs of a node.
const VERBS: [&str; 8] =
    ["get", "post", "put", "patch", "delete", "upload", "download", "download_unverified"];

/// Names that generated code itself uses.
#[rustfmt::skip]
const USED: [&str; 34] = [
    "Self", "Option", "Some", "None", "Vec", "String", "Box", "Into", "IntoIterator", "Result", "Ok", "Err", "Default",
    "Clone", "PartialEq", "Time", "Value", "Sensitive", "Ciphertext", "Embedded", "Object", "Field", "MapAccess", "Serialize",
    "Serializer", "Seal", "Sealing", "ObjectWriter", "Parameters", "PlatformKey", "Call", "From", "Iterator", "ToString",
];

fn underscored(name: String, taken: bool) -> String {
    if taken { format!("{name}_") } else { name }
}

/// The method of a path's segment: `out-trade-no` → `out_trade_no`, `{card_id}` → `card_id`, `use` → `use_`. An operation's
/// `chain_names` go before it.
///
/// ```
/// use weipay_catalog::reference::spelling;
///
/// assert_eq!(spelling::segment("out-trade-no"), "out_trade_no");
/// assert_eq!(spelling::segment("{card_id}"), "card_id");
/// assert_eq!((spelling::segment("use"), spelling::segment("delete")), ("use_".to_owned(), "delete_".to_owned()));
/// assert_eq!((spelling::field("type"), spelling::field("cardNo")), ("type_".to_owned(), "card_no".to_owned()));
/// ```
pub fn segment(segment: &str) -> String {
    let name = segment.trim_start_matches('{').trim_end_matches('}').replace(['-', '.'], "_").to_lowercase();
    let taken = TAKEN.contains(&name.as_str()) || VERBS.contains(&name.as_str());
    underscored(name, taken)
}

/// The field, argument or setter of a member: `type` → `type_`, `cardNo` → `card_no`.
pub fn field(word: &str) -> String {
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
    let taken = TAKEN.contains(&name.as_str()) || name == "new";
    underscored(name, taken)
}

/// The module of an area: `marketing-busifavor` → `marketing_busifavor`.
pub fn module(area: &str) -> String {
    let name = area.replace('-', "_");
    // Beside the areas' modules there are `errors.rs` and `events.rs`.
    let taken = TAKEN.contains(&name.as_str()) || ["errors", "events"].contains(&name.as_str());
    underscored(name, taken)
}

/// A part of a type's name: `out_trade_no` → `OutTradeNo`.
pub fn pascal(word: &str) -> String {
    let capital = |word: &str| {
        let mut chars = word.chars();
        chars.next().map_or_else(String::new, |first| first.to_ascii_uppercase().to_string() + chars.as_str())
    };
    word.split(|c: char| !c.is_alphanumeric()).map(capital).collect()
}

/// The type for a title of the catalogue.
pub fn type_name(title: &str) -> String {
    underscored(title.to_owned(), USED.contains(&title))
}
