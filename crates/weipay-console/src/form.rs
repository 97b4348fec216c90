//! Forms and queries: their fields.

use std::collections::BTreeMap;

/// The fields of a form; an empty one counts as not filled in.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(transparent)]
pub(crate) struct Fields(BTreeMap<String, String>);

impl Fields {
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    pub(crate) fn owned(&self, name: &str) -> Option<String> {
        self.get(name).map(str::to_owned)
    }

    /// A number; none if it is none.
    pub(crate) fn number<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.get(name).and_then(|text| text.parse().ok())
    }

    #[cfg(feature = "sandbox")]
    pub(crate) fn filled(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.keys().filter_map(|name| Some((name.as_str(), self.get(name)?)))
    }
}

/// A value as it stands in a query.
pub(crate) fn encoded(value: &str) -> String {
    askama::filters::urlencode(value).map_or_else(|_| String::new(), |text| text.to_string())
}
