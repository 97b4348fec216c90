//! The points. Every change has a key, and a key counts once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// One member's points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// What the member owns.
    pub balance: u64,
    /// What is set aside for exchanges that are not settled; part of the balance.
    pub reserved: u64,
}

impl Account {
    /// What the member can spend.
    pub fn available(self) -> u64 {
        self.balance.saturating_sub(self.reserved)
    }
}

/// One change. `Debug` does not show the member.
#[derive(Clone, PartialEq, Eq)]
pub struct Entry {
    /// Why, and for what: `payment 4200…`, `exchange R1`. Counts once.
    pub key: String,
    /// The member.
    pub openid: String,
    /// Points gained or lost.
    pub change: i64,
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entry({:+})", self.change)
    }
}

/// The points of all members. `Debug` shows how many, never whose.
#[derive(Default)]
pub struct Ledger {
    accounts: BTreeMap<String, Account>,
    entries: Vec<Entry>,
    keys: BTreeSet<String>,
    reservations: BTreeMap<String, (String, u64)>,
}

impl Ledger {
    /// A member's points.
    pub fn account(&self, openid: &str) -> Account {
        self.accounts.get(openid).copied().unwrap_or_default()
    }

    /// All changes, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// Credits `points` once for `key`; `false` when that key was booked before.
    pub fn earn(&mut self, key: &str, openid: &str, points: u64) -> bool {
        self.book(key, openid, points.cast_signed())
    }

    /// Takes back up to `points` once for `key`; never below zero, never what is reserved.
    pub fn reverse(&mut self, key: &str, openid: &str, points: u64) -> bool {
        let points = points.min(self.account(openid).available());
        self.book(key, openid, -points.cast_signed())
    }

    /// Sets `points` aside for the exchange `record_id`. Once: asking again changes nothing.
    pub fn reserve(&mut self, record_id: &str, openid: &str, points: u64) -> bool {
        if self.reservations.contains_key(record_id) {
            return true;
        }
        let account = self.accounts.entry(openid.to_owned()).or_default();
        if account.available() < points {
            return false;
        }
        account.reserved += points;
        self.reservations.insert(record_id.to_owned(), (openid.to_owned(), points));
        true
    }

    /// Takes the points that were set aside: the exchange holds.
    pub fn settle(&mut self, record_id: &str) {
        if let Some((openid, points)) = self.release(record_id) {
            self.book(&format!("exchange {record_id}"), &openid, -points.cast_signed());
        }
    }

    /// Gives back the points that were set aside: the exchange failed.
    pub fn release(&mut self, record_id: &str) -> Option<(String, u64)> {
        let (openid, points) = self.reservations.remove(record_id)?;
        self.accounts.entry(openid.clone()).or_default().reserved -= points;
        Some((openid, points))
    }

    fn book(&mut self, key: &str, openid: &str, change: i64) -> bool {
        if !self.keys.insert(key.to_owned()) {
            return false;
        }
        let account = self.accounts.entry(openid.to_owned()).or_default();
        account.balance = account.balance.saturating_add_signed(change);
        self.entries.push(Entry { key: key.to_owned(), openid: openid.to_owned(), change });
        true
    }
}

impl fmt::Debug for Ledger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ledger({} accounts, {} entries)", self.accounts.len(), self.entries.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_counts_once() {
        let mut ledger = Ledger::default();
        assert!(ledger.earn("payment 1", "o1", 100));
        assert!(!ledger.earn("payment 1", "o1", 100));
        assert_eq!(ledger.account("o1"), Account { balance: 100, reserved: 0 });
    }

    #[test]
    fn points_set_aside_cannot_be_spent_twice() {
        let mut ledger = Ledger::default();
        ledger.earn("payment 1", "o1", 100);
        assert!(ledger.reserve("R1", "o1", 80));
        assert!(ledger.reserve("R1", "o1", 80), "the same exchange again");
        assert!(!ledger.reserve("R2", "o1", 80));
        ledger.settle("R1");
        ledger.settle("R1");
        assert_eq!(ledger.account("o1"), Account { balance: 20, reserved: 0 });
        assert!(ledger.reserve("R3", "o1", 20));
        ledger.release("R3");
        assert_eq!(ledger.account("o1").available(), 20);
    }

    #[test]
    fn a_refund_never_takes_what_is_not_there() {
        let mut ledger = Ledger::default();
        ledger.earn("payment 1", "o1", 100);
        ledger.reserve("R1", "o1", 80);
        ledger.reverse("refund 1", "o1", 50);
        assert_eq!(ledger.account("o1"), Account { balance: 80, reserved: 80 });
    }
}
