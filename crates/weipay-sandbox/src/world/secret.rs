//! Texts that nobody is shown: keys, and what users filled in.

use std::cell::Cell;
use std::fmt;

use serde::{Deserialize, Serialize};

thread_local! {
    static EXPOSED: Cell<bool> = const { Cell::new(false) };
}

/// A text that is shown neither by `Debug` nor where the world is shown as JSON.
#[derive(Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// The text itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Runs what writes the secrets of this thread as they are: a state that is to be loaded again. They are covered
    /// afterwards, also after a panic.
    pub(crate) fn exposed<T>(write: impl FnOnce() -> T) -> T {
        struct Cover;
        impl Drop for Cover {
            fn drop(&mut self) {
                EXPOSED.set(false);
            }
        }
        let _cover = Cover;
        EXPOSED.set(true);
        write()
    }
}

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Serialize for Secret {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(if EXPOSED.get() { &self.0 } else { "…" })
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_written_only_where_it_is_exposed() {
        let secret = Secret::from("12345");
        let json = |secret: &Secret| serde_json::to_string(secret).unwrap();
        assert_eq!(json(&secret), r#""…""#);
        assert_eq!(Secret::exposed(|| json(&secret)), r#""12345""#);
        let _ = std::panic::catch_unwind(|| Secret::exposed(|| panic!("in the middle")));
        assert_eq!((json(&secret), format!("{secret:?}")), (r#""…""#.to_owned(), "Secret(…)".to_owned()));
    }
}
