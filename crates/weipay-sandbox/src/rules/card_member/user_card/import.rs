//! Members of before, whom the merchant brings along.

use super::{answer, change, free_code, live};
use crate::call::{Answer, Call};
use crate::refusal::Refusal;
use crate::rules::brand::permitted;
use crate::rules::card_member::{open_template, template};
use crate::rules::sensitive;
use crate::state::State;
use crate::world::{BrandUserCard, Secret};

pub(in crate::rules::card_member) fn import_by_openid(
    state: &mut State,
    call: &Call<'_>,
) -> Result<Answer, Refusal> {
    let phone =
        call.text("phone_number").map(|field| sensitive::open(call, "/phone_number", field)).transpose()?;
    import(state, call, call.required("openid"), phone, "valid_date_information")
}

pub(in crate::rules::card_member) fn import_by_phone(
    state: &mut State,
    call: &Call<'_>,
) -> Result<Answer, Refusal> {
    let phone = sensitive::open(call, "/phone_number", call.required("phone_number"))?;
    permitted(state, call)?;
    let owner = state.world.owner_of(&phone).map(str::to_owned);
    let owner = owner.ok_or_else(|| Refusal::not_found("手机号对应的用户不存在"))?;
    import(state, call, &owner, Some(phone), "date_information")
}

/// A member of before gets the card without doing anything, and it needs no confirmation (DOC).
fn import(
    state: &mut State,
    call: &Call<'_>,
    openid: &str,
    phone: Option<Secret>,
    valid_date: &str,
) -> Result<Answer, Refusal> {
    let template = open_template(state, call)?.clone();
    let code = call.required("user_card_code");
    if let Some(card) = live(state, &template.card_id, openid) {
        return if card.user_card_code == code {
            Ok(Answer::ok(answer(call, &template, card)))
        } else {
            Err(Refusal::invalid("用户已有该会员卡"))
        };
    }
    free_code(state, &template, code, openid, "body", "/user_card_code")?;
    let mut card = BrandUserCard {
        card_id: template.card_id.clone(),
        user_card_code: code.to_owned(),
        openid: openid.to_owned(),
        valid_date: template::valid_date(call, valid_date)?.unwrap_or(template.valid_date),
        pickup_time: call.now,
        create_time: call.now,
        modify_time: call.now,
        ..BrandUserCard::default()
    };
    change(call, &mut card)?;
    card.phone_number = phone;
    let shown = answer(call, &template, &card);
    state.took_effect(call, "imported", format!("{}/{code}", template.card_id));
    state.world.card_member.brand_user_cards.push(card);
    Ok(Answer::ok(shown))
}
