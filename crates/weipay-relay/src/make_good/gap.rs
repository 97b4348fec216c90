//! The table: what may be missing, the query that tells, what follows.

use super::settle;

/// Who says what has to be checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum NamedBy {
    /// The relay finds it in its own store.
    Store,
    /// The merchant, who knows of it from elsewhere (`POST /v1/known`, or an operator's `make-good`).
    Merchant,
    /// Both.
    Either,
}

/// Something that may be missing here although `WeChat` Pay knows of it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Gap {
    /// Its name in commands, results and metrics.
    pub name: &'static str,
    /// What is missing.
    pub missing: &'static str,
    /// Who says what has to be checked.
    pub named_by: NamedBy,
    /// The operations of the catalogue that tell: one of them, by the merchant's credential or by what is asked.
    pub queries: &'static [&'static str],
    /// What the answer leads to.
    pub follows: &'static str,
    /// What that rests on.
    pub basis: &'static str,
}

/// A payment in the mall of which no notification came.
pub(super) const PAYMENT: &str = "payment";
/// Points that a member asked for by hand.
pub(super) const POINTS: &str = "points";
/// A member who joined or left the mall's points service.
pub(super) const AUTHORISATION: &str = "authorisation";
/// A brand's card that was created or ended.
pub(super) const CARD: &str = "card";
/// A product coupon that was given and not confirmed.
pub(super) const PRODUCT_COUPON: &str = "product-coupon";
/// A merchant coupon that was used elsewhere.
pub(super) const COUPON: &str = "coupon";
/// An effect of which nobody knows whether it happened.
pub(super) const EFFECT: &str = "effect";

pub(super) const AUTHORISATION_QUERY: &str = "businesscircle_user_authorizations_get_by_openid";
pub(super) const COMMIT_STATUS_QUERY: &str = "businesscircle_users_points_commit_status_get";
pub(super) const CARDS_QUERY: &str = "brand_partner_card_member_user_cards_list";
pub(super) const BRAND_CARDS_QUERY: &str = "brand_card_member_user_cards_list";
pub(super) const PRODUCT_COUPONS_QUERY: &str = "marketing_partner_product_coupon_users_coupons_list";
pub(super) const COUPON_QUERY: &str = "marketing_busifavor_users_coupons_appids_get_by_appid";

/// Every gap that is looked for.
pub const GAPS: &[Gap] = &[
    Gap {
        name: PAYMENT,
        missing: "a payment in the mall of which no notification came",
        named_by: NamedBy::Merchant,
        queries: &[AUTHORISATION_QUERY],
        follows: "AUTHORIZED when it was paid: the hook is asked `points`, as after the notification",
        basis: "DOC: payments of authorised members are notified. ASSUME: who is authorised now and joined before the \
                payment was authorised then. Whether the payment exists says points/notify",
    },
    Gap {
        name: POINTS,
        missing: "points that a member asked for by hand, of a payment that is not here",
        named_by: NamedBy::Merchant,
        queries: &[COMMIT_STATUS_QUERY],
        follows: "still PENDING after two hours, and no payment of the member open here: parked, until somebody names \
                  the payment",
        basis: "DOC: PENDING and FINISHED of a member, never of a payment. So FINISHED proves nothing about one",
    },
    Gap {
        name: AUTHORISATION,
        missing: "that a member joined or left the mall's points service: nobody is told of a leave",
        named_by: NamedBy::Merchant,
        queries: &[AUTHORISATION_QUERY],
        follows: "nothing is done; the result has state and times",
        basis: "DOC",
    },
    Gap {
        name: CARD,
        missing: "that a brand's membership card was created or ended",
        named_by: NamedBy::Merchant,
        queries: &[CARDS_QUERY, BRAND_CARDS_QUERY],
        follows: "UNACTIVATED: the hook is asked about its creation; INVALID: it is told of its end",
        basis: "ASSUME: the query has the times of the notification, and a card that its member deleted is INVALID",
    },
    Gap {
        name: PRODUCT_COUPON,
        missing: "that a product coupon was given: it is unusable until it is confirmed",
        named_by: NamedBy::Either,
        queries: &[PRODUCT_COUPONS_QUERY],
        follows: "CONFIRMING: it is confirmed, as after the notification",
        basis: "DOC: CONFIRMING until the receiver confirms",
    },
    Gap {
        name: COUPON,
        missing: "that a merchant coupon was used elsewhere, or was not used although the merchant thinks so",
        named_by: NamedBy::Merchant,
        queries: &[COUPON_QUERY],
        follows: "used under another number than the merchant's, or not at all: parked; else the result has the state",
        basis: "DOC: coupon_state and use_request_no",
    },
    Gap {
        name: EFFECT,
        missing: "whether a parked effect happened, of which an attempt is unknown",
        named_by: NamedBy::Store,
        queries: settle::QUERIES,
        follows: "settled or refused as the query tells for certain, and the hook is told; else it stays parked",
        basis: "the number of the request in the answer (DOC), or the state that it leads to (ASSUME)",
    },
];

impl Gap {
    /// The gap of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        GAPS.iter().find(|gap| gap.name == name)
    }
}
