//! What users and tills do meanwhile.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use fastrand::Rng;
use futures_util::future::join_all;
use http::Request;
use http_body_util::Full;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use weipay_sandbox::world::RecordState;
use weipay_sandbox::{ExchangePoints, MallPayment, MallRefund};

use crate::stage::{Stage, TOKEN, world};
use crate::{Error, loopback};

/// More than so many open exchanges, and users wait: a backlog of hours would prove nothing more.
const OPEN: usize = 200;

/// What was done.
#[derive(Debug, Default, Clone)]
pub(crate) struct Made {
    /// Their `record_id`.
    pub(crate) exchanges: Vec<String>,
    /// `transaction_id` → fen.
    pub(crate) payments: BTreeMap<String, i64>,
    /// `refund_id`, `transaction_id`, fen.
    pub(crate) refunds: Vec<(String, String, i64)>,
    /// Coupons that were redeemed, by their number.
    pub(crate) tills: usize,
}

/// Users and tills at work.
pub(crate) struct Users<'a> {
    pub(crate) stage: &'a Stage,
    rng: Rng,
    pub(crate) made: Made,
    tills: JoinSet<()>,
    accepted: Arc<Mutex<usize>>,
}

impl<'a> Users<'a> {
    pub(crate) fn new(stage: &'a Stage, seed: u64) -> Self {
        Self {
            stage,
            rng: Rng::with_seed(seed),
            made: Made::default(),
            tills: JoinSet::new(),
            accepted: Arc::default(),
        }
    }

    /// Goes on until it is dropped.
    pub(crate) async fn work(&mut self) -> Result<(), Error> {
        loop {
            tokio::time::sleep(Duration::from_millis(self.rng.u64(5..40))).await;
            if self.open() < OPEN {
                self.act().await?;
            }
        }
    }

    /// So many exchanges are not decided.
    pub(crate) fn open(&self) -> usize {
        // The newest are open if any are.
        let newest = self.made.exchanges.iter().rev().take(2 * OPEN);
        let pending = |record: &&String| {
            self.stage.sandbox.record(record).is_some_and(|record| record.state == RecordState::Pending)
        };
        newest.filter(pending).count()
    }

    async fn act(&mut self) -> Result<(), Error> {
        // WeChat Pay reaches one of the relays, by chance.
        let relay = self.rng.choice(&self.stage.relays).copied();
        if let Some(relay) = relay {
            self.stage.notify(relay)?;
        }
        match self.rng.u32(0..100) {
            0..35 => self.exchange(&world::A).await.map(drop),
            35..65 => self.exchange(&world::B).await.map(drop),
            65..80 => self.pay().await,
            80..92 => self.refund().await,
            _ => {
                self.redeem();
                Ok(())
            }
        }
    }

    pub(crate) async fn exchange(&mut self, partner: &world::Partner) -> Result<String, Error> {
        let order = ExchangePoints {
            exchange_coupon_template_id: partner.template.to_string(),
            user_card_code: world::card_code(self.rng.usize(0..world::MEMBERS)),
        };
        let record_id = self.stage.sandbox.exchange_points(order).await?;
        self.made.exchanges.push(record_id.clone());
        Ok(record_id)
    }

    async fn pay(&mut self) -> Result<(), Error> {
        let amount = self.rng.i64(50..50_000);
        let order = MallPayment {
            mchid: world::A.mchid.to_string(),
            sub_mchid: Some(world::MALL.to_owned()),
            appid: world::APPID.to_owned(),
            openid: world::customer(self.rng.usize(0..world::MEMBERS)),
            amount,
            commit_tag: false,
        };
        let transaction_id = self.stage.sandbox.pay_in_mall(order).await?;
        self.made.payments.insert(transaction_id, amount);
        Ok(())
    }

    /// A refund of which WeChat Pay notifies: that of a payment whose points it was told.
    async fn refund(&mut self) -> Result<(), Error> {
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

    /// Refunds about a quarter of what was paid.
    pub(crate) async fn refund_some(&mut self) -> Result<(), Error> {
        for _ in 0..=self.made.payments.len() / 4 {
            self.refund().await?;
        }
        Ok(())
    }

    /// A till redeems a coupon: it asks until the relay has taken it, always with the same key and body.
    fn redeem(&mut self) {
        if self.made.tills >= self.stage.tills {
            return;
        }
        let number = self.made.tills;
        self.made.tills += 1;
        let (relays, accepted) = (self.stage.relays.clone(), Arc::clone(&self.accepted));
        let mut rng = self.rng.fork();
        self.tills.spawn(async move {
            let body = Bytes::from(order(number).to_string());
            while let Some(relay) = rng.choice(&relays) {
                match post(*relay, body.clone()).await {
                    Some((200 | 202, _)) => break,
                    _ => tokio::time::sleep(Duration::from_millis(rng.u64(50..200))).await,
                }
            }
            *accepted.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        });
    }

    /// Whether the relay has taken all that tills want.
    pub(crate) fn tills_accepted(&self) -> bool {
        *self.accepted.lock().unwrap_or_else(PoisonError::into_inner) == self.made.tills
    }
}

fn order(number: usize) -> Value {
    json!({
        "key": format!("till-{number}"),
        "effect": {
            "operation": "marketing_busifavor_coupons_use",
            "lane": "till",
            "body": {
                "coupon_code": world::till_code(number), "stock_id": world::A.stock, "appid": world::APPID,
                "use_time": "2026-06-01T12:00:00+08:00", "openid": world::till_holder(),
            },
        },
    })
}

async fn post(relay: SocketAddr, body: Bytes) -> Option<(u16, Bytes)> {
    let request = Request::post("/v1/effects")
        .header("host", relay.to_string())
        .header("content-type", "application/json")
        .header("authorization", format!("Bearer {TOKEN}"))
        .body(Full::new(body));
    loopback::call(relay, request.ok()?).await
}

/// WeChat Pay's clock while the proof runs: its retries come, one after the other. A relay that is down for half a second
/// here would be down for half a minute there, and WeChat Pay gives up after twelve attempts within eleven minutes: so the
/// clock waits until the relays are up.
pub(crate) async fn pass_time(stage: &Stage, step: Duration) {
    loop {
        tokio::time::sleep(Duration::from_millis(400)).await;
        let up = stage.relays.iter().map(|relay| loopback::get(*relay, "/healthz"));
        if join_all(up).await.iter().all(Option::is_some) {
            stage.sandbox.advance(step).await;
        }
    }
}
