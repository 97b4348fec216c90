//! Exchanges of points for coupons: decided once, and settled once.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::wire::Question;
use super::{Test, different};
use crate::ConfirmShape;
use crate::hook::{Decision, Reply};

/// What one exchange costs.
const COST: u64 = 10;

impl Test {
    pub(super) async fn exchanges(&mut self) {
        let result = self.repeated().await;
        self.split(["same-answer-to-a-repetition", "one-effect-of-a-repetition"], result);
        let result = self.at_once().await;
        self.split(["same-answer-to-concurrent-repetitions", "one-effect-of-concurrent-repetitions"], result);
        let result = self.broken_off().await;
        self.split(["same-answer-after-a-crash", "one-effect-after-a-crash"], result);
        let result = self.ended("issued", json!({ "coupon_code": "K" }), COST).await;
        self.note("issued-takes-the-points-once", result);
        let result = self.ended("not_issued", json!({ "reason": "券库存不足" }), 0).await;
        self.note("not-issued-gives-the-points-back-once", result);
        let result = self.parked().await;
        self.note("parked-keeps-the-points-set-aside", result);
        let result = self.too_dear().await;
        self.note("rejects-what-the-member-cannot-pay", result);
        let result = self.overspent().await;
        self.note("promises-no-more-than-there-is", result);
    }

