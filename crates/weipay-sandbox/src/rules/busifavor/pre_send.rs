//! A coupon behind a token: promised by the merchant, taken in its mini program.

use serde_json::json;

use super::super::family::{Family, assumed, documented, rule};
use super::sending::{self, Parcel};
use super::{permitted_stock, replayed};
use crate::Error;
use crate::call::{Answer, Call};
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::PreSend;

/// The operations of this family.
pub(in crate::rules) const FAMILY: Family = Family {
    rules: &[rule(
        "marketing_busifavor_product_coupons_pre_send",
        pre_send,
        "2026-11-21",
        &[
            documented("brand 4016797130: members"),
            assumed(
                "the token is for one coupon and does not expire; the stock's limits are checked when the user takes it",
            ),
        ],
    )],
    deeds: &[],
};

/// `POST …/product-coupons/pre-send` → the token with which the user takes the coupon (DOC: brand 4016797130).
fn pre_send(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let stock = permitted_stock(state, call, call.required("stock_id"))?;
    state.appid_bound(call.required("appid"), &[&call.caller.id, &stock.belong_merchant])?;
    if let Some(openid) = call.text("openid") {
        state.user_exists(openid)?;
    }
    let number = call.required("send_request_no");
    if let Some(answer) = replayed(state, call, number)? {
        return Ok(answer);
    }
    sending::chosen_code(state, &stock, call.text("coupon_code"))?;
    let token = state.ids.letters(48);
    state.world.busifavor.pre_sends.push(PreSend {
        token: token.clone(),
        mchid: call.caller.id.clone(),
        stock_id: stock.stock_id,
        appid: call.required("appid").to_owned(),
        send_request_no: number.to_owned(),
        coupon_code: call.text("coupon_code").map(str::to_owned),
        openid: call.text("openid").map(str::to_owned),
        taken: false,
    });
    let answer = Answer::ok(json!({ "token": token }));
    state.replies.keep(call, number, &answer);
    state.took_effect(call, "promised", number.to_owned());
    Ok(answer)
}

/// The user takes the coupon that a token stands for.
pub(crate) fn take(state: &mut State, token: &str, openid: &str) -> Result<String, Error> {
    let at = state.world.busifavor.pre_sends.iter().position(|known| known.token == token);
    let at = at.ok_or_else(|| Error::Unknown { what: "token", name: token.to_owned() })?;
    let promise = state.world.busifavor.pre_sends[at].clone();
    if promise.taken {
        return Err(Error::State("the coupon of this token was taken before".to_owned()));
    }
    if promise.openid.is_some_and(|known| known != openid) {
        return Err(Error::State("the coupon of this token is for another user".to_owned()));
    }
    let parcel = Parcel {
        stock_id: &promise.stock_id,
        openid,
        coupon_code: promise.coupon_code.as_deref(),
        send_merchant: Some(&promise.mchid),
        send_request_no: Some(&promise.send_request_no),
        channel: "MINIAPP",
    };
    let now = state.clock.business();
    let code = sending::hand_over(state, &parcel, now).map_err(|refusal| Error::State(refusal.message))?;
    state.world.busifavor.pre_sends[at].taken = true;
    Ok(code)
}
