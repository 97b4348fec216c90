//! The reference of operations and notifications as a view: everything that a reader is told, in the order in which it
//! is told, and nothing of how it is shown. Terminal, site and JSON output are renderings of it.

mod event;
mod facts;
mod head;
mod member;
mod page;
mod rust;
mod sample;
mod search;
mod text;
mod typed;
mod words;

pub(crate) use event::EventPage;
pub(crate) use facts::{NOT_PUBLISHED, event_facts, facts};
pub(crate) use head::Head;
pub(crate) use member::Member;
pub(crate) use page::{Content, Link, Page, Shape};
pub(crate) use sample::sample;
pub(crate) use search::{Wanted, find, named};
pub(crate) use text::{event, operation, padded, width};
pub(crate) use words::ROLES;
