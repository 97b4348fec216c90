//! What generated request, answer and event types are made of.
//!
//! Answers are read generously and never invented: `null` is absent, integers may come as decimal strings and strings
//! as integers, enums are open, unknown members are passed over. A required member that is missing is an error that
//! names its place; nothing is filled in. Requests are written exactly.
//!
//! Generated types implement [`Object`] (one short function) instead of deriving: one visitor, [`read_object`], serves
//! them all, which keeps a thousand operations cheap to compile.

mod embedded;
mod list;
mod object;
mod read;
mod sensitive;
mod text;
mod write;

pub use embedded::Embedded;
pub(crate) use object::MISSING;
pub use object::{Field, Object, read_object};
pub(crate) use read::WRONG_TYPE;
pub use read::{Read, optional, required};
pub use sensitive::{Ciphertext, Seal, Sealing, Sensitive};
pub use text::{Text, read_text};
pub use write::ObjectWriter;
