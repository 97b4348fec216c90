//! Basic payments (基础支付): orders, the people who pay them, and refunds. Amounts are in fen.

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the payment families know.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Payments {
    /// Orders, oldest first. The parts of a combined order (合单) are orders, too.
    pub orders: Vec<Order>,
    /// Refunds, oldest first.
    pub refunds: Vec<Refund>,
    /// Users whose openid under an appid is known. An openid that nobody names belongs to a user of its own.
    pub payers: Vec<Payer>,
    /// Payment codes (付款码) that do something else than pay at once.
    pub codes: Vec<PaymentCode>,
    /// Refuse as developers report it from the live system instead of as the pages say: `INVALID_REQUEST` instead of
    /// `OUT_TRADE_NO_USED`, `ORDERPAID` instead of `ORDER_PAID`, `PARAM_ERROR` instead of `OPENID_MISMATCH`.
    pub observed_refusals: bool,
    /// How long a refund stays `PROCESSING`, in business time; 5 seconds if not said.
    pub refund_takes: Duration,
}

impl Default for Payments {
    fn default() -> Self {
        Self {
            orders: Vec::new(),
            refunds: Vec::new(),
            payers: Vec::new(),
            codes: Vec::new(),
            observed_refusals: false,
            refund_takes: Duration::from_secs(5),
        }
    }
}

/// An order, from its making on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    /// The merchant, or the partner (`sp_mchid`) that made it.
    pub mchid: String,
    /// The sub-merchant that sells, when a partner made the order.
    pub sub_mchid: Option<String>,
    /// `appid`, or the partner's `sp_appid`.
    pub appid: Option<String>,
    /// The sub-merchant's own.
    pub sub_appid: Option<String>,
    /// The merchant's number of it, unique per `mchid` and `sub_mchid`.
    pub out_trade_no: String,
    /// What is sold.
    pub description: String,
    /// Told back by queries and notifications.
    pub attach: Option<String>,
    /// Where its notification goes; none for code payments.
    pub notify_url: Option<String>,
    /// Fen.
    pub total: i64,
    /// How it is paid.
    pub trade_type: TradeType,
    /// The payer under `appid`; of an order that anybody may pay, known once it is paid.
    pub openid: Option<String>,
    /// The payer under `sub_appid`.
    pub sub_openid: Option<String>,
    /// The money is frozen for profit sharing when it is paid.
    pub profit_sharing: bool,
    /// Fen of it that are frozen now.
    pub frozen: i64,
    /// When it was made, in business time.
    pub created: Timestamp,
    /// When it closes by itself.
    pub expires: Timestamp,
    /// The session in which it can be paid, shared by the parts of a combined order; none for code payments.
    pub prepay_id: Option<String>,
    /// Until when that session lasts.
    pub prepay_expires: Timestamp,
    /// The code that was scanned.
    pub auth_code: Option<String>,
    /// Set when it is part of a combined order.
    pub combined: Option<Combined>,
    /// Where it stands.
    pub state: OrderState,
    /// `WeChat`'s number, once it is paid.
    pub transaction_id: Option<String>,
    /// When it was paid.
    pub success_time: Option<Timestamp>,
}

/// The combined order that an order is part of.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Combined {
    /// The merchant that made the combined order.
    pub combine_mchid: String,
    /// The appid in which it is paid.
    pub combine_appid: String,
    /// Its number.
    pub combine_out_trade_no: String,
    /// `WeChat`'s number of it, once it is paid.
    pub combine_transaction_id: Option<String>,
}

/// How an order is paid; `trade_type` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum TradeType {
    /// In an official account or mini program.
    Jsapi,
    /// By scanning the merchant's code.
    Native,
    /// In an app.
    App,
    /// `MWEB`: in a phone's browser.
    H5,
    /// `MICROPAY`: the merchant scans the payer's code.
    Code,
}

impl TradeType {
    /// The wire's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Jsapi => "JSAPI",
            Self::Native => "NATIVE",
            Self::App => "APP",
            Self::H5 => "MWEB",
            Self::Code => "MICROPAY",
        }
    }
}

/// Where an order stands. `REFUND` is shown instead of `SUCCESS` once a refund exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum OrderState {
    /// Made, not paid.
    NotPay,
    /// The payer is asked for the password (code payments).
    UserPaying,
    /// Paid.
    Success,
    /// Closed by the merchant, or by time.
    Closed,
    /// Taken back by the merchant (code payments); the money went back.
    Revoked,
    /// The payment failed (code payments).
    PayError,
}

/// A user under one appid.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Payer {
    /// The app.
    pub appid: String,
    /// The user in it.
    pub openid: String,
    /// The user closed the account: refunds are refused with `USER_ACCOUNT_ABNORMAL`.
    #[serde(default)]
    pub account_closed: bool,
}

/// A payment code with a will of its own.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct PaymentCode {
    /// 18 digits that begin with 10 to 15.
    pub auth_code: String,
    /// What happens when it is scanned.
    pub does: CodeDoes,
}

