//! What the shop does about notifications.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};
use weipay::{Client, Error, Outcome, Path, Time};

use crate::{Account, Ledger, MallRefund, MallTransaction, PointExchange};

/// The shop's own numbers.
#[derive(Clone, Debug)]
pub struct Shop {
    /// The mall's merchant number, when a partner calls for it.
    pub sub_mchid: Option<String>,
    /// How every coupon code of this shop begins.
    pub coupon_prefix: String,
}

/// A member card of the membercard-open family, whose display follows the ledger.
#[derive(Clone)]
pub struct CardMember {
    /// The card's template.
    pub card_id: String,
    /// The member's card.
    pub code: String,
}

/// What became of an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exchanged {
    /// The member has the coupon of this code, and the points are taken.
    Issued(String),
    /// The member has no coupon and keeps the points; the reason was told to WeChat Pay.
    Declined(&'static str),
    /// WeChat Pay refused the decision: the coupon is withdrawn and the points are given back.
    Refused,
    /// Nobody knows yet: coupon and points stay set aside, and the same decision has to be sent again.
    Open,
}

/// What was decided about a record, once and for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The member gets the coupon of this code; the points are set aside.
    Allow(String),
    /// The member gets none, for this reason.
    Decline(&'static str),
    /// WeChat Pay refused the decision; coupon and points went back, and nothing is sent any more.
    Withdrawn,
}

/// The shop.
pub struct Merchant {
    client: Client,
    shop: Shop,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    ledger: Ledger,
    decisions: BTreeMap<String, Decision>,
    /// Points that a payment earned, for its refunds.
    earned: BTreeMap<String, u64>,
    codes: u32,
}

impl std::fmt::Debug for Merchant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Merchant").field("shop", &self.shop).finish_non_exhaustive()
    }
}

impl Merchant {
    /// A shop with an empty ledger.
    pub fn new(client: Client, shop: Shop) -> Self {
        Self { client, shop, state: Mutex::default() }
    }

    /// A member's points.
    pub fn account(&self, openid: &str) -> Account {
        self.state().ledger.account(openid)
    }

    /// Books points that the member brings along.
    pub fn welcome(&self, openid: &str, points: u64) {
        self.state().ledger.earn(&format!("welcome {openid}"), openid, points);
    }

    /// A member paid: one point per yuan, told to WeChat Pay by `points/notify`, also when it is none.
    pub async fn paid(&self, payment: &MallTransaction, time: &Time) -> Result<u64, Error> {
        let points = payment.amount / 100;
        let total = {
            let mut state = self.state();
            state.ledger.earn(&format!("payment {}", payment.transaction_id), &payment.openid, points);
            state.earned.insert(payment.transaction_id.clone(), points);
            state.ledger.account(&payment.openid).balance
        };
        let mut body = json!({
            "transaction_id": payment.transaction_id,
            "appid": payment.appid,
            "openid": payment.openid,
            "earn_points": points > 0,
            "increased_points": points,
            "points_update_time": time,
            "total_points": total,
        });
        if let Some(sub_mchid) = &self.shop.sub_mchid {
            body["sub_mchid"] = json!(sub_mchid);
        }
        self.client.chain("v3/businesscircle/points/notify").post(&body).await?;
        Ok(points)
    }

    /// A payment was refunded: its points go in proportion. Nothing is told to WeChat Pay; that is not documented.
    pub fn refunded(&self, refund: &MallRefund) -> u64 {
        let mut state = self.state();
        let earned = state.earned.get(&refund.transaction_id).copied().unwrap_or_default();
        let points = earned * refund.refund_amount / refund.pay_amount.max(1);
        state.ledger.reverse(&format!("refund {}", refund.refund_id), &refund.openid, points);
        points
    }

    /// Announces on an order's payment page the points to come.
    pub async fn announce_points(
        &self,
        card: &CardMember,
        out_trade_no: &str,
        points: u64,
    ) -> Result<(), Error> {
        self.card(card, "bonus/prepare").post(&self.bonus(out_trade_no, points)).await.map(drop)
    }

    /// Moves the points that the card shows from `before` by `points`.
    ///
    /// WeChat Pay refuses the change when the card shows something else than `before`: read it again then.
    pub async fn move_points(
        &self,
        card: &CardMember,
        out_trade_no: &str,
        before: u64,
        points: u64,
    ) -> Result<(), Error> {
        let body = json!({
            "out_request_no": format!("points-{out_trade_no}"),
            "before_bonus_value": before,
            "bonus_value": before + points,
            "add_bonus_value": points,
        });
        self.card(card, "rights").patch(&body).await.map(drop)
    }

