//! The journal as it grows.

use super::{Control, ExchangeSummary, Search};

/// New exchanges, one batch after the other.
#[derive(Debug)]
pub struct Follow {
    control: Control,
    search: Search,
    seen: u64,
}

impl Control {
    /// What the journal gets from now on, or from `search.after` on.
    pub fn follow(&self, search: Search) -> Follow {
        let seen = search.after.unwrap_or_else(|| self.world.journal().count());
        Follow { control: self.clone(), search, seen }
    }
}

impl Follow {
    /// Waits for the next exchanges that match; never empty.
    pub async fn next(&mut self) -> Vec<ExchangeSummary> {
        loop {
            let count = self.control.world.journal().changed(self.seen).await;
            let search = Search { after: Some(self.seen), limit: Some(usize::MAX), ..self.search.clone() };
            let found = self.control.journal(&search).exchanges;
            // What came in between was found already, or does not match.
            self.seen = found.last().map_or(count, |last| last.number.max(count));
            if !found.is_empty() {
                return found;
            }
        }
    }
}