    /// The first error of a pair belongs to the name where it was found.
    fn split(
        &mut self,
        names: [&'static str; 2],
        (answer, effect): (Result<(), String>, Result<(), String>),
    ) {
        self.note(names[0], answer);
        self.note(names[1], effect);
    }

    fn exchange(&self, name: &str, points: u64) -> Value {
        let mut data = self.holder();
        data["record_id"] = json!(self.wire.fresh(name));
        data["exchange_coupon_template_id"] = json!("T1");
        data["deduct_points"] = json!(points);
        data["stock_id"] = json!("100088");
        data
    }

    fn decide(&self, name: &str, points: u64) -> Question {
        let case = format!("exchange/{}", self.wire.fresh(name));
        self.wire.question("decide", &case, &self.exchange(name, points))
    }

    /// The answer to a question whose exchange the member can pay.
    async fn allowed(&self, question: &Question) -> Result<Value, String> {
        let answer = self.wire.ask(question).await?;
        match self.decision(&answer)? {
            Decision::Allow { .. } => Ok(answer),
            Decision::Reject { .. } => Err("it rejected an exchange that the member can pay".to_owned()),
        }
    }

    /// As the relay reads it: what could not be carried out is no answer.
    fn decision(&self, answer: &Value) -> Result<Decision, String> {
        let reply: Reply<Decision> = crate::json::read(answer.to_string().as_bytes())
            .map_err(|why| format!("its answer is not what the contract says: {why}"))?;
        match (&reply.answer, self.trial.shape) {
            (Decision::Allow { coupon_code: None }, ConfirmShape::A) => {
                Err("`allow` needs the `coupon_code` that you allotted (confirm_shape A)".to_owned())
            }
            (Decision::Allow { coupon_code: Some(_) }, ConfirmShape::B) => {
                Err("`allow` has no `coupon_code`: WeChat Pay issues the coupon (confirm_shape B)".to_owned())
            }
            (Decision::Reject { reason }, _) if !(1..=32).contains(&reason.chars().count()) => {
                Err("`reject` has a `reason` of 1 to 32 characters".to_owned())
            }
            _ => Ok(reply.answer),
        }
    }

    /// Whether the member has `COST` points less than before.
    async fn taken_once(&mut self, before: u64) -> Result<(), String> {
        let taken = i128::from(before) - i128::from(self.balance().await?);
        match taken == i128::from(COST) {
            true => Ok(()),
            false => Err(format!("one exchange of {COST} points took {taken} off what the member can spend")),
        }
    }

    async fn repeated(&mut self) -> (Result<(), String>, Result<(), String>) {
        let question = self.decide("repeated", COST);
        let before = match self.balance().await {
            Ok(before) => before,
            Err(why) => return (Err(why.clone()), Err(why)),
        };
        let (first, second) = (self.allowed(&question).await, self.wire.ask(&question).await);
        (same(first, second), self.taken_once(before).await)
    }

    async fn at_once(&mut self) -> (Result<(), String>, Result<(), String>) {
        let question = self.decide("at-once", COST);
        let before = match self.balance().await {
            Ok(before) => before,
            Err(why) => return (Err(why.clone()), Err(why)),
        };
        let answers = join_all((0..8).map(|_| self.allowed(&question))).await;
        let answers: Result<Vec<Value>, String> = answers.into_iter().collect();
        let answers = answers.and_then(|answers| match answers.windows(2).all(|two| two[0] == two[1]) {
            true => Ok(()),
            false => Err(different()),
        });
        (answers, self.taken_once(before).await)
    }

    /// A tester cannot kill a hook; it can do what a killed hook looks like from outside: no answer, then the question again.
    async fn broken_off(&mut self) -> (Result<(), String>, Result<(), String>) {
        let question = self.decide("broken-off", COST);
        let before = match self.balance().await {
            Ok(before) => before,
            Err(why) => return (Err(why.clone()), Err(why)),
        };
        if let Err(why) = self.wire.cut(&question).await {
            return (Err(why.clone()), Err(why));
        }
        let (first, second) = (self.allowed(&question).await, self.wire.ask(&question).await);
        (same(first, second), self.taken_once(before).await)
    }

    async fn settle(&self, name: &str, step: &str, result: &str, more: Value) -> Result<(), String> {
        let mut data =
            json!({ "effect": "confirm", "result": result, "exchange": self.exchange(name, COST) });
        if let (Some(data), Value::Object(more)) = (data.as_object_mut(), more) {
            data.extend(more);
        }
        let case = format!("exchange/{}/{step}", self.wire.fresh(name));
        let question = self.wire.question("settled", &case, &data);
        for _ in 0..2 {
            self.wire.ask(&question).await?;
        }
        Ok(())
    }

    /// After `result`, told twice, the member has `cost` points less than before the exchange.
    async fn ended(&mut self, result: &'static str, more: Value, cost: u64) -> Result<(), String> {
        let before = self.balance().await?;
        self.allowed(&self.decide(result, COST)).await?;
        self.settle(result, "settled", result, more).await?;
        let taken = i128::from(before) - i128::from(self.balance().await?);
        match taken == i128::from(cost) {
            true => Ok(()),
            false => Err(format!(
                "an exchange of {COST} points that ended as {result} took {taken}, and not {cost}"
            )),
        }
    }

    async fn parked(&mut self) -> Result<(), String> {
        let before = self.balance().await?;
        self.allowed(&self.decide("parked", COST)).await?;
        self.settle("parked", "parked", "parked", json!({ "reason": "unknown" })).await?;
        self.taken_once(before).await.map_err(|why| format!("while it was parked, {why}"))?;
        self.settle("parked", "settled", "not_issued", json!({ "reason": "a person looked" })).await?;
        match i128::from(self.balance().await?) - i128::from(before) {
            0 => Ok(()),
            by => Err(format!("parked and then not issued changed the balance by {by}")),
        }
    }

    async fn too_dear(&mut self) -> Result<(), String> {
        let balance = self.balance().await?;
        let answer = self.wire.ask(&self.decide("too-dear", balance + 1)).await?;
        match self.decision(&answer)? {
            Decision::Reject { .. } => Ok(()),
            Decision::Allow { .. } => {
                Err("it allowed an exchange that costs more than the member has".to_owned())
            }
        }
    }

    /// Different exchanges at the same moment, of which the member can pay three.
    async fn overspent(&mut self) -> Result<(), String> {
        let balance = self.balance().await?;
        let cost = balance / 4 + 1;
        let names: Vec<String> = (0..8).map(|number| format!("race{number}")).collect();
        let questions: Vec<Question> = names.iter().map(|name| self.decide(name, cost)).collect();
        let answers = join_all(questions.iter().map(|question| self.wire.ask(question))).await;
        let mut codes = BTreeSet::new();
        let mut promised = 0;
        for answer in answers {
            if let Decision::Allow { coupon_code } = self.decision(&answer?)? {
                promised += cost;
                if let Some(code) = coupon_code
                    && !codes.insert(code)
                {
                    return Err("two exchanges got the same coupon code".to_owned());
                }
            }
        }
        match promised <= balance {
            true => Ok(()),
            false => Err(format!("{promised} points were promised at once, and the member had {balance}")),
        }
    }
}

fn same(first: Result<Value, String>, second: Result<Value, String>) -> Result<(), String> {
    if first? == second? { Ok(()) } else { Err(different()) }
}
