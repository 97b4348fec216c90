//! What is to happen at a business time, such as the expiry of an order.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Everything that is planned.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct Agenda(Vec<Task>);

/// One planned deed of a family.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Task {
    pub(crate) due: Timestamp,
    /// The deed's name, as its family registers it.
    pub(crate) deed: String,
    /// What it is done to, such as an `out_trade_no`.
    pub(crate) key: String,
}

impl Agenda {
    pub(crate) fn plan(&mut self, task: Task) {
        self.0.push(task);
    }

    pub(crate) fn tasks(&self) -> &[Task] {
        &self.0
    }

    pub(crate) fn next_due(&self) -> Option<Timestamp> {
        self.0.iter().map(|task| task.due).min()
    }

    /// Takes what is due now, earliest first; of one moment in the order in which it was planned.
    pub(crate) fn take_due(&mut self, now: Timestamp) -> Vec<Task> {
        let all = std::mem::take(&mut self.0).into_iter();
        let (mut due, later): (Vec<Task>, Vec<Task>) = all.partition(|task| task.due <= now);
        self.0 = later;
        due.sort_by_key(|task| task.due);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_due_comes_once_and_earliest_first() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let task = |due, key: &str| Task { due: at(due), deed: "expire".to_owned(), key: key.to_owned() };
        let mut agenda = Agenda::default();
        for (due, key) in [(30, "c"), (10, "a"), (20, "b"), (10, "a2")] {
            agenda.plan(task(due, key));
        }
        assert_eq!(agenda.next_due(), Some(at(10)));
        let keys = |tasks: Vec<Task>| tasks.into_iter().map(|task| task.key).collect::<Vec<_>>();
        assert_eq!(keys(agenda.take_due(at(20))), ["a", "a2", "b"]);
        assert_eq!(keys(agenda.take_due(at(20))), [""; 0]);
        assert_eq!(agenda.next_due(), Some(at(30)));
    }
}
