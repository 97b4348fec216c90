use super::Object;
use crate::ops::Role;

/// One kind of notification.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Event {
    /// The `event_type` of the envelope, such as `MALL_TRANSACTION.SUCCESS`.
    pub event_type: &'static str,
    /// What it was called before; old notifications still carry these.
    pub former_event_types: &'static [&'static str],
    /// The official Chinese title.
    pub title: &'static str,
    /// The known values of `resource.original_type`; empty where none is published.
    pub original_types: &'static [&'static str],
    /// Who receives it.
    pub roles: &'static [Role],
    /// The decrypted resource.
    pub resource: &'static Object,
    /// The ids of operations that answer it or query the same object.
    pub related: &'static [&'static str],
    /// The official pages.
    pub doc_urls: &'static [&'static str],
    /// Sources independent of the documentation that agree, as in [`Reference`](super::Reference::confirmed_by).
    pub confirmed_by: &'static [&'static str],
    /// Where independent sources differ, as in [`Reference`](super::Reference::disputed).
    pub disputed: &'static [(&'static str, &'static str)],
}
