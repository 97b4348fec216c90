//! The state of each family.

use serde_json::{Map, Value, json};

use super::Control;

impl Control {
    /// What each family of rules knows now, by its name. Keys and what users filled in are left out.
    pub fn state(&self) -> Map<String, Value> {
        let state = self.world.shared.state();
        let world = &state.world;
        let families = json!({
            "payments": world.payments,
            "card_member": world.card_member,
            "businesscircle": world.businesscircle,
            "busifavor": world.busifavor,
            "product_coupon": world.product_coupon,
            "membercard": world.membercard,
            "profit_sharing": world.profit_sharing,
            "transfers": world.transfers,
            "funds": world.funds,
            "users": world.users,
        });
        match families {
            Value::Object(families) => families,
            _ => Map::new(),
        }
    }
}
