//! What users and tills do meanwhile.

mod cards;
mod mall;
mod till;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fastrand::Rng;
use futures_util::future::join_all;
use tokio::task::JoinSet;
use weipay_sandbox::ExchangePoints;
use weipay_sandbox::world::RecordState;

use crate::stage::{Stage, world};
use crate::{Error, loopback};
pub(crate) use mall::LATE;

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
    /// Payments of which WeChat Pay notified after it had notified of a refund.
    pub(crate) early: Vec<String>,
    /// Cards that users took.
    pub(crate) cards: Vec<TakenCard>,
    /// Coupons that were redeemed, by their number.
    pub(crate) tills: usize,
}

/// A card that a user took.
#[derive(Debug, Clone)]
pub(crate) struct TakenCard {
    /// The partner's name in the relay.
    pub(crate) merchant: String,
    pub(crate) card_id: String,
    pub(crate) openid: String,
    /// The user has given it up.
    pub(crate) deleted: bool,
}

/// Users and tills at work.
pub(crate) struct Users<'a> {
    pub(crate) stage: &'a Stage,
    rng: Rng,
    pub(crate) made: Made,
    /// Who paid last.
    payer: String,
    tills: JoinSet<()>,
    accepted: Arc<Mutex<usize>>,
}

impl<'a> Users<'a> {
    pub(crate) fn new(stage: &'a Stage, seed: u64) -> Self {
        Self {
            stage,
            rng: Rng::with_seed(seed),
            made: Made::default(),
            payer: String::new(),
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
            0..30 => self.exchange(&world::A).await.map(drop),
            30..55 => self.exchange(&world::B).await.map(drop),
            55..67 => self.pay().await.map(drop),
            67..77 => self.refund().await,
            77..81 => self.refund_first().await,
            81..86 => self.view_points().await,
            86..91 => self.take_card().await,
            91..94 => self.delete_card().await,
            _ => {
                self.redeem();
                Ok(())
            }
        }
    }

    /// What a short run would not come to by chance.
    pub(crate) async fn begin(&mut self) -> Result<(), Error> {
        self.stage.notify(self.stage.relays[0])?;
        for _ in 0..4 {
            self.take_card().await?;
            self.view_points().await?;
        }
        self.refund_first().await
    }

    /// In a short run few payments are told and few cards are open before the last kill, and only those can be given back.
    pub(crate) async fn give_back(&mut self) -> Result<(), Error> {
        for _ in 0..=self.made.payments.len() / 4 {
            self.refund().await?;
        }
        self.delete_card().await
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

    /// Whether the relay has taken all that tills want.
    pub(crate) fn tills_accepted(&self) -> bool {
        *self.accepted.lock().unwrap_or_else(PoisonError::into_inner) == self.made.tills
    }
}

/// WeChat Pay's clock while the proof runs: its retries come, one after the other. A relay that is down for half a second
/// here would be down for half a minute there, and WeChat Pay gives up after twelve attempts within eleven minutes: so the
/// clock waits until the relays are up, and goes in small steps, so that few attempts rest on one such look.
pub(crate) async fn pass_time(stage: &Stage, step: Duration) {
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let up = stage.relays.iter().map(|relay| loopback::get(*relay, "/healthz"));
        if join_all(up).await.iter().all(Option::is_some) {
            stage.sandbox.advance(step).await;
        }
    }
}
