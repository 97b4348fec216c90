//! Member cards (会员卡): templates and their rights, codes, how users come to their card, points and balance.
//!
//! Changes are refused with the texts of the bonus pages, queries with 404 and 403 (ASSUME).

pub(super) mod activation;
pub(super) mod bonus;
pub(super) mod callback;
pub(super) mod codes;
pub(super) mod import;
pub(super) mod journey;
mod notice;
pub(super) mod reminder;
pub(super) mod service_module;
pub(super) mod template;
pub(super) mod user_card;

pub use journey::{TakeMemberCard, TakenMemberCard};
pub(crate) use journey::{delete, modify, take, view};
pub(crate) use reminder::show as show_reminder;
pub(crate) use template::review;
pub(crate) use user_card::look;

use jiff::Timestamp;

use super::calendar::{day, later, midnight};
use super::paging::Page;
use crate::call::Call;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{CardValidity, Member, MemberCard, UserCardStatus};

impl State {
    fn member_card(&self, card_id: &str) -> Option<&MemberCard> {
        self.world.membercard.member_cards.iter().find(|card| card.card_id == card_id)
    }

    /// The status that a user's card shows now: an effective one expires when its time is over.
    pub(in crate::rules) fn user_card_status(&self, member: &Member, now: Timestamp) -> UserCardStatus {
        let over = || {
            self.member_card(&member.card_id)
                .is_some_and(|card| now >= ends(card.validity, member.receive_time))
        };
        match member.status {
            UserCardStatus::Effective if over() => UserCardStatus::Expire,
            status => status,
        }
    }

    fn member(&self, card_id: &str, code: &str) -> Option<usize> {
        let members = &self.world.membercard.members;
        members.iter().position(|member| member.card_id == card_id && member.code == code)
    }
}

/// When a card that was received at this moment is over. ASSUME: days are those of China Standard Time.
fn ends(validity: CardValidity, received: Timestamp) -> Timestamp {
    match validity {
        CardValidity::Permanent => Timestamp::MAX,
        CardValidity::Range { available_end_time, .. } => available_end_time,
        CardValidity::Term { available_day_after_receive: days, wait_days_after_receive: wait } => {
            midnight(later(day(received), days.saturating_add(wait)))
        }
    }
}

/// The template that a change names, as the bonus pages refuse (DOC: merchant 4012595808).
fn own(state: &State, call: &Call<'_>) -> Result<usize, Refusal> {
    let card_id = call.path("card_id");
    let at = state.world.membercard.member_cards.iter().position(|card| card.card_id == card_id);
    let at = at.ok_or_else(|| Refusal::invalid("会员卡id不合法"))?;
    if state.world.membercard.member_cards[at].creator == call.caller.id {
        Ok(at)
    } else {
        Err(Refusal::invalid("会员卡的创建方不是该商户"))
    }
}

/// The template that a query names.
fn visible<'a>(state: &'a State, call: &Call<'_>) -> Result<&'a MemberCard, Refusal> {
    let card = state.member_card(call.path("card_id")).ok_or_else(|| Refusal::not_found("会员卡不存在"))?;
    if card.creator == call.caller.id {
        Ok(card)
    } else {
        Err(Refusal::no_auth("会员卡的创建方不是该商户"))
    }
}

/// The member whose card a change names, if that card can be used.
fn usable(state: &State, call: &Call<'_>) -> Result<usize, Refusal> {
    let at = state.member(call.path("card_id"), call.path("code"));
    let at = at.ok_or_else(|| Refusal::invalid("会员卡code不存在"))?;
    match state.user_card_status(&state.world.membercard.members[at], call.now) {
        UserCardStatus::Effective => Ok(at),
        _ => Err(Refusal::invalid("用户会员卡无效或已删除")),
    }
}

/// `offset` counts pages (DOC: 分页页码). ASSUME: at most 50 to a page.
fn page(call: &Call<'_>) -> Result<Page, Refusal> {
    Page::of(call, 20, 50)
}

/// Refuses a brand that is not the caller's, and an appid that is not bound to it.
fn owns(state: &State, call: &Call<'_>, brand_id: &str, appid: &str) -> Result<(), Refusal> {
    let merchant = state.world.merchant(&call.caller.id);
    if !merchant.is_some_and(|merchant| merchant.brands.iter().any(|known| known == brand_id)) {
        return Err(Refusal::no_auth("品牌ID与商户无绑定关系"));
    }
    if !merchant.is_some_and(|merchant| merchant.appids.iter().any(|known| known == appid)) {
        return Err(Refusal::invalid("AppID与商户号无绑定关系"));
    }
    Ok(())
}
