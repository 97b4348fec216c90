//! Which exchanges of the journal.

use serde::{Deserialize, Serialize};

use super::{Control, ExchangeSummary};
use crate::{Direction, Entry};

/// At most so many exchanges at once, if not said.
const LIMIT: usize = 100;

/// Which exchanges. What is left out does not restrict; what is given has to hold together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Search {
    /// A text anywhere in target, ids, caller, bodies, mistakes or notes; upper and lower case are the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q: Option<String>,
    /// The operation's id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operation: Option<String>,
    /// The event type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<String>,
    /// mchid or brand id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller: Option<String>,
    /// `received` or `sent`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    /// A status or a class: `429`, `4xx`; `none` where there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The id of a recognised mistake; `any` for any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mistake: Option<String>,
    /// The id of the fault that struck; `any` for any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fault: Option<String>,
    /// Only later than this number: the first ones after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after: Option<u64>,
    /// Only earlier than this number: the last ones before it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub before: Option<u64>,
    /// At most so many; 100 if not said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// What was found, oldest first.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct JournalPage {
    /// How many exchanges there were since the start, also those no longer kept.
    pub count: u64,
    /// The oldest number that is still kept.
    pub oldest: Option<u64>,
    /// Those that match: of too many the newest, or with `after` the first.
    pub exchanges: Vec<ExchangeSummary>,
}

impl Control {
    /// The exchanges that match.
    pub fn journal(&self, search: &Search) -> JournalPage {
        let state = self.world.shared.state();
        let limit = search.limit.unwrap_or(LIMIT);
        let matching = state.journal.entries().filter(|entry| search.matches(entry));
        let exchanges: Vec<_> = if search.after.is_some() {
            matching.take(limit).map(ExchangeSummary::of).collect()
        } else {
            let mut newest: Vec<_> = matching.rev().take(limit).map(ExchangeSummary::of).collect();
            newest.reverse();
            newest
        };
        JournalPage {
            count: state.journal.count,
            oldest: state.journal.entries().next().map(|entry| entry.number),
            exchanges,
        }
    }

    /// Forgets the kept exchanges; the count goes on.
    pub fn clear_journal(&self) {
        self.world.journal().clear();
    }
}

impl Search {
    pub(super) fn matches(&self, entry: &Entry) -> bool {
        let is = |wanted: &Option<String>, found: Option<&str>| {
            wanted.as_deref().is_none_or(|wanted| wanted.is_empty() || found == Some(wanted))
        };
        let among = |wanted: &Option<String>, found: &[&str]| match wanted.as_deref() {
            None | Some("") => true,
            Some("any") => !found.is_empty(),
            Some(wanted) => found.contains(&wanted),
        };
        let mistakes: Vec<_> = entry.mistakes.iter().map(|mistake| mistake.id).collect();
        let direction = match entry.direction {
            Direction::Received => "received",
            Direction::Sent => "sent",
        };
        self.after.is_none_or(|after| entry.number > after)
            && self.before.is_none_or(|before| entry.number < before)
            && is(&self.operation, entry.operation)
            && is(&self.event, entry.event.as_deref())
            && is(&self.caller, entry.caller.as_deref())
            && is(&self.direction, Some(direction))
            && self.has_status(entry.status)
            && among(&self.mistake, &mistakes)
            && among(&self.fault, entry.fault.as_slice())
            && self.has_text(entry)
    }

    fn has_status(&self, status: Option<u16>) -> bool {
        match (self.status.as_deref(), status) {
            (None | Some(""), _) => true,
            (Some(wanted), None) => wanted == "none",
            (Some(wanted), Some(status)) => {
                let status = status.to_string();
                wanted == status || wanted.strip_suffix("xx").is_some_and(|class| status.starts_with(class))
            }
        }
    }

    fn has_text(&self, entry: &Entry) -> bool {
        let Some(wanted) = self.q.as_deref().map(str::trim).filter(|wanted| !wanted.is_empty()) else {
            return true;
        };
        let wanted = wanted.to_lowercase();
        let has = |text: &str| text.to_lowercase().contains(&wanted);
        has(&entry.target)
            || [entry.operation, entry.event.as_deref(), entry.caller.as_deref()]
                .into_iter()
                .flatten()
                .any(has)
            || entry.mistakes.iter().any(|mistake| has(mistake.id) || has(&mistake.cause))
            || entry.notes.iter().any(|note| has(note))
            || [&entry.request_body, &entry.response_body]
                .into_iter()
                .any(|body| has(&String::from_utf8_lossy(body)))
    }
}
