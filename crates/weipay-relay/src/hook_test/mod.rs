//! `weipay relay hook-test`: a hook driven through everything that the relay may do to it.
//!
//! It books points: give it a hook with data of its own, never the one that serves customers.

mod exchange;
mod mall;
mod wire;

use std::fmt;
use std::time::Duration;

use serde::Serialize;
use serde_json::{Value, json};
use tokio::sync::oneshot;

use crate::ConfirmShape;
use crate::hook::HookSecret;
use wire::{Signed, Wire};

/// Points that the member needs for the whole run.
const NEEDED: u64 = 200;

/// Which hook, and with which member.
#[derive(Debug, Clone)]
pub struct Trial {
    /// The hook's URL, as in the configuration.
    pub url: String,
    /// The secret that it shares with the relay.
    pub secret: HookSecret,
    /// The merchant's name in the relay's configuration.
    pub merchant: String,
    /// Which shape of confirm its answers are for.
    pub shape: ConfirmShape,
    /// How long an answer may take.
    pub timeout: Duration,
    /// A member of the test data.
    pub openid: String,
    /// The member's card.
    pub card_id: String,
    /// The card's code.
    pub user_card_code: String,
}

/// One thing that a hook has to do, and whether it did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its name, such as `one-effect-of-a-repetition`.
    pub name: &'static str,
    /// What is wrong; none where it held.
    pub failed: Option<String>,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.failed {
            None => write!(f, "ok      {}", self.name),
            Some(why) => write!(f, "FAILED  {}: {why}", self.name),
        }
    }
}

/// Drives the hook through everything. A hook that does not answer at all gives one finding.
pub async fn run(trial: Trial) -> Vec<Finding> {
    let mut test = match Wire::new(&trial) {
        Ok(wire) => Test { trial, wire, findings: Vec::new(), asked: 0 },
        Err(why) => return vec![Finding { name: "answers", failed: Some(why) }],
    };
    if let Err(why) = test.balance().await {
        test.failed("answers", format!("balance: {why}"));
        return test.findings;
    }
    test.held("answers");
    test.signatures().await;
    test.later_versions().await;
    test.slowness().await;
    test.card().await;
    test.mall().await;
    match test.funded().await {
        Ok(()) => test.exchanges().await,
        Err(why) => test.failed("the-member-has-points", why),
    }
    let (slowest, limit) = (test.wire.slowest(), test.trial.timeout);
    let in_time = match slowest * 2 < limit {
        true => Ok(()),
        false => Err(format!(
            "the slowest answer took {} ms, and after {} ms it counts as none",
            slowest.as_millis(),
            limit.as_millis()
        )),
    };
    test.note("answers-in-time", in_time);
    test.findings
}

struct Test {
    trial: Trial,
    wire: Wire,
    findings: Vec<Finding>,
    asked: u32,
}

impl Test {
    fn held(&mut self, name: &'static str) {
        self.note(name, Ok(()));
    }

    fn failed(&mut self, name: &'static str, why: impl Into<String>) {
        self.note(name, Err(why.into()));
    }

    fn note(&mut self, name: &'static str, result: Result<(), String>) {
        self.findings.push(Finding { name, failed: result.err() });
    }

    fn holder(&self) -> Value {
        json!({
            "card_id": self.trial.card_id, "openid": self.trial.openid, "user_card_code": self.trial.user_card_code,
        })
    }

    /// What the member can spend; a question of its own each time.
    async fn balance(&mut self) -> Result<u64, String> {
        self.asked += 1;
        let case = self.wire.fresh(&format!("balance/{}", self.asked));
        let answer = self.wire.ask(&self.wire.question("balance", &case, &self.holder())).await?;
        let balance = answer.get("balance").and_then(Value::as_u64);
        balance.ok_or_else(|| "its answer has no `balance` that is a whole number of at least 0".to_owned())
    }

    /// A question whose signature is none is refused, and the reason for the refusal is the signature.
    async fn signatures(&mut self) {
        let kinds = [
            ("refuses-no-signature", Signed::Not),
            ("refuses-a-wrong-signature", Signed::Wrongly),
            ("refuses-an-old-signature", Signed::Old),
        ];
        for (name, signed) in kinds {
            let question = self.wire.question("balance", &self.wire.fresh(name), &self.holder());
            let result = match self.wire.post(&question, signed).await {
                Ok((400..500, _)) => Ok(()),
                Ok((status, _)) => {
                    Err(format!("it answered HTTP {status}: whoever finds the URL can book points"))
                }
                Err(why) => Err(why),
            };
            self.note(name, result);
        }
    }

    async fn later_versions(&mut self) {
        let case = self.wire.fresh("later");
        let more = json!({ "something_new": { "a": [1] } });
        let mut data = self.holder();
        data["something_new"] = json!("x");
        let result = self.wire.ask(&self.wire.widened("balance", &case, &data, more)).await.map(|_| ());
        self.note("ignores-unknown-members", result);
    }

    /// Another question is answered while the body of the first is on its way.
    async fn slowness(&mut self) {
        let slow = self.wire.question("balance", &self.wire.fresh("slow"), &self.holder());
        let quick = self.wire.question("balance", &self.wire.fresh("quick"), &self.holder());
        let (go, may_go) = oneshot::channel();
        let others = async {
            let answered = self.wire.post(&quick, Signed::Rightly).await;
            let _ = go.send(());
            answered
        };
        let (slow, quick) = tokio::join!(self.wire.slowly(&slow, may_go), others);
        let result = match (quick, slow) {
            (Err(why), _) => {
                Err(format!("while one request was on its way, another was not answered: {why}"))
            }
            (_, Err(why)) => Err(format!("a request that came in two parts was not answered: {why}")),
            _ => Ok(()),
        };
        self.note("a-slow-request-blocks-nobody", result);
    }

    async fn card(&mut self) {
        let data = json!({
            "change": "created", "card_id": self.trial.card_id, "openid": self.trial.openid,
            "create_time": "2026-01-01T00:00:00+08:00", "card_type": "NORMAL",
        });
        let question = self.wire.question("card", &self.wire.fresh("card"), &data);
        let result = match (self.wire.ask(&question).await, self.wire.ask(&question).await) {
            (Ok(first), Ok(_)) if first.get("open").and_then(Value::as_bool).is_none() => {
                Err("a created card is answered with `open`".to_owned())
            }
            (Ok(first), Ok(second)) if first != second => Err(different()),
            (Ok(_), Ok(_)) => Ok(()),
            (Err(why), _) | (_, Err(why)) => Err(why),
        };
        self.note("a-card-is-answered-once", result);
    }

    /// Enough points for the exchanges, earned by payments if need be.
    async fn funded(&mut self) -> Result<(), String> {
        for payment in 0..10 {
            if self.balance().await? >= NEEDED {
                return Ok(());
            }
            self.pay(&format!("fund{payment}"), 100_000).await?;
        }
        match self.balance().await? {
            enough if enough >= NEEDED => Ok(()),
            balance => Err(format!(
                "the member has {balance} points and needs {NEEDED}; name another with --openid, --card and --code"
            )),
        }
    }
}

fn different() -> String {
    "the repetition got another answer: store the answer in the transaction in which you decide, under the id"
        .to_owned()
}
