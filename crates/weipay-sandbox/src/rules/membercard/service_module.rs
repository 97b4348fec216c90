//! Services on a card (会员服务项): put on the template, and filled in for one member.

use serde_json::{Value, json};

use super::super::family::{Family, assumed, documented, rule};
use super::{own, usable};
use crate::call::{Answer, Call};
use crate::refusal::Refusal;
use crate::state::State;

/// The operations of this family.
pub(in crate::rules) const FAMILY: Family = Family {
    rules: &[
        rule(
            "marketing_membercard_open_cards_service_modules_create",
            create,
            "2026-11-21",
            &[
                documented("merchant 4017167277: members"),
                assumed(
                    "any service_module_id exists; the same once more is answered alike, another jump is 400",
                ),
            ],
        ),
        rule(
            "marketing_membercard_open_cards_service_modules_update_by_service_module_id",
            update,
            "2026-11-21",
            &[
                documented("merchant 4017167417: members"),
                assumed("a service that is not on the card is 404"),
            ],
        ),
        rule(
            "marketing_membercard_open_cards_service_modules_delete_by_service_module_id",
            delete,
            "2026-11-21",
            &[documented("merchant 4017167557: 204"), assumed("a service that is not on the card is 404")],
        ),
        rule(
            "marketing_membercard_open_cards_codes_set_service_module_data",
            set_data,
            "2026-11-21",
            &[
                documented("merchant 4017166964: members and 204"),
                assumed(
                    "the service is on the template, the card can be used; the last data of a service win",
                ),
            ],
        ),
    ],
    deeds: &[],
};

fn find(state: &State, at: usize, id: &str) -> Option<usize> {
    state.world.membercard.member_cards[at].service_modules.iter().position(|(known, _)| known == id)
}

fn placed(state: &State, call: &Call<'_>) -> Result<(usize, usize), Refusal> {
    let at = own(state, call)?;
    let module = find(state, at, call.path("service_module_id"));
    Ok((at, module.ok_or_else(|| Refusal::not_found("会员服务项不存在"))?))
}

fn show(call: &Call<'_>, id: &str) -> Answer {
    Answer::ok(json!({
        "card_id": call.path("card_id"),
        "service_module_id": id,
        "jump_miniprogram": call.body["jump_miniprogram"],
    }))
}

/// `POST …/service-modules` (DOC: merchant 4017167277).
fn create(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let at = own(state, call)?;
    let (id, jump) = (call.required("service_module_id"), &call.body["jump_miniprogram"]);
    match find(state, at, id) {
        Some(module) if state.world.membercard.member_cards[at].service_modules[module].1 == *jump => {}
        Some(_) => return Err(Refusal::invalid("会员服务项已存在")),
        None => {
            state.world.membercard.member_cards[at].service_modules.push((id.to_owned(), jump.clone()));
            state.took_effect(call, "added", format!("{}/{id}", call.path("card_id")));
        }
    }
    Ok(show(call, id))
}

/// `PATCH …/service-modules/{service_module_id}` (DOC: merchant 4017167417).
fn update(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let (at, module) = placed(state, call)?;
    let jump = call.body["jump_miniprogram"].clone();
    state.world.membercard.member_cards[at].service_modules[module].1 = jump;
    let id = call.path("service_module_id");
    state.took_effect(call, "changed", format!("{}/{id}", call.path("card_id")));
    Ok(show(call, id))
}

/// `DELETE …/service-modules/{service_module_id}` → 204 (DOC: merchant 4017167557).
fn delete(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let (at, module) = placed(state, call)?;
    state.world.membercard.member_cards[at].service_modules.remove(module);
    let id = call.path("service_module_id");
    state.took_effect(call, "removed", format!("{}/{id}", call.path("card_id")));
    Ok(Answer::no_content())
}

/// `POST …/set-service-module-data` → 204: what the service shows to one member (DOC: merchant 4017166964).
fn set_data(state: &mut State, call: &Call<'_>) -> Result<Answer, Refusal> {
    let card = own(state, call)?;
    let id = call.required("service_module_id");
    if find(state, card, id).is_none() {
        return Err(Refusal::invalid("会员卡模板未添加该会员服务项"));
    }
    let scope = format!("{}/{}/{}", call.path("card_id"), call.path("code"), call.required("out_request_no"));
    if let Some(answer) = state.replies.repeated(call, &scope)? {
        return Ok(answer);
    }
    let at = usable(state, call)?;
    let shown = &mut state.world.membercard.members[at].shown;
    let mut modules: Vec<Value> = shown["service_modules"].as_array().cloned().unwrap_or_default();
    modules.retain(|module| module["service_module_id"] != id);
    modules.push(json!({ "service_module_id": id, "state_setting": call.body["state_setting"] }));
    shown["service_modules"] = Value::Array(modules);
    let answer = Answer::no_content();
    state.replies.keep(call, &scope, &answer);
    state.took_effect(call, "filled in", scope);
    Ok(answer)
}
