//! Smart business circles in the app: members, payments and refunds in a mall.
#![expect(clippy::unused_async, reason = "part of the published interface, which may wait for storage later")]

use super::act::{Act, Member, Said, needed, optional, usual};
use crate::rules::{self, MallMember, MallPayment, MallRefund};
use crate::{Error, RunningWorld};

impl RunningWorld {
    /// A user joins the points service of a mall, which is told (`MALL_AUTH.ACTIVATE_CARD`). Returns the notification's
    /// `code`.
    pub async fn join_mall(&self, member: MallMember) -> Result<String, Error> {
        self.act(|state| rules::join_mall(state, &member))
    }

    /// A user leaves the points service of a mall. Nobody is told.
    pub async fn leave_mall(&self, member: MallMember) -> Result<(), Error> {
        self.act(|state| rules::leave_mall(state, &member))
    }

    /// A user pays in the mall. Returns the `transaction_id` at once.
    pub async fn pay_in_mall(&self, order: MallPayment) -> Result<String, Error> {
        self.act(|state| rules::pay_in_mall(state, &order))
    }

    /// A payment in the mall is given back. Returns the `refund_id` at once.
    pub async fn refund_in_mall(&self, order: MallRefund) -> Result<String, Error> {
        self.act(|state| rules::refund_in_mall(state, &order))
    }
}

const MCHID: Member = usual("mchid", "1900000100");
/// `null` where no partner acts for the mall.
const SUB_MCHID: Member = usual("sub_mchid", "1234567890");
const APPID: Member = usual("appid", "wx1234567890abcdef");
const OPENID: Member = usual("openid", "oWmnN4xxxxxxxxxxe92NHIGf1xd8");

fn member(said: &Said<'_>, registered_only: bool) -> Result<MallMember, Error> {
    Ok(MallMember {
        mchid: said.text("mchid")?,
        sub_mchid: said.maybe("sub_mchid"),
        appid: said.text("appid")?,
        openid: said.text("openid")?,
        registered_only,
    })
}

pub(super) const ACTS: &[Act] = &[
    Act {
        name: "pay-in-mall",
        title: "Pay in the mall",
        title_zh: "商圈内支付",
        members: &[MCHID, SUB_MCHID, APPID, OPENID, usual("amount", "10000"), optional("commit_tag")],
        deed: |world, said| {
            let order = MallPayment {
                mchid: said.text("mchid")?,
                sub_mchid: said.maybe("sub_mchid"),
                appid: said.text("appid")?,
                openid: said.text("openid")?,
                amount: said.number("amount")?,
                commit_tag: said.flag("commit_tag")?,
            };
            world.act(|state| rules::pay_in_mall(state, &order))
        },
    },
    Act {
        name: "refund-in-mall",
        title: "Get a payment in the mall back",
        title_zh: "商圈内退款",
        members: &[needed("transaction_id"), usual("amount", "10000")],
        deed: |world, said| {
            let (transaction_id, amount) = (said.text("transaction_id")?, said.number("amount")?);
            let order = MallRefund { transaction_id, amount };
            world.act(|state| rules::refund_in_mall(state, &order))
        },
    },
    Act {
        name: "join-mall",
        title: "Join the points service of a mall",
        title_zh: "开通商圈积分服务",
        members: &[MCHID, SUB_MCHID, APPID, OPENID, optional("registered_only")],
        deed: |world, said| {
            let member = member(said, said.flag("registered_only")?)?;
            world.act(|state| rules::join_mall(state, &member))
        },
    },
    Act {
        name: "leave-mall",
        title: "Leave the points service of a mall",
        title_zh: "关闭商圈积分服务",
        members: &[MCHID, SUB_MCHID, APPID, OPENID],
        deed: |world, said| {
            let member = member(said, false)?;
            world.act(|state| rules::leave_mall(state, &member)).map(|()| String::new())
        },
    },
];
