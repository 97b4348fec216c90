//! Payments, refunds, transfers and accounts: what payers and banks do.
#![expect(clippy::unused_async, reason = "part of the published interface, which may wait for storage later")]

use super::act::{Act, needed, usual};
use crate::rules;
use crate::world::RefundStatus;
use crate::{Error, RunningWorld};

impl RunningWorld {
    /// The payer pays. `what` is what the merchant got for the order: a `prepay_id`, a `code_url` or an `h5_url`; for a
    /// payment by code, its `out_trade_no`. Returns the `transaction_id` at once; the merchant is notified.
    pub async fn pay(&self, what: &str) -> Result<String, Error> {
        self.act(|state| rules::payment_session(state, what).and_then(|session| rules::pay(state, &session)))
    }

    /// The payer turns away. The order waits on; a payment by code has failed. `what` is as for [`pay`](Self::pay).
    pub async fn cancel_payment(&self, what: &str) -> Result<(), Error> {
        self.act(|state| {
            rules::payment_session(state, what).and_then(|session| rules::cancel_payment(state, &session))
        })
    }

    /// Ends a refund that is `PROCESSING`; left alone it succeeds after
    /// [`Payments::refund_takes`](crate::world::Payments::refund_takes).
    pub async fn end_refund(&self, refund_id: &str, status: RefundStatus) -> Result<(), Error> {
        self.act(|state| rules::end_refund(state, refund_id, status))
    }

    /// The user takes a transfer that waits for it.
    pub async fn confirm_transfer(&self, mchid: &str, out_bill_no: &str) -> Result<(), Error> {
        self.act(|state| rules::confirm_transfer(state, mchid, out_bill_no))
    }

    /// Sets the fen on a merchant's account, as if it had been filled up or withdrawn from elsewhere.
    pub fn set_balance(&self, mchid: &str, fen: i64) {
        self.shared.state().world.funds.account(mchid).balance = fen;
    }
}

pub(super) const ACTS: &[Act] = &[
    Act {
        name: "pay",
        title: "Pay an order",
        title_zh: "支付订单",
        // A prepay_id, code_url or h5_url; of a payment by code its out_trade_no.
        members: &[needed("prepay_id")],
        deed: |world, said| {
            let what = said.text("prepay_id")?;
            world.act(|state| {
                rules::payment_session(state, &what).and_then(|session| rules::pay(state, &session))
            })
        },
    },
    Act {
        name: "cancel-payment",
        title: "Turn away from a payment",
        title_zh: "取消支付",
        members: &[needed("prepay_id")],
        deed: |world, said| {
            let what = said.text("prepay_id")?;
            let cancelled = world.act(|state| {
                rules::payment_session(state, &what)
                    .and_then(|session| rules::cancel_payment(state, &session))
            });
            cancelled.map(|()| String::new())
        },
    },
    Act {
        name: "end-refund",
        title: "The bank ends a refund that is on its way",
        title_zh: "银行处理退款",
        members: &[needed("refund_id"), usual("status", "SUCCESS")],
        deed: |world, said| {
            let refund_id = said.text("refund_id")?;
            let ends = [RefundStatus::Success, RefundStatus::Closed, RefundStatus::Abnormal];
            let status = said.word("status", &ends.map(|status| (status.as_str(), status)))?;
            world.act(|state| rules::end_refund(state, &refund_id, status)).map(|()| String::new())
        },
    },
    Act {
        name: "confirm-transfer",
        title: "Take a transfer that waits for its user",
        title_zh: "确认收款",
        members: &[usual("mchid", "1230000109"), needed("out_bill_no")],
        deed: |world, said| {
            let (mchid, out_bill_no) = (said.text("mchid")?, said.text("out_bill_no")?);
            world.act(|state| rules::confirm_transfer(state, &mchid, &out_bill_no)).map(|()| String::new())
        },
    },
    Act {
        name: "set-balance",
        title: "Fill a merchant's account up, or empty it; in fen",
        title_zh: "设置商户账户余额（分）",
        members: &[usual("mchid", "1230000109"), needed("balance")],
        deed: |world, said| {
            let (mchid, fen) = (said.text("mchid")?, said.number("balance")?);
            if world.shared.state().world.merchant(&mchid).is_none() {
                return Err(Error::Unknown { what: "mchid", name: mchid });
            }
            world.set_balance(&mchid, fen);
            Ok(String::new())
        },
    },
];
