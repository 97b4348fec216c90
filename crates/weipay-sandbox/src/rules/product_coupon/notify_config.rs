//! Where a partner, for all its brands, or a brand is told about product coupons.

use http::Uri;
use serde_json::{Value, json};

use crate::call::{Answer, Call};
use crate::protocol::time;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::NotifyConfig;

pub(super) fn set(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let notify_url = call.required("notify_url");
    let uri = notify_url.parse::<Uri>().ok().filter(|uri| uri.host().is_some());
    if !uri.is_some_and(|uri| matches!(uri.scheme_str(), Some("http" | "https"))) {
        return Err(Refusal::member("/notify_url", "not an http:// or https:// address"));
    }
    let config = NotifyConfig {
        owner: call.caller.id.clone(),
        notify_url: notify_url.to_owned(),
        update_time: call.now,
    };
    let answer = Answer::ok(show(&config));
    let configs = &mut state.world.product_coupon.notify_configs;
    configs.retain(|known| known.owner != config.owner);
    configs.push(config);
    state.took_effect(call, "set", call.caller.id.clone());
    Ok(answer)
}

pub(super) fn get(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let config = of(state, &call.caller.id);
    config.map(|config| Answer::ok(show(config))).ok_or_else(|| Refusal::not_found("未设置通知地址"))
}

/// The address that its owner has set.
pub(super) fn address(state: &State, owner: &str) -> Option<String> {
    of(state, owner).map(|config| config.notify_url.clone())
}

fn of<'a>(state: &'a State, owner: &str) -> Option<&'a NotifyConfig> {
    state.world.product_coupon.notify_configs.iter().find(|config| config.owner == owner)
}

fn show(config: &NotifyConfig) -> Value {
    json!({ "notify_url": config.notify_url, "update_time": time::print(config.update_time) })
}
