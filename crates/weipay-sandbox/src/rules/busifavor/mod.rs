//! Merchant coupons (商家券): stocks, codes, sending, redemption, subsidies, and how users' coupons are shown.
//!
//! The family refuses in its own words (error table of its pages), two of which have an older and a newer spelling.

pub(super) mod callbacks;
pub(super) mod codes;
pub(super) mod consumption_card;
pub(super) mod pre_send;
pub(super) mod redemption;
pub(super) mod sending;
pub(super) mod stocks;
pub(super) mod subsidy;
mod terms;
mod validity;
pub(super) mod wallet;

use jiff::Timestamp;

use super::paging::Page;
use crate::call::{Answer, Call};
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{CodeMode, Coupon, CouponState, Stock};

impl State {
    /// 403 in the family's older or newer spelling.
    fn coupon_no_auth(&self) -> Refusal {
        let code = if self.world.busifavor.newer_spelling { "NO_AUTH" } else { "NOAUTH" };
        Refusal::new(403, code, "商户无权限操作该批次")
    }

    /// 403 for a rule of the stock, in the family's older or newer spelling.
    fn rule_limit(&self, message: &str) -> Refusal {
        let code = if self.world.busifavor.newer_spelling { "RULE_LIMIT" } else { "RULELIMIT" };
        Refusal { internal: 272_755_715, ..Refusal::new(403, code, message) }
    }

    fn stock(&self, stock_id: &str) -> Option<&Stock> {
        self.world.busifavor.stocks.iter().find(|stock| stock.stock_id == stock_id)
    }

    /// The state that a coupon shows now: an unused one expires when its time is over.
    pub(crate) fn coupon_state(&self, coupon: &Coupon, now: Timestamp) -> CouponState {
        let over = || {
            let stock = self.stock(&coupon.stock_id);
            stock.is_some_and(|stock| now > validity::window(stock, coupon.receive_time).1)
        };
        if coupon.state == CouponState::Sended && over() { CouponState::Expired } else { coupon.state }
    }

    /// Whether the caller created or owns the stock, itself or through a sub-merchant.
    fn may_handle(&self, mchid: &str, stock: &Stock) -> bool {
        let owners = [&stock.creator, &stock.belong_merchant];
        owners.into_iter().any(|owner| owner == mchid || self.world.acts_for(mchid, owner))
    }

    /// Refuses an appid that is bound neither to the caller nor to one of these merchants.
    fn appid_bound(&self, appid: &str, mchids: &[&str]) -> Result<(), Refusal> {
        let bound = mchids.iter().any(|mchid| {
            let merchant = self.world.merchant(mchid);
            merchant.is_some_and(|merchant| merchant.appids.iter().any(|known| known == appid))
        });
        if bound {
            Ok(())
        } else {
            Err(Refusal::new(400, "APPID_MCHID_NOT_MATCH", "商户号与AppID不匹配"))
        }
    }

    fn user_exists(&self, openid: &str) -> Result<(), Refusal> {
        if self.world.knows_user(openid) {
            Ok(())
        } else {
            Err(Refusal::new(404, "USER_NOT_EXISTS", "用户不存在"))
        }
    }
}

fn no_coupon() -> Refusal {
    Refusal { internal: 268_578_851, ..Refusal::not_found("券不存在") }
}

/// 400 for what the coupon's state does not allow.
fn wrong_state(message: &str) -> Refusal {
    Refusal { internal: 268_578_367, ..Refusal::invalid(message) }
}

/// The stock with this id, if the caller may handle it.
fn permitted_stock(state: &State, call: &Call<'_>, stock_id: &str) -> Result<Stock, Refusal> {
    let stock = state.stock(stock_id).ok_or_else(|| Refusal::not_found("批次不存在"))?;
    if state.may_handle(&call.caller.id, stock) { Ok(stock.clone()) } else { Err(state.coupon_no_auth()) }
}

/// Finds the coupon that the body names. Codes of merchants are unique only within their stock, so that `stock_id` is
/// then required (DOC).
fn find(state: &State, call: &Call<'_>) -> Result<usize, Refusal> {
    let code = call.required("coupon_code");
    let coupons =
        || state.world.busifavor.coupons.iter().enumerate().filter(|(_, coupon)| coupon.coupon_code == code);
    if let Some(stock_id) = call.text("stock_id") {
        let found = coupons().find(|(_, coupon)| coupon.stock_id == stock_id);
        return found.map(|(at, _)| at).ok_or_else(no_coupon);
    }
    let by_platform = |coupon: &Coupon| {
        state.stock(&coupon.stock_id).is_some_and(|stock| stock.code_mode == CodeMode::WechatPay)
    };
    let found = coupons().find(|(_, coupon)| by_platform(coupon));
    match found {
        Some((at, _)) => Ok(at),
        None if coupons().next().is_some() => {
            Err(Refusal::member("/stock_id", "required, because this code comes from the merchant"))
        }
        None => Err(no_coupon()),
    }
}

/// The coupon with its stock, if the caller may handle it.
fn permitted(state: &State, call: &Call<'_>, at: usize) -> Result<(Coupon, Stock), Refusal> {
    let coupon = state.world.busifavor.coupons[at].clone();
    let stock = permitted_stock(state, call, &coupon.stock_id)?;
    Ok((coupon, stock))
}

/// As [`Replies::repeated`](crate::replay::Replies::repeated), with the number that this family gives the refusal.
fn replayed(state: &State, call: &Call<'_>, number: &str) -> Result<Option<Answer>, Refusal> {
    let repeated = state.replies.repeated(call, number);
    repeated.map_err(|refusal| Refusal { internal: 268_498_688, ..refusal })
}

/// `offset` counts pages (DOC). ASSUME: 20 to a page unless told, at most 100.
fn page(call: &Call<'_>) -> Result<Page, Refusal> {
    Page::of(call, 20, 100)
}
