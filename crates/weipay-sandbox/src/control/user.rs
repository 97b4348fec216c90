//! What users do in the app: deeds that no API of the merchant has.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Control;
use crate::running::RunningWorld;
use crate::{Error, ExchangePoints, MallPayment, MallRefund, rules};

/// A deed and what it needs to know.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct UserAct {
    /// Its name in the path.
    pub name: String,
    /// What happens, in English.
    pub title: String,
    /// The same in Chinese.
    pub title_zh: String,
    /// Its members.
    pub members: Vec<ActMember>,
}

/// A member of a deed.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ActMember {
    /// Its name.
    pub name: String,
    /// What it is if not said; empty for a member that has to be said.
    pub default: String,
}

/// Does the deed and returns the id that came of it; empty for none.
type Deed = fn(&RunningWorld, &Members<'_>) -> Result<String, Error>;

struct Act {
    name: &'static str,
    title: &'static str,
    title_zh: &'static str,
    members: &'static [(&'static str, &'static str)],
    deed: Deed,
}

const ACTS: &[Act] = &[
    Act {
        name: "exchange-points",
        title: "Exchange points for a coupon",
        title_zh: "积分兑换券",
        members: &[("exchange_coupon_template_id", "0Flpo7FqTQ"), ("user_card_code", "478515832665")],
        deed: |world, members| {
            let exchange_coupon_template_id = members.text("exchange_coupon_template_id")?;
            let order = ExchangePoints {
                exchange_coupon_template_id,
                user_card_code: members.text("user_card_code")?,
            };
            world.act(|state| rules::exchange_points(state, &order))
        },
    },
    Act {
        name: "pay-in-mall",
        title: "Pay in the mall",
        title_zh: "商圈内支付",
        members: &[
            ("mchid", "1900000100"),
            ("sub_mchid", "1234567890"),
            ("appid", "wx1234567890abcdef"),
            ("openid", "oWmnN4xxxxxxxxxxe92NHIGf1xd8"),
            ("amount", "10000"),
        ],
        deed: |world, members| {
            let order = MallPayment {
                mchid: members.text("mchid")?,
                sub_mchid: Some(members.text("sub_mchid")?),
                appid: members.text("appid")?,
                openid: members.text("openid")?,
                amount: members.number("amount")?,
                commit_tag: false,
            };
            world.act(|state| rules::pay_in_mall(state, &order))
        },
    },
    Act {
        name: "refund-in-mall",
        title: "Get a payment in the mall back",
        title_zh: "商圈内退款",
        members: &[("transaction_id", ""), ("amount", "10000")],
        deed: |world, members| {
            let order = MallRefund {
                transaction_id: members.text("transaction_id")?,
                amount: members.number("amount")?,
            };
            world.act(|state| rules::refund_in_mall(state, &order))
        },
    },
    Act {
        name: "pay",
        title: "Pay an order",
        title_zh: "支付订单",
        // A prepay_id, code_url or h5_url; of a payment by code its out_trade_no.
        members: &[("prepay_id", "")],
        deed: |world, members| {
            let what = members.text("prepay_id")?;
            world.act(|state| {
                rules::payment_session(state, &what).and_then(|session| rules::pay(state, &session))
            })
        },
    },
    Act {
        name: "cancel-payment",
        title: "Turn away from a payment",
        title_zh: "取消支付",
        members: &[("prepay_id", "")],
        deed: |world, members| {
            let what = members.text("prepay_id")?;
            let cancelled = world.act(|state| {
                rules::payment_session(state, &what)
                    .and_then(|session| rules::cancel_payment(state, &session))
            });
            cancelled.map(|()| String::new())
        },
    },
    Act {
        name: "take-coupon",
        title: "Take a coupon from a stock",
        title_zh: "领取商家券",
        members: &[("stock_id", "100088"), ("openid", "xsd3434454567676")],
        deed: |world, members| {
            let (stock_id, openid) = (members.text("stock_id")?, members.text("openid")?);
            world.act(|state| rules::take_coupon(state, &stock_id, &openid))
        },
    },
    Act {
        name: "delete-coupon",
        title: "Delete a coupon from the wallet",
        title_zh: "删除卡包内的券",
        members: &[("stock_id", "100088"), ("coupon_code", "sxxe34343434")],
        deed: |world, members| {
            world
                .delete_coupon(&members.text("stock_id")?, &members.text("coupon_code")?)
                .map(|()| String::new())
        },
    },
];

/// What was said of a deed, and what it is else.
struct Members<'a> {
    act: &'static Act,
    said: &'a Map<String, Value>,
}

impl Members<'_> {
    fn text(&self, name: &str) -> Result<String, Error> {
        let said = match self.said.get(name) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let default = self.act.members.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let text =
            said.filter(|text| !text.is_empty()).or_else(|| default.map(str::to_owned)).unwrap_or_default();
        if text.is_empty() {
            return Err(Error::State(format!("{} needs `{name}`", self.act.name)));
        }
        Ok(text)
    }

    /// Fen, points: whole numbers.
    fn number(&self, name: &str) -> Result<i64, Error> {
        let text = self.text(name)?;
        text.parse().map_err(|_| Error::State(format!("`{name}` is a whole number")))
    }
}

impl Control {
    /// Everything that a user can do.
    pub fn user_acts(&self) -> Vec<UserAct> {
        let member = |(name, default): &(&str, &str)| ActMember {
            name: (*name).to_owned(),
            default: (*default).to_owned(),
        };
        let view = |act: &Act| UserAct {
            name: act.name.to_owned(),
            title: act.title.to_owned(),
            title_zh: act.title_zh.to_owned(),
            members: act.members.iter().map(member).collect(),
        };
        ACTS.iter().map(view).collect()
    }

    /// A user does something; members that are not said have the default of [`user_acts`](Self::user_acts). Returns the id
    /// that came of it, or an empty text.
    pub fn user(&self, act: &str, said: &Map<String, Value>) -> Result<String, Error> {
        let found = ACTS.iter().find(|known| known.name == act);
        let act = found.ok_or_else(|| Error::Unknown { what: "user act", name: act.to_owned() })?;
        if let Some(name) = said.keys().find(|name| act.members.iter().all(|(known, _)| known != name)) {
            let known: Vec<_> = act.members.iter().map(|(name, _)| *name).collect();
            return Err(Error::State(format!(
                "{} has no member `{name}`; it has {}",
                act.name,
                known.join(", ")
            )));
        }
        (act.deed)(&self.world, &Members { act, said })
    }
}
