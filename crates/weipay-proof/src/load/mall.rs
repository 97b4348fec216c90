//! What happens in the mall: payments, and refunds before and after WeChat Pay told of the payment.

use std::time::Duration;

use weipay_sandbox::{Fault, MallPayment, MallRefund, Trigger};

use super::Users;
use crate::Error;
use crate::stage::world;

/// So late in business time comes the notification of a payment whose refund is notified before it.
pub(crate) const LATE: Duration = Duration::from_mins(1);

impl Users<'_> {
    pub(super) async fn pay(&mut self) -> Result<String, Error> {
        let amount = self.rng.i64(50..50_000);
        self.payer = world::customer(self.rng.usize(0..world::MEMBERS));
        let order = MallPayment {
            mchid: world::A.mchid.to_string(),
            sub_mchid: Some(world::MALL.to_owned()),
            appid: world::APPID.to_owned(),
            openid: self.payer.clone(),
            amount,
            commit_tag: false,
        };
        let transaction_id = self.stage.sandbox.pay_in_mall(order).await?;
        self.made.payments.insert(transaction_id.clone(), amount);
        Ok(transaction_id)
    }

    /// A refund of which WeChat Pay notifies: that of a payment whose points it was told.
    pub(super) async fn refund(&mut self) -> Result<(), Error> {
        let Some((payment, amount)) = self.rng.choice(self.made.payments.iter()) else { return Ok(()) };
        let (payment, amount) = (payment.clone(), *amount);
        let refunds = self.made.refunds.iter().filter(|(_, of, _)| *of == payment);
        let left = amount - refunds.map(|(_, _, fen)| fen).sum::<i64>();
        if left <= 0 || self.stage.sandbox.increased_points(&payment).is_none() {
            return Ok(());
        }
        let part = if self.rng.bool() { left } else { self.rng.i64(1..=left) };
        let order = MallRefund { transaction_id: payment.clone(), amount: part };
        let refund_id = self.stage.sandbox.refund_in_mall(order).await?;
        self.made.refunds.push((refund_id, payment, part));
        Ok(())
    }

    /// A refund of which WeChat Pay notifies before it notifies of its payment.
    ///
    /// ASSUME: notifications overtake each other, although a refund is only notified where the points of its payment were
    /// told. The sandbox's users cannot do that, so this notification is one that is written by hand.
    pub(super) async fn refund_first(&mut self) -> Result<(), Error> {
        let late = Fault::new("N05")?.on("MALL_TRANSACTION.SUCCESS").by(LATE);
        self.stage.sandbox.inject(late);
        let payment = self.pay().await?;
        let amount = self.made.payments.get(&payment).copied().unwrap_or_default();
        let part = if self.rng.bool() { amount } else { self.rng.i64(1..=amount) };
        let refund_id = format!("5030{:024}", self.made.refunds.len());
        let payer = self.payer.clone();
        let told = Trigger::new("MALL_REFUND.SUCCESS")
            .to(&world::A.mchid)
            .set("mchid", world::MALL)
            .set("appid", world::APPID)
            .set("openid", payer)
            .set("transaction_id", payment.as_str())
            .set("refund_id", refund_id.as_str())
            .set("pay_amount", amount)
            .set("refund_amount", part);
        self.stage.sandbox.trigger(told)?;
        self.made.early.push(payment.clone());
        self.made.refunds.push((refund_id, payment, part));
        Ok(())
    }
}
