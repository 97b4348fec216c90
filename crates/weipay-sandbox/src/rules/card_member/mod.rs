//! Brand membership card (商家名片会员): templates, users' cards, points, and points against coupons.
//!
//! Every operation exists twice: for a partner with `brand_id` in body or query, and for the brand itself, which is the
//! one that signed. One function serves both.

mod activity;
mod exchange;
mod notice;
mod points;
mod template;
mod token;
mod user_card;

pub use exchange::ExchangePoints;
pub(crate) use exchange::begin as exchange_points;
pub(crate) use points::view as view_points;
pub(crate) use token::show_payment_code;
pub use user_card::TakeCard;
pub(crate) use user_card::{current as user_card_state, delete as delete_card, take as take_card};

use serde_json::{Value, json};

use super::brand::{brand, named, permitted};
use super::family::{Entry, Family, Rule, assumed, documented, rule};
use crate::call::{Answer, Call};
use crate::ledger::Known;
use crate::refusal::Refusal;
use crate::state::State;
use crate::world::{BrandCard, BrandCardState};

/// When the rules were last compared with what they rest on.
const DATE: &str = "2026-11-21";
/// ASSUME: the rate where none is published.
const RATE: u32 = 50;

/// The operations of this family.
#[rustfmt::skip]
pub(super) const FAMILY: Family = Family {
    rules: &[
        of("brand_partner_card_member_cards_create", template::create, &[documented("partner 4015336970: members and answer"), assumed("a number with another body is 400; the appid is not checked against anything")]),
        of("brand_card_member_cards_create", template::create, &[documented("brand 4015582711: members and answer"), assumed("as for the partner")]),
        of("brand_partner_card_member_cards_list", template::list, &[documented("partner 4015336976: offset counts pages"), assumed("20 to a page unless told, at most 100")]),
        of("brand_card_member_cards_list", template::list, &[documented("brand 4015582712"), assumed("as for the partner")]),
        of("brand_partner_card_member_cards_get_by_card_id", template::get, &[documented("partner 4015336974: members"), assumed("another brand's template is 404")]),
        of("brand_card_member_cards_get_by_card_id", template::get, &[documented("brand 4015582715: members"), assumed("as for the partner")]),
        of("brand_partner_card_member_cards_update_by_card_id", template::update, &[documented("partner 4015336977: members"), assumed("an invalid template is 400; users' cards do not change")]),
        of("brand_card_member_cards_update_by_card_id", template::update, &[documented("brand 4015582722: members"), assumed("as for the partner")]),
        of("brand_partner_card_member_cards_invalidate", template::invalidate, &[documented("partner 4015336972: members"), assumed("users keep their cards; a repeat gets the same answer")]),
        of("brand_card_member_cards_invalidate", template::invalidate, &[documented("brand 4015582724: members"), assumed("as for the partner")]),
        of("brand_partner_card_member_cards_delete_by_card_id", template::invalidate, &[documented("partner 4015336972, an older revision: the same page with DELETE"), assumed("does what invalidate does")]),

        of("brand_partner_card_member_user_cards_list", user_card::list, &[documented("partner 4015336984: members; offset counts pages"), assumed("cards that never opened are not shown; deleted ones are INVALID")]),
        of("brand_card_member_user_cards_list", user_card::list, &[documented("brand 4015582718"), assumed("as for the partner")]),
        of("brand_partner_card_member_user_cards_get_by_user_card_code", user_card::get, &[documented("partner 4015336980: members"), assumed("a card that never opened is 404; a deleted one is INVALID")]),
        of("brand_card_member_user_cards_get_by_user_card_code", user_card::get, &[documented("brand 4015582716"), assumed("as for the partner")]),
        of("brand_partner_card_member_user_cards_update_by_user_card_code", user_card::update, &[documented("partner 4015336985: members"), assumed("only an effective or expired card; another brand_id or openid is 404")]),
        of("brand_card_member_user_cards_update_by_user_card_code", user_card::update, &[documented("brand 4015582719"), assumed("as for the partner")]),
        of("brand_partner_card_member_user_cards_confirm", user_card::confirm, &[documented("partner 4015336979: without it the card is not opened; MERCHANT_ALLOCATE chooses the code here"), assumed("24 hours; a repeat gets the same answer, another decision is 400")]),
        of("brand_card_member_user_cards_confirm", user_card::confirm, &[documented("brand 4015582750"), assumed("as for the partner; CREATE_CARD_ALREADY_EXISTS opens the card too")]),
        of("brand_partner_card_member_user_cards_invalidate", user_card::invalidate, &[documented("partner 4015336983: cannot be undone"), assumed("a repeat gets the same answer")]),
        of("brand_card_member_user_cards_invalidate", user_card::invalidate, &[documented("brand 4015582726"), assumed("as for the partner")]),
        of("brand_partner_card_member_user_cards_import_by_openid", user_card::import_by_openid, &[documented("partner 4015336981: effective at once, needs no confirmation"), assumed("no notification; a repeat gets the same card, a second card is 400")]),
        of("brand_card_member_user_cards_import_by_openid", user_card::import_by_openid, &[documented("brand 4015582744"), assumed("as for the partner")]),
        of("brand_partner_card_member_user_cards_import_by_phone", user_card::import_by_phone, &[documented("partner 4015336982: members"), assumed("a phone that nobody has is 404; else as by openid")]),

        of("brand_partner_card_member_user_feeds", token::feed, &[documented("partner 4015336987: members and answer"), assumed("only for an effective card; a number with another body is 400")]),
        of("brand_card_member_user_feeds", token::feed, &[documented("brand 4015582679"), assumed("as for the partner")]),
        of("brand_partner_card_member_pre_auth_tokens", token::pre_auth, &[documented("partner 4015336986: members"), assumed("good for an hour, for this user and this card")]),
        of("brand_card_member_pre_auth_tokens_create", token::pre_auth, &[documented("brand 4015582733"), assumed("as for the partner")]),
        of("brand_partner_card_member_pay_view_tokens", token::pay_view, &[documented("partner 4016834476: members and the rate"), assumed("ten minutes, once, for a user with an effective card")]),

        of("brand_partner_card_member_membership_activities_create", activity::create, &[documented("partner 4016464918: members"), assumed("its stocks must exist; a number with another body is 400")]),
        of("brand_partner_card_member_membership_activities_list", activity::list, &[documented("partner 4016588039: members, the rate; offset counts activities"), assumed("at most 100 at once")]),
        of("brand_partner_card_member_membership_activities_get_by_activity_id", activity::get, &[documented("partner 4016588015: members and the rate"), assumed("the states follow business time")]),
        of("brand_partner_card_member_membership_activities_update_by_activity_id", activity::update, &[documented("partner 4016588044: members and the rate"), assumed("not once it has ended")]),
        of("brand_partner_card_member_membership_activities_terminate", activity::terminate, &[documented("partner 4016588028: members"), assumed("a repeat gets the same answer; an expired one is 400")]),

        rule("brand_partner_card_member_user_points_exchange_coupon_confirm", exchange::confirm, DATE, &[documented("partner 4015897268; shape A: the transcription of 2025: members, limits, answers; a 200 can carry FAIL"), assumed("unknown records, permission, repeats and lifetime; the natural key is record_id")]).shape(exchange::shape),
        rule("brand_partner_card_member_user_points_sync", points::sync, DATE, &[documented("partner 4015897280: members and answer"), assumed("a number with another body is 400; the last write wins; only for an effective card")]),
        rule("brand_card_member_user_points_exchange_coupon_confirm", exchange::confirm, DATE, &[documented("brand 4015897310: the same members without brand_id"), assumed("as for the partner; the brand is the one that signed")]).shape(exchange::shape),
        rule("brand_card_member_user_points_sync", points::sync, DATE, &[documented("brand 4015897319: the same members without brand_id, and ten calls a second"), assumed("as for the partner; the brand is the one that signed")]),
    ],
    deeds: &[(exchange::EXPIRE, exchange::expire), (user_card::UNCONFIRMED, user_card::unconfirmed)],
};

