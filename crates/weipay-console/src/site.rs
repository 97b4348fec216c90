//! A site of pages that somebody else renders, such as the reference.

/// Gives the content type and the bytes of a page by its path inside the site; none if it has no such page.
pub type Site = fn(&str) -> Option<(&'static str, String)>;
