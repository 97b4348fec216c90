//! What the operations do, one file or folder per family, each beside its state in `world/`.
//!
//! A family's file, or each file of its folder, has one table, `FAMILY`, which names its operations, the function of each,
//! and the ledger's line: what is documented, observed or assumed, and when it was last compared. To add a family: its
//! file here and its state in `world/`, a line in [`FAMILIES`], and a member of [`World`](crate::World). A rule gets the authenticated and checked
//! [`Call`](crate::call::Call) and the [`State`], in which it may change the world, draw `ids`, find and keep `replies`
//! of request numbers, `raise` notifications, note what `took_effect`, and `schedule` a deed for a business time.

mod bill;
mod brand;
mod busifavor;
mod businesscircle;
mod calendar;
mod card_member;
mod combine;
mod family;
mod media;
pub(crate) mod membercard;
mod paging;
mod payments;
mod platform;
mod product_coupon;
mod profit_sharing;
mod refunds;
mod sensitive;
mod statements;
mod transfers;

pub(crate) use busifavor::pre_send::take as take_pre_sent_coupon;
pub(crate) use busifavor::redemption::delete as delete_coupon;
pub(crate) use busifavor::sending::take as take_coupon;
pub use businesscircle::{MallMember, MallPayment, MallRefund};
pub(crate) use businesscircle::{
    join as join_mall, leave as leave_mall, pay as pay_in_mall, refund as refund_in_mall,
};
pub use card_member::{ExchangePoints, TakeCard};
pub(crate) use card_member::{
    delete_card, exchange_points, show_payment_code, take_card, user_card_state, view_points,
};
pub use membercard::{TakeMemberCard, TakenMemberCard};
pub(crate) use payments::{cancel as cancel_payment, pay, session as payment_session};
pub(crate) use product_coupon::{
    current as product_coupon_state, delete as delete_product_coupon, take as take_product_coupon,
};
pub(crate) use refunds::end as end_refund;
pub(crate) use transfers::confirm as confirm_transfer;

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::agenda::Task;
use crate::state::State;
use family::{Deed, Entry, Family};

/// Every family.
static FAMILIES: &[Family] = &[
    bill::FAMILY,
    busifavor::callbacks::FAMILY,
    busifavor::codes::FAMILY,
    busifavor::consumption_card::FAMILY,
    busifavor::pre_send::FAMILY,
    busifavor::redemption::FAMILY,
    busifavor::sending::FAMILY,
    busifavor::stocks::FAMILY,
    busifavor::subsidy::FAMILY,
    busifavor::wallet::FAMILY,
    businesscircle::FAMILY,
    card_member::FAMILY,
    combine::FAMILY,
    media::FAMILY,
    membercard::activation::FAMILY,
    membercard::bonus::FAMILY,
    membercard::callback::FAMILY,
    membercard::codes::FAMILY,
    membercard::import::FAMILY,
    membercard::reminder::FAMILY,
    membercard::service_module::FAMILY,
    membercard::template::FAMILY,
    membercard::user_card::FAMILY,
    platform::FAMILY,
    product_coupon::FAMILY,
    payments::FAMILY,
    profit_sharing::FAMILY,
    refunds::FAMILY,
    transfers::FAMILY,
];

static ENTRIES: LazyLock<HashMap<&str, &Entry>> =
    LazyLock::new(|| all().map(|entry| (entry.operation, entry)).collect());

/// All operations that have a rule, family by family.
pub(crate) fn all() -> impl Iterator<Item = &'static Entry> {
    FAMILIES.iter().flat_map(|family| family.rules)
}

/// The rule of an operation, with what belongs to it.
pub(crate) fn entry(operation: &str) -> Option<&'static Entry> {
    ENTRIES.get(operation).copied()
}

/// Whether a family does this.
pub(crate) fn knows(deed: &str) -> bool {
    FAMILIES.iter().flat_map(|family| family.deeds).any(|(name, _)| *name == deed)
}

/// Does what was planned.
pub(crate) fn perform(state: &mut State, task: &Task) {
    let deed: Option<Deed> = FAMILIES
        .iter()
        .flat_map(|family| family.deeds)
        .find(|(name, _)| *name == task.deed)
        .map(|(_, deed)| *deed);
    match deed {
        Some(deed) => deed(state, &task.key),
        None => tracing::error!(deed = task.deed, "no family knows this deed; it was not done"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_rule_stands_in_the_ledger_once_with_a_date_and_what_it_rests_on() {
        let mut seen = HashSet::new();
        for entry in all() {
            let id = entry.operation;
            assert!(weipay_catalog::ops::operation(id).is_some(), "the catalogue has no {id}");
            assert!(seen.insert(id), "{id} has two rules");
            assert!(!entry.known.is_empty(), "{id}: nothing says what the rule rests on");
            assert!(entry.known.iter().all(|known| known.text().len() > 5), "{id}: an empty source");
            let date: Result<jiff::civil::Date, _> = entry.date.parse();
            assert!(entry.date.len() == 10 && date.is_ok(), "{id}: `{}` is not YYYY-MM-DD", entry.date);
        }
    }

    #[test]
    fn every_deed_has_a_name_of_its_own() {
        let mut seen = HashSet::new();
        for (name, _) in FAMILIES.iter().flat_map(|family| family.deeds) {
            assert!(seen.insert(name), "{name} stands twice");
        }
    }
}