/// What happens when a payment code is scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CodeDoes {
    /// Asks for the password: `USERPAYING`.
    AskPassword,
    /// 403 `AUTH_CODE_EXPIRE`.
    Expired,
    /// 403 `NOT_ENOUGH`.
    NotEnough,
    /// The bank refuses: `PAYERROR`.
    Fail,
}

/// A refund of a part or the whole of an order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Refund {
    /// The merchant or partner that asked for it.
    pub mchid: String,
    /// The sub-merchant.
    pub sub_mchid: Option<String>,
    /// The order's `transaction_id`.
    pub transaction_id: String,
    /// The order's number.
    pub out_trade_no: String,
    /// The merchant's number of the refund, unique per `mchid` and `sub_mchid`.
    pub out_refund_no: String,
    /// `WeChat`'s number.
    pub refund_id: String,
    /// Fen.
    pub refund: i64,
    /// Fen of the fee that came back with it.
    pub fee: i64,
    /// Where its notification goes before the merchant's own address.
    pub notify_url: Option<String>,
    /// Where it stands.
    pub status: RefundStatus,
    /// How it is paid back; `channel` on the wire.
    pub channel: String,
    /// `user_received_account`.
    pub received_account: String,
    /// When it was asked for.
    pub create_time: Timestamp,
    /// When the money arrived.
    pub success_time: Option<Timestamp>,
}

/// Where a refund stands; `status` on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum RefundStatus {
    /// On its way.
    Processing,
    /// Arrived.
    Success,
    /// Given up; the money stays with the merchant.
    Closed,
    /// The payer's card takes no money: the merchant has to choose another way.
    Abnormal,
}

impl RefundStatus {
    /// The wire's spelling.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Processing => "PROCESSING",
            Self::Success => "SUCCESS",
            Self::Closed => "CLOSED",
            Self::Abnormal => "ABNORMAL",
        }
    }
}

impl Payments {
    /// The fen of an order for which refunds stand.
    pub(crate) fn refunded(&self, transaction_id: &str) -> i64 {
        let standing = self.refunds.iter().filter(|refund| {
            refund.transaction_id == transaction_id && refund.status != RefundStatus::Closed
        });
        standing.map(|refund| refund.refund).sum()
    }

    /// `trade_state` of an order, with its description.
    pub(crate) fn trade_state(&self, order: &Order, now: Timestamp) -> (&'static str, &'static str) {
        let refunded = order.transaction_id.as_deref().is_some_and(|id| self.refunded(id) > 0);
        match order.state_at(now) {
            OrderState::Success if refunded => ("REFUND", "订单发生过退款，退款详情请查询退款单"),
            OrderState::Success => ("SUCCESS", "支付成功"),
            OrderState::NotPay => ("NOTPAY", "订单未支付"),
            OrderState::UserPaying => ("USERPAYING", "需要用户输入支付密码"),
            OrderState::Closed => ("CLOSED", "订单已关闭"),
            OrderState::Revoked => ("REVOKED", "订单已撤销"),
            OrderState::PayError => ("PAYERROR", "支付失败，请重新下单支付"),
        }
    }

    /// The order that was paid under this `transaction_id`.
    pub(crate) fn paid(&self, transaction_id: &str) -> Option<&Order> {
        self.orders.iter().find(|order| order.transaction_id.as_deref() == Some(transaction_id))
    }

    pub(crate) fn paid_mut(&mut self, transaction_id: &str) -> Option<&mut Order> {
        self.orders.iter_mut().find(|order| order.transaction_id.as_deref() == Some(transaction_id))
    }

    pub(crate) fn payer(&self, openid: &str) -> Option<&Payer> {
        self.payers.iter().find(|payer| payer.openid == openid)
    }
}

impl Order {
    /// Where it stands now: what was not paid in time is closed.
    pub(crate) fn state_at(&self, now: Timestamp) -> OrderState {
        match self.state {
            OrderState::NotPay | OrderState::UserPaying if self.expires <= now => OrderState::Closed,
            state => state,
        }
    }

    /// Whether it waits to be paid, in a session that is not over.
    pub(crate) fn is_payable(&self, now: Timestamp) -> bool {
        match self.state_at(now) {
            OrderState::NotPay => self.prepay_expires > now,
            state => state == OrderState::UserPaying,
        }
    }

    /// Whether this caller made it, for this sub-merchant.
    pub(crate) fn is(&self, mchid: &str, sub_mchid: Option<&str>, out_trade_no: &str) -> bool {
        self.mchid == mchid && self.sub_mchid.as_deref() == sub_mchid && self.out_trade_no == out_trade_no
    }

    /// `mchid/sub_mchid/out_trade_no`, with `-` where there is no sub-merchant.
    pub(crate) fn key(&self) -> String {
        format!("{}/{}/{}", self.mchid, self.sub_mchid.as_deref().unwrap_or("-"), self.out_trade_no)
    }

    /// The merchant whose account the money goes to.
    pub(crate) fn seller(&self) -> &str {
        self.sub_mchid.as_deref().unwrap_or(&self.mchid)
    }
}
