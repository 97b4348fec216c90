//! What a reader or a server must know of each operation: parameters, bodies, answers, examples; and the notifications.

mod entry;
mod event;
mod schema;
pub mod spelling;
mod table;

pub use entry::{Body, Parameter, ParameterLocation, Reference};
pub use event::{Condition, Document, Event, Variant};
pub use schema::{Kind, Object, Property, Schema};
pub use table::{event, events, reference};
