//! What the network and a busy platform do meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use fastrand::Rng;
use weipay_sandbox::{Fault, Sandbox};

use crate::Error;

const OPERATIONS: [&str; 5] = [
    "brand_partner_card_member_user_points_exchange_coupon_confirm",
    "brand_partner_card_member_user_points_sync",
    "brand_partner_card_member_user_cards_confirm",
    "businesscircle_points_notify",
    "marketing_busifavor_coupons_use",
];

/// Executed and the answer lost, executed and denied, not executed, executed and half answered.
const FAULTS: [(&str, &str); 7] = [
    ("T01", "default"),
    ("T02", "default"),
    ("T04", "503"),
    ("T04", "502"),
    ("T04", "500"),
    ("T04", "429"),
    ("T05", "default"),
];

/// Lets faults strike until it is dropped.
pub(crate) async fn strike(sandbox: &Sandbox, seed: u64) -> Result<(), Error> {
    let mut rng = Rng::with_seed(seed);
    loop {
        tokio::time::sleep(Duration::from_millis(rng.u64(50..400))).await;
        let (id, variant) = FAULTS[rng.usize(0..FAULTS.len())];
        let operation = OPERATIONS[rng.usize(0..OPERATIONS.len())];
        sandbox.inject(Fault::new(id)?.variant(variant)?.on(operation));
    }
}

/// How often which fault struck.
pub(crate) fn struck(sandbox: &Sandbox) -> BTreeMap<String, u64> {
    let mut struck = BTreeMap::new();
    for fault in sandbox.journal().entries().iter().filter_map(|entry| entry.fault) {
        *struck.entry(fault.to_owned()).or_default() += 1;
    }
    struck
}
