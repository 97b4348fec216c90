//! One check: one query about one thing.

use std::fmt;

use serde::{Deserialize, Serialize};
use weipay::Call;
use weipay::catalog::ops::{self, Operation, Scheme};

use super::gap::{
    AUTHORISATION, AUTHORISATION_QUERY, BRAND_CARDS_QUERY, CARD, CARDS_QUERY, COMMIT_STATUS_QUERY, COUPON,
    COUPON_QUERY, EFFECT, PAYMENT, POINTS, PRODUCT_COUPON, PRODUCT_COUPONS_QUERY,
};
use super::settle;
use crate::effect::Request;
use crate::hook::Payment;
use crate::merchant::Merchant;

/// Cards and coupons on one page.
pub(super) const PAGE: usize = 20;

/// What is checked.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "check", rename_all = "snake_case")]
pub(crate) enum Check {
    Payment(Payment),
    Points {
        mchid: Option<String>,
        brand_id: String,
        appid: String,
        openid: String,
    },
    Authorisation {
        mchid: Option<String>,
        appid: String,
        openid: String,
    },
    Cards {
        brand_id: String,
        openid: String,
        /// DOC: `offset` counts pages, from 0.
        page: u32,
    },
    ProductCoupons {
        brand_id: String,
        appid: String,
        openid: String,
        token: Option<String>,
    },
    Coupon {
        coupon_code: String,
        appid: String,
        openid: String,
        use_request_no: Option<String>,
    },
    /// A parked effect, by the key of its job; `query` is the operation that tells.
    Effect {
        key: String,
        query: String,
    },
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Check").field(&self.gap()).finish()
    }
}

/// A query with its values.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) operation: &'static Operation,
    pub(super) path: Vec<(&'static str, String)>,
    pub(super) query: Vec<(&'static str, String)>,
}

impl Question {
    fn new(id: &str) -> Result<Self, String> {
        let operation =
            ops::operation(id).ok_or_else(|| format!("this version's catalogue has no operation {id}"))?;
        Ok(Self { operation, path: Vec::new(), query: Vec::new() })
    }

    fn path(mut self, name: &'static str, value: &str) -> Self {
        self.path.push((name, value.to_owned()));
        self
    }

    fn query(mut self, name: &'static str, value: &str) -> Self {
        self.query.push((name, value.to_owned()));
        self
    }

    fn perhaps(mut self, name: &'static str, value: Option<String>) -> Self {
        self.query.extend(value.map(|value| (name, value)));
        self
    }

    pub(super) fn call(&self) -> Call {
        let mut call = Call::new(self.operation.method, self.operation.template);
        for (name, value) in &self.path {
            call.param(*name, value);
        }
        for (name, value) in &self.query {
            call.query(*name, value);
        }
        call
    }
}

impl Check {
    /// The name of its row in the table.
    pub(crate) fn gap(&self) -> &'static str {
        match self {
            Self::Payment(_) => PAYMENT,
            Self::Points { .. } => POINTS,
            Self::Authorisation { .. } => AUTHORISATION,
            Self::Cards { .. } => CARD,
            Self::ProductCoupons { .. } => PRODUCT_COUPON,
            Self::Coupon { .. } => COUPON,
            Self::Effect { .. } => EFFECT,
        }
    }

    /// The operation that is asked.
    pub(crate) fn query(&self, merchant: &Merchant) -> &str {
        match self {
            Self::Payment(_) | Self::Authorisation { .. } => AUTHORISATION_QUERY,
            Self::Points { .. } => COMMIT_STATUS_QUERY,
            Self::Cards { .. } if merchant.scheme() == Scheme::Brand => BRAND_CARDS_QUERY,
            Self::Cards { .. } => CARDS_QUERY,
            Self::ProductCoupons { .. } => PRODUCT_COUPONS_QUERY,
            Self::Coupon { .. } => COUPON_QUERY,
            Self::Effect { query, .. } => query,
        }
    }

    /// Whether the merchant's credential may ask it.
    pub(crate) fn askable(&self, merchant: &Merchant) -> bool {
        ops::operation(self.query(merchant)).is_some_and(|query| query.scheme == merchant.scheme())
    }

    /// Whose data it carries.
    pub(crate) fn openid(&self) -> Option<&str> {
        match self {
            Self::Payment(payment) => Some(&payment.openid),
            Self::Points { openid, .. }
            | Self::Authorisation { openid, .. }
            | Self::Cards { openid, .. }
            | Self::ProductCoupons { openid, .. }
            | Self::Coupon { openid, .. } => Some(openid),
            Self::Effect { .. } => None,
        }
    }

    /// What it is about, in words without personal data.
    pub(crate) fn about(&self) -> String {
        match self {
            Self::Payment(payment) => format!("payment/{}", payment.transaction_id),
            Self::Coupon { coupon_code, .. } => format!("coupon {coupon_code}"),
            Self::Effect { key, .. } => key.clone(),
            Self::Points { .. }
            | Self::Authorisation { .. }
            | Self::Cards { .. }
            | Self::ProductCoupons { .. } => "a member".to_owned(),
        }
    }

    /// The query with its values. `effect` is the stored request of a parked effect.
    pub(super) fn question(&self, merchant: &Merchant, effect: Option<&Request>) -> Result<Question, String> {
        if let Self::Effect { .. } = self {
            return settle::question(effect.ok_or("the effect's request is gone")?);
        }
        let asked = Question::new(self.query(merchant))?;
        // The caller's own mall is not named.
        let mall = |mchid: &Option<String>| mchid.clone().filter(|mall| mall != merchant.id());
        Ok(match self {
            Self::Payment(Payment { mchid, appid, openid, .. })
            | Self::Authorisation { mchid, appid, openid } => {
                asked.path("openid", openid).query("appid", appid).perhaps("sub_mchid", mall(mchid))
            }
            Self::Points { mchid, brand_id, appid, openid } => asked
                .path("openid", openid)
                .query("brandid", brand_id)
                .query("appid", appid)
                .perhaps("sub_mchid", mall(mchid)),
            Self::Cards { brand_id, openid, page } => asked
                .perhaps("brand_id", Some(brand_id.clone()).filter(|_| merchant.scheme() != Scheme::Brand))
                .query("openid", openid)
                .query("offset", &page.to_string())
                .query("limit", &PAGE.to_string()),
            Self::ProductCoupons { brand_id, appid, openid, token } => asked
                .path("openid", openid)
                .query("appid", appid)
                .query("brand_id", brand_id)
                .query("coupon_state", "CONFIRMING")
                .query("page_size", &PAGE.to_string())
                .perhaps("page_token", token.clone()),
            Self::Coupon { coupon_code, appid, openid, .. } => {
                asked.path("openid", openid).path("coupon_code", coupon_code).path("appid", appid)
            }
            Self::Effect { .. } => asked,
        })
    }
}

impl Question {
    /// A question by the catalogue's own fact.
    pub(super) fn of(
        operation: &str,
        path: Vec<(&'static str, String)>,
        query: Vec<(&'static str, String)>,
    ) -> Result<Self, String> {
        Ok(Self { path, query, ..Self::new(operation)? })
    }
}
