//! The till: the place where a coupon meets a sale.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use weipay_relay::{Effect, Progress, Relay, SubmitError, Submitted};

use crate::NAME;

/// How long a customer waits at the till.
const PATIENCE: Duration = Duration::from_secs(3);

/// A sale at which the customer shows a coupon.
#[derive(Clone, Copy)]
pub struct Sale<'a> {
    /// The till's own number of the sale; the keys of its effects derive from it.
    pub number: &'a str,
    /// What the customer buys, in fen.
    pub amount: u64,
    /// When, as RFC 3339 with offset. It belongs to the sale: a repetition says the same.
    pub time: &'a str,
    /// The customer, under the shop's appid.
    pub openid: &'a str,
    /// The coupon.
    pub coupon_code: &'a str,
}

impl fmt::Debug for Sale<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sale").field("number", &self.number).finish_non_exhaustive()
    }
}

/// What became of a coupon at the till.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// It happened, at this time of WeChat Pay's.
    Done(String),
    /// The sale is smaller than so many fen. Nothing was sent.
    BelowMinimum(u64),
    /// WeChat Pay refused it, for this reason.
    Refused(String),
    /// It is stored, and will come to its end. Ask again with the same sale, and do not count on the coupon before.
    Open,
}

/// A till. It remembers nothing: the relay knows every sale by its number.
#[derive(Debug)]
pub struct Till {
    /// What carries it out.
    pub relay: Arc<Relay>,
    /// The shop's app.
    pub appid: String,
    /// The stock whose coupons it takes.
    pub stock_id: String,
    /// What a sale needs for a coupon of it, in fen.
    pub minimum: u64,
}

impl Till {
    /// Redeems the coupon of a sale, once, however often it is called for it.
    pub async fn redeem(&self, sale: Sale<'_>) -> Result<Told, SubmitError> {
        if sale.amount < self.minimum {
            return Ok(Told::BelowMinimum(self.minimum));
        }
        let effect = Effect::coupons_use(json!({
            "coupon_code": sale.coupon_code,
            "stock_id": self.stock_id,
            "appid": self.appid,
            "use_time": sale.time,
            "openid": sale.openid,
        }));
        self.once(&format!("use-{}", sale.number), &effect, "wechatpay_use_time").await
    }

    /// Gives the coupon of a cancelled sale back to the customer.
    pub async fn give_back(&self, sale: Sale<'_>) -> Result<Told, SubmitError> {
        let body = json!({ "coupon_code": sale.coupon_code, "stock_id": self.stock_id });
        let effect = Effect::coupons_return(body);
        self.once(&format!("return-{}", sale.number), &effect, "wechatpay_return_time").await
    }

    async fn once(&self, key: &str, effect: &Effect, time: &str) -> Result<Told, SubmitError> {
        let Submitted { state, reason, result, .. } = self.relay.submit(NAME, key, effect, PATIENCE).await?;
        Ok(match state {
            Progress::Settled => {
                Told::Done(result.unwrap_or_default()["body"][time].as_str().unwrap_or_default().to_owned())
            }
            Progress::Refused => Told::Refused(reason.unwrap_or_default()),
            _ => Told::Open,
        })
    }
}
