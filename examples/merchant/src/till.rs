//! The till: the place where a coupon meets a sale.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::json;
use weipay::{Client, Error, Outcome, Time};

/// A sale at which the customer shows a coupon.
#[derive(Clone)]
pub struct Sale {
    /// The till's own number of the sale; the request numbers derive from it.
    pub number: String,
    /// What the customer buys, in fen.
    pub amount: u64,
    /// The customer, under `appid`.
    pub openid: String,
    /// The shop's app.
    pub appid: String,
    /// The coupon.
    pub coupon_code: String,
    /// Its stock.
    pub stock_id: String,
}

/// A coupon that is redeemed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redeemed {
    /// When WeChat Pay redeemed it.
    pub wechatpay_use_time: String,
}

/// Why a coupon is not redeemed.
#[derive(Debug)]
pub enum Refusal {
    /// The sale is too small. Nothing was sent.
    BelowMinimum {
        /// What the coupon needs, in fen.
        minimum: u64,
        /// What the sale has, in fen.
        amount: u64,
    },
    /// WeChat Pay did not answer as hoped; [`Error::outcome`] says whether the coupon may be redeemed.
    Call(Error),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::BelowMinimum { minimum, amount } => write!(
                f,
                "the coupon needs a sale of {}.{:02} yuan, and this one has {}.{:02}; nothing was sent",
                minimum / 100,
                minimum % 100,
                amount / 100,
                amount % 100
            ),
            Refusal::Call(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for Refusal {}

/// A till. It remembers the outcome of each request number, because a repetition needs it.
#[derive(Debug)]
pub struct Till {
    client: Client,
    minimums: BTreeMap<String, u64>,
    attempts: Mutex<BTreeMap<String, Outcome>>,
}

impl Till {
    /// A till that knows the minimum spend of each stock, in fen.
    pub fn new(client: Client, minimums: impl IntoIterator<Item = (String, u64)>) -> Self {
        Self { client, minimums: minimums.into_iter().collect(), attempts: Mutex::default() }
    }

    /// Redeems the coupon of a sale. Calling it again for the same sale repeats the same request number.
    pub async fn redeem(&self, sale: &Sale, time: &Time) -> Result<Redeemed, Refusal> {
        let minimum = self.minimums.get(&sale.stock_id).copied().unwrap_or_default();
        if sale.amount < minimum {
            return Err(Refusal::BelowMinimum { minimum, amount: sale.amount });
        }
        // The number exists before the call, so that whoever finds the sale after a crash finds the number too.
        let number = format!("use-{}", sale.number);
        let before = self.attempts().insert(number.clone(), Outcome::Unknown);
        let body = json!({
            "coupon_code": sale.coupon_code,
            "stock_id": sale.stock_id,
            "appid": sale.appid,
            "use_time": time,
            "use_request_no": number,
            "openid": sale.openid,
        });
        let request = self.client.chain("v3/marketing/busifavor/coupons/use").post(&body);
        let answer = match before {
            Some(before) => request.repeats(before).await,
            None => request.await,
        };
        match answer {
            Ok(answer) => {
                self.attempts().insert(number, Outcome::Accepted);
                let time = answer["wechatpay_use_time"].as_str().unwrap_or_default().to_owned();
                Ok(Redeemed { wechatpay_use_time: time })
            }
            Err(error) => {
                self.attempts().insert(number, error.outcome());
                Err(Refusal::Call(error))
            }
        }
    }

    /// Gives the coupon of a refunded sale back to the customer.
    pub async fn give_back(&self, sale: &Sale) -> Result<String, Error> {
        let body = json!({
            "coupon_code": sale.coupon_code,
            "stock_id": sale.stock_id,
            "return_request_no": format!("return-{}", sale.number),
        });
        let answer = self.client.chain("v3/marketing/busifavor/coupons/return").post(&body).await?;
        Ok(answer["wechatpay_return_time"].as_str().unwrap_or_default().to_owned())
    }

    fn attempts(&self) -> MutexGuard<'_, BTreeMap<String, Outcome>> {
        self.attempts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
