//! The two languages.

use http::HeaderMap;
use http::header::{ACCEPT_LANGUAGE, COOKIE};

/// The cookie that remembers a choice.
pub(crate) const COOKIE_NAME: &str = "weipay-language";

/// Which language a page speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Language {
    Chinese,
    English,
}

impl Language {
    /// What was chosen, else the browser's first choice, else Chinese.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let text =
            |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok()).unwrap_or("");
        let chosen =
            text(COOKIE).split(';').find_map(|pair| pair.trim().strip_prefix(COOKIE_NAME)?.strip_prefix('='));
        if chosen.unwrap_or_else(|| text(ACCEPT_LANGUAGE)).starts_with("en") {
            Self::English
        } else {
            Self::Chinese
        }
    }

    /// The text in this language.
    pub(crate) const fn say(self, chinese: &'static str, english: &'static str) -> &'static str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }

    /// For `lang`.
    pub(crate) const fn code(self) -> &'static str {
        self.say("zh-CN", "en")
    }
}
