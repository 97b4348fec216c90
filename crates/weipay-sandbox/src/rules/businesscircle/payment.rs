//! Payments in the mall, and refunds of them.

use std::time::Duration;

use serde_json::{Value, json};

use super::authorized;
use crate::Error;
use crate::clock::after;
use crate::notify::Event;
use crate::protocol::time;
use crate::state::State;
use crate::world::MallOrder;

/// DOC: how long refunds are watched. ASSUME: counted from the payment.
const REFUND_WATCH: Duration = Duration::from_secs(30 * 24 * 3600);

/// A user pays inside the mall.
///
/// The default is the user of [`World::documentation`](crate::World::documentation), paying 100 yuan.
#[derive(Debug, Clone)]
pub struct MallPayment {
    /// The merchant or partner that is told.
    pub mchid: String,
    /// The mall, when a partner acts for it.
    pub sub_mchid: Option<String>,
    /// The mini program.
    pub appid: String,
    /// The payer under that appid.
    pub openid: String,
    /// Fen.
    pub amount: i64,
    /// The user asks for the points by hand (`commit_tag`).
    pub commit_tag: bool,
}

impl Default for MallPayment {
    fn default() -> Self {
        Self {
            mchid: "1900000100".to_owned(),
            sub_mchid: Some("1234567890".to_owned()),
            appid: "wx1234567890abcdef".to_owned(),
            openid: "oWmnN4xxxxxxxxxxe92NHIGf1xd8".to_owned(),
            amount: 10_000,
            commit_tag: false,
        }
    }
}

/// A payment in the mall is given back, wholly or in part.
#[derive(Debug, Clone)]
pub struct MallRefund {
    /// The payment.
    pub transaction_id: String,
    /// Fen; at most what is left of the payment.
    pub amount: i64,
}

/// Makes a payment. `MALL_TRANSACTION.SUCCESS` goes out only while the user's authorisation stands (DOC: partner
/// 4012076414).
pub(crate) fn pay(state: &mut State, order: &MallPayment) -> Result<String, Error> {
    if state.world.merchant(&order.mchid).is_none() {
        return Err(Error::Unknown { what: "mchid", name: order.mchid.clone() });
    }
    if order.amount <= 0 {
        return Err(Error::State("a payment needs an amount of at least 1 fen".to_owned()));
    }
    let transaction_id = state.ids.transaction();
    let payment = MallOrder {
        mchid: order.mchid.clone(),
        sub_mchid: order.sub_mchid.clone(),
        transaction_id: transaction_id.clone(),
        appid: order.appid.clone(),
        openid: order.openid.clone(),
        amount: order.amount,
        paid: state.clock.business(),
        commit_tag: order.commit_tag,
        increased_points: None,
        refunded: 0,
    };
    if authorized(state, &payment) {
        let mut resource = shop(&payment);
        resource["time_end"] = json!(time::print(payment.paid));
        resource["amount"] = json!(payment.amount);
        resource["transaction_id"] = json!(transaction_id);
        if payment.commit_tag {
            resource["commit_tag"] = json!("WAIT_COMMIT");
        }
        state.raise(Event {
            name: "MALL_TRANSACTION.SUCCESS",
            original_type: "mall_transaction",
            summary: "商圈支付成功",
            receiver: payment.mchid.clone(),
            key: transaction_id.clone(),
            url: None,
            resource,
        });
    }
    state.world.businesscircle.mall_orders.push(payment);
    Ok(transaction_id)
}

/// Gives money back. `MALL_REFUND.SUCCESS` goes only to a merchant that called points/notify for the payment, and only
/// within 30 days (DOC: partner 4012076419).
pub(crate) fn refund(state: &mut State, order: &MallRefund) -> Result<String, Error> {
    let now = state.clock.business();
    let payment = state
        .world
        .businesscircle
        .mall_orders
        .iter_mut()
        .find(|known| known.transaction_id == order.transaction_id);
    let payment = payment
        .ok_or_else(|| Error::Unknown { what: "transaction_id", name: order.transaction_id.clone() })?;
    let left = payment.amount - payment.refunded;
    if order.amount <= 0 || order.amount > left {
        return Err(Error::State(format!(
            "a refund takes 1 to {left} fen of this payment, not {}",
            order.amount
        )));
    }
    payment.refunded += order.amount;
    let payment = payment.clone();
    let refund_id = state.ids.refund();
    let watched = payment.increased_points.is_some() && now < after(payment.paid, REFUND_WATCH);
    if watched && authorized(state, &payment) {
        let mut resource = shop(&payment);
        resource["refund_time"] = json!(time::print(now));
        resource["pay_amount"] = json!(payment.amount);
        resource["refund_amount"] = json!(order.amount);
        resource["transaction_id"] = json!(payment.transaction_id);
        resource["refund_id"] = json!(refund_id);
        state.raise(Event {
            name: "MALL_REFUND.SUCCESS",
            original_type: "mall_refund",
            summary: "商圈退款成功",
            receiver: payment.mchid,
            key: refund_id.clone(),
            url: None,
            resource,
        });
    }
    Ok(refund_id)
}

/// The members that both events share. ASSUME: in partner mode `mchid` is the mall's.
fn shop(payment: &MallOrder) -> Value {
    json!({
        "mchid": payment.sub_mchid.as_ref().unwrap_or(&payment.mchid),
        "merchant_name": "示例商圈",
        "shop_name": "示例门店",
        "shop_number": "123456",
        "appid": payment.appid,
        "openid": payment.openid,
    })
}
