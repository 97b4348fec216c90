//! Open enums: texts of which some are known.

use serde::de::Deserializer;

use super::Read;

/// An enum that keeps texts it does not know.
pub trait Text: Sized {
    /// The value of a text; every text has one.
    fn from_text(text: String) -> Self;

    /// The text on the wire.
    fn as_text(&self) -> &str;
}

/// Reads an open enum; `null` is `None`.
pub fn read_text<'de, T: Text, D: Deserializer<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    Ok(String::read(deserializer)?.map(T::from_text))
}

/// Declares an open enum: `json_text! { /// doc  pub enum State { Success = "SUCCESS", … } }`.
#[macro_export]
macro_rules! json_text {
    ($(#[$meta:meta])* pub enum $name:ident { $($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$doc])* $variant,)+
            /// A value that this version does not know.
            Other(String),
        }

        impl $crate::json::Text for $name {
            // Compiled only where it is called.
            #[inline]
            fn from_text(text: String) -> Self {
                match text.as_str() {
                    $($text => Self::$variant,)+
                    _ => Self::Other(text),
                }
            }

            #[inline]
            fn as_text(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(text) => text,
                }
            }
        }

        impl Default for $name {
            #[inline]
            fn default() -> Self {
                Self::Other(String::new())
            }
        }

        impl From<&str> for $name {
            #[inline]
            fn from(text: &str) -> Self {
                <Self as $crate::json::Text>::from_text(text.to_owned())
            }
        }

        impl From<String> for $name {
            #[inline]
            fn from(text: String) -> Self {
                <Self as $crate::json::Text>::from_text(text)
            }
        }

        impl ::core::fmt::Display for $name {
            #[inline]
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str($crate::json::Text::as_text(self))
            }
        }

        impl $crate::json::Read for $name {
            fn read<'de, D: $crate::serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Self>, D::Error> {
                $crate::json::read_text(deserializer)
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S: $crate::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str($crate::json::Text::as_text(self))
            }
        }
    };
}
