//! Product coupons in the app.
#![expect(clippy::unused_async, reason = "part of the published interface, which may wait for storage later")]

use super::act::{Act, needed};
use crate::{Error, RunningWorld, rules};

impl RunningWorld {
    /// A user takes a product coupon with a token of `pre-send-coupon`. Returns its code.
    pub async fn take_product_coupon(&self, token: &str) -> Result<String, Error> {
        self.act(|state| rules::take_product_coupon(state, token))
    }

    /// A user deletes a product coupon. Nobody is told.
    pub async fn delete_product_coupon(&self, stock_id: &str, coupon_code: &str) -> Result<(), Error> {
        self.act(|state| rules::delete_product_coupon(state, stock_id, coupon_code))
    }
}

pub(super) const ACTS: &[Act] = &[
    Act {
        name: "take-product-coupon",
        title: "Take a product coupon that was prepared",
        title_zh: "领取商品券",
        // Of pre-send-coupon.
        members: &[needed("token")],
        deed: |world, said| {
            let token = said.text("token")?;
            world.act(|state| rules::take_product_coupon(state, &token))
        },
    },
    Act {
        name: "delete-product-coupon",
        title: "Delete a product coupon",
        title_zh: "删除商品券",
        members: &[needed("stock_id"), needed("coupon_code")],
        deed: |world, said| {
            let (stock_id, code) = (said.text("stock_id")?, said.text("coupon_code")?);
            world.act(|state| rules::delete_product_coupon(state, &stock_id, &code)).map(|()| String::new())
        },
    },
];
