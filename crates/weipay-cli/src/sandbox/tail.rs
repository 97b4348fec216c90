//! The log: one line per exchange of the journal.

use weipay::catalog::ops;
use weipay_sandbox::{Direction, Entry, Journal};

/// What of a journal has not been shown yet.
pub(super) struct Tail {
    journal: Journal,
    shown: u64,
}

impl Tail {
    pub(super) fn new(journal: Journal) -> Self {
        Self { journal, shown: 0 }
    }

    /// Waits for an exchange that was not shown yet.
    pub(super) async fn more(&self) {
        self.journal.changed(self.shown).await;
    }

    /// The lines of the exchanges since the last time, oldest first.
    pub(super) fn lines(&mut self) -> impl Iterator<Item = String> {
        let mut entries = self.journal.entries();
        entries.retain(|entry| entry.number > self.shown);
        let missed = entries.first().map_or(0, |first| first.number - self.shown - 1);
        self.shown = entries.last().map_or(self.shown, |last| last.number);
        let gap = (missed > 0).then(|| format!("... {missed} exchanges came too fast to be shown"));
        gap.into_iter().chain(entries.into_iter().map(|entry| line(&entry)))
    }
}

/// `--> POST /v3/marketing/busifavor/coupons/use 200 rule 1.2 ms; …` with mistakes, faults and notes.
fn line(entry: &Entry) -> String {
    let status = entry.status.map(|status| status.to_string());
    let milliseconds = entry.duration.as_secs_f64() * 1e3;
    let mut line = match entry.direction {
        Direction::Received => {
            let basis = entry.basis.map_or("rule", weipay_sandbox::Basis::as_str);
            let status = status.as_deref().unwrap_or("reset");
            format!("--> {} {} {status} {basis} {milliseconds:.1} ms", entry.method, target(entry))
        }
        Direction::Sent => {
            let event = entry.event.as_deref().unwrap_or("notification");
            let status = status.as_deref().unwrap_or("unanswered");
            format!("<-- {} {} {status} {event} {milliseconds:.1} ms", entry.method, target(entry))
        }
    };
    for mistake in &entry.mistakes {
        line.push_str("; ");
        line.push_str(&mistake.to_string());
    }
    if let Some(fault) = entry.fault {
        line.push_str("; fault ");
        line.push_str(fault);
    }
    for note in &entry.notes {
        line.push_str("; ");
        line.push_str(note);
    }
    line
}

/// The operation's template, because path and query may hold an openid; without an operation the path as it came.
fn target(entry: &Entry) -> &str {
    let operation = entry.operation.and_then(ops::operation);
    operation
        .map_or_else(|| entry.target.split('?').next().unwrap_or_default(), |operation| operation.template)
}