const fn of(operation: &'static str, function: Rule, known: &'static [Known]) -> Entry {
    rule(operation, function, DATE, known).per_second(RATE)
}

/// The template that the call names, of the brand that it is about.
fn template_of<'a>(state: &'a State, call: &Call<'_>) -> Result<&'a BrandCard, Refusal> {
    permitted(state, call)?;
    let (card_id, brand) = (named(call, "card_id").unwrap_or_default(), brand(call));
    let mut cards = state.world.card_member.brand_cards.iter();
    cards
        .find(|card| card.card_id == card_id && card.brand_id == brand)
        .ok_or_else(|| Refusal::not_found("会员卡模板不存在"))
}

/// The same, if users can still take it.
fn open_template<'a>(state: &'a State, call: &Call<'_>) -> Result<&'a BrandCard, Refusal> {
    let card = template_of(state, call)?;
    match card.state {
        BrandCardState::Effective => Ok(card),
        BrandCardState::Invalid => Err(Refusal::invalid("会员卡模板已作废")),
    }
}

/// A list in pages: `offset` counts pages. ASSUME: 20 to a page unless told, at most 100.
fn page(call: &Call<'_>, all: Vec<Value>) -> Result<Answer, Refusal> {
    let (page, size) = (count(call, "offset", 0)?, count(call, "limit", 20)?.min(100));
    let total = all.len();
    let data: Vec<Value> = all.into_iter().skip(page.saturating_mul(size)).take(size).collect();
    Ok(Answer::ok(json!({ "total_count": total, "offset": page, "limit": size, "data": data })))
}

/// A count in the query.
fn count(call: &Call<'_>, name: &str, usual: usize) -> Result<usize, Refusal> {
    match call.query(name) {
        None => Ok(usual),
        Some(text) => text.parse().map_err(|_| Refusal::parameter("query", name, "not a count")),
    }
}
