//! `offset` and `limit` of lists, where `offset` counts pages (分页页码).

use crate::call::Call;
use crate::refusal::Refusal;

/// The page that is asked for.
#[derive(Clone, Copy)]
pub(super) struct Page {
    /// The page's number, from 0.
    pub(super) offset: usize,
    /// Items to a page.
    pub(super) limit: usize,
}

impl Page {
    /// Reads both from the query: the first page, and so many items, unless told.
    pub(super) fn of(call: &Call<'_>, usual: usize, most: usize) -> Result<Self, Refusal> {
        let number = |name: &str, usual: usize| match call.query(name) {
            None => Ok(usual),
            Some(text) => text.parse().map_err(|_| Refusal::parameter("query", name, "not a count")),
        };
        Ok(Self { offset: number("offset", 0)?, limit: number("limit", usual)?.min(most) })
    }

    /// Cuts the page out.
    pub(super) fn cut<T>(self, all: Vec<T>) -> Vec<T> {
        all.into_iter().skip(self.offset.saturating_mul(self.limit)).take(self.limit).collect()
    }
}
