//! What the operations do, one file per family. Each rule says which of it is documented (DOC, with the page) and
//! which is assumed (ASSUME).

mod busifavor;
mod businesscircle;
mod card_member;
mod membercard;
mod platform;
mod wallet;

pub use businesscircle::{MallPayment, MallRefund};
pub(crate) use businesscircle::{pay as pay_in_mall, refund as refund_in_mall};
pub use card_member::ExchangePoints;
pub(crate) use card_member::begin as exchange_points;

use std::cell::RefCell;

use jiff::Timestamp;
use serde_json::{Value, json};
use weipay_catalog::ops::Operation;
use weipay_catalog::reference::{Reference, Schema};

use crate::journal::Basis;
use crate::keys::Keys;
use crate::refusal::Refusal;
use crate::server::Caller;
use crate::state::State;

/// One authenticated request, checked against the catalogue.
pub(crate) struct Call<'a> {
    pub(crate) operation: &'static Operation,
    pub(crate) caller: &'a Caller,
    pub(crate) keys: &'a Keys,
    pub(crate) path: Vec<(String, String)>,
    pub(crate) query: Vec<(String, String)>,
    /// `Null` where the operation has no body.
    pub(crate) body: Value,
    /// `Wechatpay-Serial` of the request.
    pub(crate) serial: Option<&'a str>,
    /// Business time.
    pub(crate) now: Timestamp,
    /// What is accepted but worth knowing; goes to the journal.
    pub(crate) notes: RefCell<Vec<String>>,
}

impl Call<'_> {
    /// A text member of the body.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.body.get(name)?.as_str()
    }

    /// A text member that the schema requires; empty if it is missing all the same.
    pub(crate) fn required(&self, name: &str) -> &str {
        self.text(name).unwrap_or_default()
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        self.body.get(name)?.as_i64()
    }

    pub(crate) fn path(&self, name: &str) -> &str {
        value(&self.path, name).unwrap_or_default()
    }

    pub(crate) fn query(&self, name: &str) -> Option<&str> {
        value(&self.query, name)
    }

    pub(crate) fn note(&self, note: impl Into<String>) {
        self.notes.borrow_mut().push(note.into());
    }
}

fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
}

/// A success.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Option<Value>,
    pub(crate) basis: Basis,
}

impl Answer {
    pub(crate) fn ok(body: Value) -> Self {
        Self { status: 200, body: Some(body), basis: Basis::Rule }
    }

    pub(crate) fn no_content() -> Self {
        Self { status: 204, body: None, basis: Basis::Rule }
    }

    /// 501 for an operation of the catalogue that has no rule yet. The request was checked against the schema.
    pub(crate) fn without_rule(operation: &Operation) -> Self {
        let message =
            format!("the sandbox has no rule for {} yet; the request fits the catalogue", operation.id);
        let body = json!({ "code": "NOT_IMPLEMENTED", "message": message });
        Self { status: 501, body: Some(body), basis: Basis::Schema }
    }
}

pub(crate) type Rule = fn(&mut State, &Call<'_>) -> Result<Answer, Refusal>;

/// The rule of an operation.
pub(crate) fn rule(operation: &str) -> Option<Rule> {
    Some(match operation {
        "brand_partner_card_member_user_points_exchange_coupon_confirm" => card_member::confirm,
        "brand_partner_card_member_user_points_sync" => card_member::sync,
        "businesscircle_points_notify" => businesscircle::points_notify,
        "businesscircle_user_authorizations_get_by_openid" => businesscircle::user_authorization,
        "businesscircle_users_points_commit_status_get" => businesscircle::commit_status,
        "marketing_busifavor_coupons_use" => busifavor::use_coupon,
        "marketing_busifavor_coupons_return" => busifavor::return_coupon,
        "marketing_busifavor_coupons_send" => busifavor::send_coupon,
        "marketing_busifavor_coupons_deactivate" => busifavor::deactivate_coupon,
        "marketing_busifavor_users_coupons_get" => wallet::list,
        "marketing_busifavor_users_coupons_appids_get_by_appid" => wallet::one,
        "marketing_membercard_open_cards_codes_bonus_prepare" => membercard::prepare,
        "marketing_membercard_open_cards_codes_bonus_commit" => membercard::commit,
        "marketing_membercard_open_cards_codes_rights_update" => membercard::rights,
        "marketing_membercard_open_cards_codes_get_by_code" => membercard::user_card,
        "certificates_get" => platform::certificates,
        "security_echo" => platform::echo,
        _ => return None,
    })
}

/// The schema that a body is checked against; several where an operation has several shapes.
pub(crate) fn shape(
    state: &State,
    call: &Call<'_>,
    reference: &'static Reference,
) -> Result<Option<&'static Schema>, Refusal> {
    if call.operation.id == "brand_partner_card_member_user_points_exchange_coupon_confirm" {
        return card_member::shape(state, call, reference);
    }
    Ok(reference.bodies.iter().find_map(|body| body.request))
}

/// Families that refuse malformed members in words of their own.
pub(crate) fn words(operation: &str, refusal: Refusal) -> Refusal {
    match operation {
        "businesscircle_points_notify" => businesscircle::words(refusal),
        _ => refusal,
    }
}

impl State {
    /// Whether this merchant may act for this sub-merchant.
    pub(crate) fn acts_for(&self, mchid: &str, sub_mchid: &str) -> bool {
        let merchant = self.world.merchant(mchid);
        merchant.is_some_and(|merchant| merchant.sub_mchids.iter().any(|sub| sub == sub_mchid))
    }

    /// Whether any entity of the world names this user.
    pub(crate) fn knows_user(&self, openid: &str) -> bool {
        let world = &self.world;
        let named = world.brand_user_cards.iter().map(|card| &card.openid);
        let named = named.chain(world.mall_users.iter().map(|user| &user.openid));
        let named = named.chain(world.coupons.iter().map(|coupon| &coupon.openid));
        let named = named.chain(world.members.iter().map(|member| &member.openid));
        let mut named = named.chain(&world.users);
        named.any(|known| known == openid)
    }
}
