//! Product coupons (商品券): given, confirmed by the merchant, used, returned, taken away.
//!
//! Coupons of one use only; the modes of several uses (`SEQUENTIAL`, `PROGRESSIVE_BUNDLE`) have no rules.

mod coupon;
mod notify_config;
mod product;
mod send;
mod stock;

pub(crate) use coupon::{current, delete};
pub(crate) use send::take;
pub(super) use send::{Gift, issue, obstacle};
pub(super) use stock::place as stock_place;

use serde_json::Value;

use super::brand::permitted;
use super::family::{Entry, Family, Rule, assumed, documented, rule};
use crate::call::Call;
use crate::ledger::Known;
use crate::refusal::Refusal;
use crate::state::State;

/// DOC (official knowledge base): the ceiling of this family.
const RATE: u32 = 500;
/// What the two steps of the handshake rest on.
const HANDSHAKE: Known = documented(
    "official knowledge base of 2026-04: a coupon that was given stays CONFIRMING until it is confirmed; the same number never takes effect twice",
);

/// The operations of this family.
#[rustfmt::skip]
pub(super) const FAMILY: Family = Family {
    rules: &[
        of("marketing_partner_product_coupon_users_coupons_confirm", coupon::confirm, &[HANDSHAKE, documented("partner 4015781575: members"), assumed("another number after the confirmation is 400")]),
        of("brand_marketing_product_coupon_users_coupons_confirm", coupon::confirm, &[HANDSHAKE, assumed("as for the partner")]),
        of("marketing_partner_product_coupon_users_coupons_get_by_coupon_code", coupon::get, &[documented("partner 4015781582: members"), assumed("a coupon under another appid is 400")]),
        of("marketing_partner_product_coupon_users_coupons_list", coupon::list, &[documented("partner 4015781590: members"), assumed("20 to a page unless told, at most 100; the token is the page's beginning")]),
        of("marketing_partner_product_coupon_users_coupons_use", coupon::use_, &[documented("partner 4015781608: members; states from the official knowledge base"), assumed("not before it is confirmed, nor outside its time; used under another number is 400; use_time at most 5 minutes ahead; no notification, because the merchant did it; weekly and irregular times are not kept")]),
        of("marketing_partner_product_coupon_users_coupons_return", coupon::return_, &[documented("partner 4015781599: members; back to usable from the official knowledge base"), assumed("only a used coupon; one whose time is over becomes EXPIRED")]),
        of("marketing_partner_product_coupon_users_coupons_deactivate", coupon::deactivate, &[documented("partner 4015781578: members"), assumed("not a used, expired or deleted one; a second time under another number is 400")]),
        of("marketing_partner_product_coupon_users_coupons_create", send::create, &[documented("partner 4015781605: members"), assumed("it has to be confirmed like every other; the obstacles of a stock are 400")]),
        of("marketing_partner_product_coupon_users_pre_send_coupon", send::pre_send, &[documented("partner 4016434365: members"), assumed("the token gives one coupon, for an hour")]),

        of("marketing_partner_product_coupon_notify_configs_create", notify_config::set, &[documented("partner 4015781286: one address for all brands of a partner"), assumed("http:// is taken too; notifications go to this machine only")]),
        of("marketing_partner_product_coupon_notify_configs_get", notify_config::get, &[documented("partner 4015781284"), assumed("404 before it was set")]),
        of("brand_marketing_product_coupon_notify_configs_create", notify_config::set, &[documented("official sample code"), assumed("as for the partner")]),
        of("brand_marketing_product_coupon_notify_configs_get", notify_config::get, &[documented("official sample code"), assumed("as for the partner")]),

        of("marketing_partner_product_coupon_product_coupons_create", product::create, &[documented("partner 4015781289: members and the rate"), assumed("effective at once, without an audit")]),
        of("marketing_partner_product_coupon_product_coupons_get_by_product_coupon_id", product::get, &[documented("partner 4015781292"), assumed("another brand's is 404")]),
        of("marketing_partner_product_coupon_product_coupons_update_by_product_coupon_id", product::update, &[documented("partner 4015781296: members"), assumed("not once it is deactivated")]),
        of("marketing_partner_product_coupon_product_coupons_deactivate", product::deactivate, &[documented("partner 4015781290: members"), assumed("its stocks end with it; users keep their coupons")]),
        of("marketing_partner_product_coupon_product_coupons_stocks_create", stock::create, &[documented("partner 4015781304: members"), assumed("sends at once, without an audit")]),
        of("marketing_partner_product_coupon_product_coupons_stocks_list", stock::list, &[documented("partner 4015781553: members"), assumed("pages as in the list of coupons")]),
        of("marketing_partner_product_coupon_product_coupons_stocks_get_by_stock_id", stock::get, &[documented("partner 4015781542: members"), assumed("another brand's is 404")]),
        of("marketing_partner_product_coupon_product_coupons_stocks_update_by_stock_id", stock::update, &[documented("partner 4015781556: members"), assumed("not once it is deactivated")]),
        of("marketing_partner_product_coupon_product_coupons_stocks_update_budget", stock::budget, &[documented("partner 4015781561: members"), assumed("current_max_count is an optimistic lock: another one is 400, and so is a target below what was given")]),
        of("marketing_partner_product_coupon_product_coupons_stocks_deactivate", stock::deactivate, &[documented("partner 4015781532: members"), assumed("users keep their coupons")]),
        of("marketing_partner_product_coupon_product_coupons_stocks_upload_coupon_codes", stock::upload, &[documented("partner 4015781572: partial success in a 200"), assumed("at most 200 at once; a code has 1 to 40 letters, digits, _ and -")]),
    ],
    deeds: &[],
};

const fn of(operation: &'static str, function: Rule, known: &'static [Known]) -> Entry {
    rule(operation, function, "2026-11-21", known).per_second(RATE)
}

/// A request number of this family. DOC (official knowledge base): 6 to 40 digits, letters, _ and -.
fn number<'a>(state: &State, call: &'a Call<'_>, member: &str) -> Result<&'a str, Refusal> {
    permitted(state, call)?;
    let number = call.required(member);
    let fits = number.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte));
    if fits && (6..=40).contains(&number.len()) {
        Ok(number)
    } else {
        let issue = "6 to 40 digits, letters, _ and - are needed";
        Err(Refusal::member(&format!("/{member}"), issue))
    }
}

/// A list in pages, whose token is the place of the first on the next page.
fn page(call: &Call<'_>, name: &str, all: Vec<Value>) -> Result<Value, Refusal> {
    let number = |name: &str, usual: usize| match call.query(name) {
        None => Ok(usual),
        Some(text) => text.parse().map_err(|_| Refusal::parameter("query", name, "not a page")),
    };
    let (size, begin) = (number("page_size", 20)?.clamp(1, 100), number("page_token", 0)?);
    let total = all.len();
    let mut list = serde_json::json!({ "total_count": total });
    list[name] = all.into_iter().skip(begin).take(size).collect();
    let next = begin.saturating_add(size);
    if next < total {
        list["next_page_token"] = serde_json::json!(next.to_string());
    }
    Ok(list)
}
