//! Payments and refunds, in the right order and in the wrong one.

use serde_json::{Value, json};

use super::Test;

const PAID: u64 = 10_000;

impl Test {
    pub(super) async fn mall(&mut self) {
        let right = self.earned("right", false).await;
        let wrong = self.earned("wrong", true).await;
        let result = match (right, wrong) {
            (Ok(right), Ok(wrong)) if right == wrong => Ok(()),
            (Ok(right), Ok(wrong)) => Err(format!(
                "a payment and its refund change the balance by {right}, the same two in the other order by {wrong}: \
                 note a refund whose payment you do not know yet, and take it off when that comes"
            )),
            (Err(why), _) | (_, Err(why)) => Err(why),
        };
        self.note("refund-before-payment", result);
        let result = self.each_once().await;
        self.note("each-refund-once", result);
        let result = self.all_of_it().await;
        self.note("all-refunds-take-all-points", result);
    }

    pub(super) async fn pay(&mut self, name: &str, amount: u64) -> Result<Value, String> {
        let transaction = self.wire.fresh(name);
        let data = json!({
            "transaction_id": transaction, "mchid": "1234567890", "appid": "wx1234567890abcdef",
            "openid": self.trial.openid, "amount": amount, "time_end": "2026-01-01T08:00:00+08:00",
        });
        let answer =
            self.wire.ask(&self.wire.question("points", &format!("payment/{transaction}"), &data)).await?;
        match answer.get("earn").and_then(Value::as_bool) {
            Some(_) => Ok(answer),
            None => Err("the answer to points has no `earn`".to_owned()),
        }
    }

    async fn refund(&mut self, payment: &str, number: u32, amount: u64) -> Result<Value, String> {
        let refund = self.wire.fresh(&format!("{payment}-{number}"));
        let data = json!({
            "refund_id": refund, "transaction_id": self.wire.fresh(payment), "mchid": "1234567890",
            "openid": self.trial.openid, "pay_amount": PAID, "refund_amount": amount,
        });
        self.wire.ask(&self.wire.question("reverse", &format!("refund/{refund}"), &data)).await
    }

    async fn change(&mut self, before: u64) -> Result<i128, String> {
        Ok(i128::from(self.balance().await?) - i128::from(before))
    }

    /// By how much a payment of which half is refunded changes the balance.
    async fn earned(&mut self, name: &str, refund_first: bool) -> Result<i128, String> {
        let before = self.balance().await?;
        if refund_first {
            self.refund(name, 1, PAID / 2).await?;
            self.pay(name, PAID).await?;
        } else {
            self.pay(name, PAID).await?;
            self.refund(name, 1, PAID / 2).await?;
        }
        self.change(before).await
    }

    async fn each_once(&mut self) -> Result<(), String> {
        self.pay("once", PAID).await?;
        self.refund("once", 1, PAID / 5).await?;
        let before = self.balance().await?;
        self.refund("once", 1, PAID / 5).await?;
        self.pay("once", PAID).await?;
        match self.change(before).await? {
            0 => Ok(()),
            by => Err(format!("repeating a payment and a refund with their ids changed the balance by {by}")),
        }
    }

    async fn all_of_it(&mut self) -> Result<(), String> {
        let before = self.balance().await?;
        self.pay("whole", PAID).await?;
        // Parts that no points divide by evenly.
        for (number, part) in [(1, 3_333), (2, 3_333), (3, PAID - 6_666)] {
            self.refund("whole", number, part).await?;
        }
        match self.change(before).await? {
            0 => Ok(()),
            by => Err(format!("a payment that was refunded in three parts left {by} points")),
        }
    }
}
