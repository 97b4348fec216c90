//! Where a merchant's member card events go.

use serde_json::json;

use super::super::family::{Family, assumed, documented, rule};
use crate::call::{Answer, Call};
use crate::notify::address;
use crate::refusal::Refusal;
use crate::state::State;

/// The operations of this family.
pub(in crate::rules) const FAMILY: Family = Family {
    rules: &[
        rule(
            "marketing_membercard_open_callback_update",
            set,
            "2026-11-21",
            &[
                documented("merchant 4012552251: members"),
                assumed(
                    "the sandbox delivers to this machine only: http:// loopback addresses are taken too, and an https address gets nothing",
                ),
            ],
        ),
        rule(
            "marketing_membercard_open_callback_get",
            get,
            "2026-11-21",
            &[documented("merchant 4012552275: members"), assumed("404 while none is set")],
        ),
    ],
    deeds: &[],
};

/// `PATCH …/callback` (DOC: merchant 4012552251).
fn set(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let notify_url = call.required("notify_url");
    match address::check(notify_url, state.policy.notify_anywhere) {
        Ok(_) => {}
        Err(reason) if notify_url.starts_with("https://") => {
            call.note(format!("/notify_url is kept, but gets nothing: {reason}"));
        }
        Err(_) => return Err(Refusal::member("/notify_url", "not an https:// address")),
    }
    let mchid = call.caller.id.clone();
    let before = state.world.membercard.callbacks.insert(mchid.clone(), notify_url.to_owned());
    if before.as_deref() != Some(notify_url) {
        state.took_effect(call, "set", mchid.clone());
    }
    Ok(Answer::ok(json!({ "notify_url": notify_url, "mchid": mchid })))
}

/// `GET …/callback` (DOC: merchant 4012552275). ASSUME: 404 while none is set.
fn get(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let mchid = &call.caller.id;
    let notify_url = state.world.membercard.callbacks.get(mchid);
    let notify_url = notify_url.ok_or_else(|| Refusal::not_found("未设置回调地址"))?;
    Ok(Answer::ok(json!({ "notify_url": notify_url, "mchid": mchid })))
}
