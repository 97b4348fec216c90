//! A coupon that a till redeemed is used, once.

use std::collections::HashMap;

use weipay_sandbox::world::CouponState;

use super::{Evidence, USE};
use crate::stage::world;
use crate::verdict::{Finding, Load};

pub(super) fn judge(evidence: &Evidence<'_>, found: &mut Vec<Finding>) {
    let mut used: HashMap<&str, u64> = HashMap::new();
    for effect in evidence.effects_of(USE) {
        *used.entry(&effect.key).or_default() += 1;
    }
    for number in 0..evidence.made.tills {
        let code = world::till_code(number);
        let key = format!("{}/{code}", world::A.stock);
        match used.get(key.as_str()) {
            None => found.push(Finding::new("lost-redemption", format!("coupon {code}"))),
            Some(1) => {}
            Some(times) => {
                found.push(Finding::new("double-effect", format!("coupon {code}: redeemed {times} times")));
            }
        }
    }
}

pub(super) fn count(evidence: &Evidence<'_>, load: &mut Load) {
    load.tills = evidence.made.tills as u64;
    let used = |number: &usize| {
        let coupon = evidence.sandbox.coupon(&world::A.stock, &world::till_code(*number));
        coupon.is_some_and(|coupon| coupon.state == CouponState::Used)
    };
    load.used = (0..evidence.made.tills).filter(used).count() as u64;
}