    /// Marks the points that an order's payment page shows as credited.
    pub async fn commit_points(
        &self,
        card: &CardMember,
        out_trade_no: &str,
        points: u64,
    ) -> Result<(), Error> {
        self.card(card, "bonus/commit").post(&self.bonus(out_trade_no, points)).await.map(drop)
    }

    fn card(&self, card: &CardMember, step: &str) -> Path<'_, Client> {
        self.client
            .chain(format!("v3/marketing/membercard-open/cards/{{card_id}}/codes/{{code}}/{step}"))
            .param("card_id", &card.card_id)
            .param("code", &card.code)
    }

    /// A partner names the sub-merchant of the order, a merchant itself.
    fn bonus(&self, out_trade_no: &str, points: u64) -> Value {
        let mut body = json!({"out_trade_no": out_trade_no, "bonus_value": points});
        match &self.shop.sub_mchid {
            Some(sub_mchid) => body["sub_mchid"] = json!(sub_mchid),
            None => body["mchid"] = json!(self.client.credential().id()),
        }
        body
    }

    /// A member wants a coupon for points: decides once, sends the decision, and keeps points and coupon right.
    ///
    /// Calling it again for the same record sends the same decision and the same code again; `before` is the outcome
    /// of the last attempt, if there was one.
    pub async fn exchange(
        &self,
        wish: &PointExchange,
        before: Option<Outcome>,
    ) -> (Exchanged, Option<Error>) {
        let decision = self.decide(wish);
        if decision == Decision::Withdrawn {
            return (Exchanged::Refused, None);
        }
        let body = confirmation(wish, &decision);
        let request =
            self.client.chain("v3/brand/partner/card-member/user-points/exchange-coupon/confirm").post(&body);
        let answer = match before {
            Some(before) => request.repeats(before).await,
            None => request.await,
        };
        let mut state = self.state();
        match (decision, answer) {
            (Decision::Decline(reason), Ok(_)) => (Exchanged::Declined(reason), None),
            (Decision::Allow(code), Ok(answer)) if answer["state"] == "POINT_EXCHANGE_COUPON_SUCCESS" => {
                state.ledger.settle(&wish.record_id);
                (Exchanged::Issued(code), None)
            }
            // HTTP 200 can still say that the exchange failed: the points go back.
            (_, Ok(_)) => {
                state.withdraw(&wish.record_id);
                (Exchanged::Refused, None)
            }
            (_, Err(error)) if matches!(error.outcome(), Outcome::Unknown | Outcome::Accepted) => {
                (Exchanged::Open, Some(error))
            }
            (_, Err(error)) if error.outcome() == Outcome::NotSent => (Exchanged::Open, Some(error)),
            (_, Err(error)) => {
                state.withdraw(&wish.record_id);
                (Exchanged::Refused, Some(error))
            }
        }
    }

    /// Decides about a record, once: asking again gives the same decision and the same code.
    pub fn decide(&self, wish: &PointExchange) -> Decision {
        let mut state = self.state();
        if let Some(decision) = state.decisions.get(&wish.record_id) {
            return decision.clone();
        }
        let decision = if state.ledger.reserve(&wish.record_id, &wish.openid, wish.deduct_points) {
            state.codes += 1;
            Decision::Allow(format!("{}{:06}", self.shop.coupon_prefix, state.codes))
        } else {
            Decision::Decline("积分不足")
        };
        state.decisions.insert(wish.record_id.clone(), decision.clone());
        decision
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Gives the points back and takes the coupon code out of circulation, for good.
    fn withdraw(&mut self, record_id: &str) {
        self.ledger.release(record_id);
        self.decisions.insert(record_id.to_owned(), Decision::Withdrawn);
    }
}

/// The body of confirm in the shape in which the merchant owns the coupon.
fn confirmation(wish: &PointExchange, decision: &Decision) -> Value {
    let mut body = json!({
        "record_id": wish.record_id,
        "exchange_coupon_template_id": wish.exchange_coupon_template_id,
        "brand_id": wish.brand_id,
        "card_id": wish.card_id,
        "openid": wish.openid,
        "user_card_code": wish.user_card_code,
    });
    match decision {
        Decision::Allow(code) => {
            body["state"] = json!("POINT_EXCHANGE_COUPON_SUCCESS");
            body["coupon_code"] = json!(code);
        }
        Decision::Decline(reason) => {
            body["state"] = json!("POINT_EXCHANGE_COUPON_FAIL");
            body["fail_reason"] = json!(reason);
        }
        Decision::Withdrawn => {}
    }
    body
}
