//! Smart business circle (智慧商圈): members of a mall, their payments, the points these earn, refunds, and cars.

mod member;
mod parking;
mod payment;
mod points;

pub use member::MallMember;
pub(crate) use member::{join, leave};
pub use payment::{MallPayment, MallRefund};
pub(crate) use payment::{pay, refund};

use super::family::{Family, assumed, documented, observed, rule};
use crate::call::Call;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{AuthorizeState, MallOrder};

/// The operations of this family.
#[rustfmt::skip]
pub(super) const FAMILY: Family = Family {
    rules: &[
        rule("businesscircle_points_notify", points::notify, "2026-11-21", &[documented("merchant 4012534698, partner 4012474133: members and 204"), observed("whatever is malformed gets one and the same text"), assumed("the key is mall, sub-mall and order; changed values win; 150 calls a second")]).words(points::words).per_second(150),
        rule("businesscircle_user_authorizations_get_by_openid", member::query, "2026-11-21", &[documented("merchant 4012534848: members and the rate"), assumed("a user who never came is UNAUTHORIZED, not an error")]).per_second(150),
        rule("businesscircle_users_points_commit_status_get", points::commit_status, "2026-11-21", &[documented("three SDKs answer 200 with a body, the pages say 204"), assumed("a foreign brand is 403")]),
        rule("businesscircle_parkings", parking::park, "2026-11-21", &[documented("merchant 4012535502, partner 4012474127: members and 204"), assumed("only of authorised users; OUT without IN changes nothing; 150 calls a second")]).per_second(150),
    ],
    deeds: &[],
};

fn authorized(state: &State, payment: &MallOrder) -> bool {
    authorized_as(state, (&payment.mchid, payment.sub_mchid.as_deref(), &payment.appid, &payment.openid))
}

/// Whether a user, named by caller, mall, appid and openid, takes part now.
fn authorized_as(state: &State, who: (&str, Option<&str>, &str, &str)) -> bool {
    state.world.businesscircle.mall_users.iter().any(|user| {
        (user.mchid.as_str(), user.sub_mchid.as_deref(), user.appid.as_str(), user.openid.as_str()) == who
            && user.authorization.state == AuthorizeState::Authorized
    })
}

/// Lets pass who owns this brand, or is authorised by it.
fn owned(state: &State, call: &Call<'_>, brand: &str) -> Result<(), Refusal> {
    let caller = state.world.merchant(&call.caller.id);
    if caller.is_some_and(|merchant| merchant.brands.iter().any(|known| known == brand)) {
        Ok(())
    } else {
        Err(Refusal::no_auth("品牌ID与商户无绑定关系"))
    }
}

/// The `sub_mchid` of a query, if the caller may act for it.
fn permitted<'a>(state: &State, call: &'a Call<'_>) -> Result<Option<&'a str>, Refusal> {
    let sub_mchid = call.query("sub_mchid");
    match sub_mchid {
        Some(sub) if !state.world.acts_for(&call.caller.id, sub) => {
            Err(Refusal::no_auth("服务商与商圈商户无授权关系"))
        }
        sub_mchid => Ok(sub_mchid),
    }
}
