//! Where a merchant's coupon events go.

use serde_json::json;

use super::super::family::{Family, assumed, documented, rule};
use crate::call::{Answer, Call};
use crate::notify::address;
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::Callback;

/// The operations of this family.
pub(in crate::rules) const FAMILY: Family = Family {
    rules: &[
        rule(
            "marketing_busifavor_callbacks_create",
            set,
            "2026-11-21",
            &[
                documented(
                    "merchant 4012465431: members; the address is https with at most 256 characters; events of the stocks that one created, for merchants with an APIv3 key",
                ),
                assumed(
                    "the sandbox delivers to this machine only: http:// loopback addresses are taken too, and an https address gets nothing",
                ),
            ],
        ),
        rule(
            "marketing_busifavor_callbacks_get",
            get,
            "2026-11-21",
            &[documented("merchant 4012465507: members"), assumed("404 while none is set")],
        ),
    ],
    deeds: &[],
};

/// The merchant whose address it is: the caller, or one that it acts for.
fn whose(state: &State, call: &Call<'_>, named: Option<&str>) -> Result<String, Refusal> {
    match named {
        Some(mchid) if mchid != call.caller.id && !state.world.acts_for(&call.caller.id, mchid) => {
            Err(state.coupon_no_auth())
        }
        Some(mchid) => Ok(mchid.to_owned()),
        None => Ok(call.caller.id.clone()),
    }
}

/// `POST …/callbacks` (DOC: merchant 4012465431).
fn set(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let notify_url = call.required("notify_url").to_owned();
    let https = notify_url.starts_with("https://") && (10..=256).contains(&notify_url.len());
    match address::check(&notify_url, state.policy.notify_anywhere) {
        Ok(_) => {}
        Err(reason) if https => call.note(format!("/notify_url is kept, but gets nothing: {reason}")),
        Err(_) => {
            return Err(Refusal::member("/notify_url", "not an https:// address of 10 to 256 characters"));
        }
    }
    let mchid = whose(state, call, call.text("mchid"))?;
    if state.world.merchant(&call.caller.id).is_none_or(|merchant| merchant.apiv3_key.is_none()) {
        return Err(Refusal::invalid("商户未设置APIv3密钥"));
    }
    state.world.busifavor.callbacks.retain(|known| known.mchid != mchid);
    let answer = Answer::ok(json!({
        "update_time": time::print(call.now),
        "notify_url": notify_url,
        "mchid": mchid,
    }));
    state.took_effect(call, "set", mchid.clone());
    state.world.busifavor.callbacks.push(Callback { mchid, notify_url, update_time: call.now });
    Ok(answer)
}

/// `GET …/callbacks` (DOC: merchant 4012465507). ASSUME: 404 while none is set.
fn get(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let mchid = whose(state, call, call.query("mchid"))?;
    let callback = state.world.busifavor.callbacks.iter().find(|known| known.mchid == mchid);
    let callback = callback.ok_or_else(|| Refusal::not_found("未设置事件通知地址"))?;
    Ok(Answer::ok(json!({ "notify_url": callback.notify_url, "mchid": callback.mchid })))
}
