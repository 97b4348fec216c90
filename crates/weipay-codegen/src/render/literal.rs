//! Rust expressions for the values of the model.

use std::fmt::Display;

/// The constant for a name in `snake_case` or `PascalCase`.
pub(super) fn constant(name: &str) -> String {
    let mut constant = String::new();
    let mut before = '_';
    let mut rest = name.chars().peekable();
    while let Some(c) = rest.next() {
        let starts_word = c.is_ascii_uppercase()
            && (before.is_ascii_lowercase()
                || before != '_' && rest.peek().is_some_and(char::is_ascii_lowercase));
        if starts_word {
            constant.push('_');
        }
        constant.push(c.to_ascii_uppercase());
        before = c;
    }
    // The names of our own tables.
    if ["REFERENCES", "EVENTS"].contains(&constant.as_str()) { format!("{constant}_") } else { constant }
}

/// The enum variant for a name in `snake_case`.
pub(super) fn variant(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty());
    let variant: String = words.map(|word| word[..1].to_ascii_uppercase() + &word[1..]).collect();
    if variant == "Self" { "Self_".to_owned() } else { variant }
}

/// A string literal.
pub(super) fn text(text: &str) -> String {
    format!("{text:?}")
}

/// `Some("…")` or `None`.
pub(super) fn optional_text(optional: Option<&str>) -> String {
    optional.map_or_else(|| "None".to_owned(), |value| format!("Some({})", text(value)))
}

/// `&["…", …]`.
pub(super) fn texts<T: AsRef<str>>(texts: &[T]) -> String {
    list(texts.iter().map(|value| text(value.as_ref())))
}

/// `&[("…", "…"), …]`.
pub(super) fn pairs(pairs: &[(String, String)]) -> String {
    list(pairs.iter().map(|(key, value)| format!("({}, {})", text(key), text(value))))
}

/// `&[…, …]` on one line.
pub(super) fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let items: Vec<String> = items.into_iter().map(|item| item.to_string()).collect();
    format!("&[{}]", items.join(", "))
}

/// `&[…]` with one item per line, the items being indented by this much; on one line where it is empty.
pub(super) fn lines(indent: usize, items: &[String]) -> String {
    if items.is_empty() {
        return "&[]".to_owned();
    }
    let pad = " ".repeat(indent);
    let end = " ".repeat(indent.saturating_sub(4));
    format!("&[\n{pad}{},\n{end}]", items.join(&format!(",\n{pad}")))
}

/// A decimal literal, its digits grouped by three where there are many.
pub(super) fn number(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let sign = if number < 0 { "-" } else { "" };
    if digits.len() < 6 {
        return format!("{sign}{digits}");
    }
    let groups: Vec<&[u8]> = digits.as_bytes().rchunks(3).rev().collect();
    let groups: Vec<String> =
        groups.into_iter().map(|group| String::from_utf8_lossy(group).into_owned()).collect();
    format!("{sign}{}", groups.join("_"))
}

/// A `use` of those of these types of a module that the code names.
pub(super) fn imports(module: &str, types: &[&str], code: &str) -> String {
    // Every other piece between quotes is a literal's text; an escaped quote must not end it.
    let code = code.replace(r"\\", "").replace("\\\"", "");
    let outside: Vec<&str> = code.split('"').step_by(2).collect();
    let names = |text: &str, name: &str| {
        text.match_indices(name).any(|(start, _)| {
            let (before, after) = (&text[..start], &text[start + name.len()..]);
            let in_word = |c: char| c.is_alphanumeric() || c == '_';
            !before.ends_with(in_word) && !after.starts_with(in_word) && !before.ends_with("::")
        })
    };
    let used = types.iter().copied().filter(|name| outside.iter().any(|text| names(text, name)));
    match used.collect::<Vec<_>>().as_slice() {
        [] => String::new(),
        [one] => format!("use {module}::{one};\n"),
        several => format!("use {module}::{{{}}};\n", several.join(", ")),
    }
}
