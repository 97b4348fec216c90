//! The second act: one customer pays, earns points, exchanges them for a coupon, redeems it and gets a refund. WeChat Pay
//! notifies the relay, the relay asks the shop, and what the shop wants goes through the relay.

use std::time::{Duration, Instant};

use serde_json::json;
use weipay::Time;
use weipay_relay::Effect;
use weipay_relay::job::{Job, State};
use weipay_relay::operate::{Command, Role, Who};
use weipay_relay::store::Scope;
use weipay_sandbox::world::{BonusState, CouponState, RecordState};
use weipay_sandbox::{ExchangePoints, Fault, MallPayment, MallRefund};
use weipay_shop::ExchangeState;

use super::Failure;
use super::report::{Report, Step, Worked};
use super::till::{Ended, Sale, Till};
use crate::stage::world::{
    APPID, BRAND_CARD, BRAND_CARD_CODE, CUSTOMER, EXCHANGE, MALL, MEMBER_CARD, MEMBER_CODE, OTHER_COUPON,
    OTHER_CUSTOMER, OWN, PARTNER, STOCK,
};
use crate::stage::{Stage, token};

const ORDER: &str = "DEMO-ORDER-0001";
const PAID: i64 = 12_000;
const CONFIRM: &str = "brand_partner_card_member_user_points_exchange_coupon_confirm";
/// Far more than any of it takes.
const PATIENCE: Duration = Duration::from_secs(20);

struct Journey<'a> {
    stage: &'a Stage,
    report: &'a mut Report,
    till: Till,
}

/// The shop's books about the customer.
#[derive(PartialEq, Eq)]
struct Books {
    points: i64,
    aside: i64,
}

pub(super) async fn play(stage: &Stage, report: &mut Report) -> Result<(), Failure> {
    report.journey();
    let till = Till { relay: stage.relay.addr(), token: token(&OWN) };
    let mut journey = Journey { stage, report, till };
    let transaction_id = journey.pay().await?;
    journey.card().await?;
    let coupon_code = journey.exchange().await?;
    journey.redeem(&coupon_code).await?;
    journey.refund(&transaction_id, &coupon_code).await
}

impl Journey<'_> {
    async fn pay(&mut self) -> Result<String, Failure> {
        let order = MallPayment {
            mchid: PARTNER.to_owned(),
            sub_mchid: Some(MALL.to_owned()),
            appid: APPID.to_owned(),
            openid: CUSTOMER.to_owned(),
            amount: PAID,
            commit_tag: false,
        };
        self.hold(merchant()).await?;
        let transaction_id = self.stage.sandbox.pay_in_mall(order).await?;
        let stored =
            self.until(&format!("payment/{transaction_id}/points"), |job| job.state == State::Ready).await?;
        let told = self.stage.sandbox.increased_points(&transaction_id);
        let books = Books { points: 0, aside: 0 };
        self.step(
            "the customer pays 120.00 yuan in the mall",
            "← MALL_TRANSACTION.SUCCESS 204",
            (&stored, 0).into(),
            "payment, no points",
            told.is_none().then_some(books),
        )
        .await?;
        self.release(merchant()).await?;
        let sent = self.settled(&format!("payment/{transaction_id}/notify")).await?;
        let told = self.stage.sandbox.increased_points(&transaction_id);
        let books = Books { points: 120, aside: 0 };
        self.step(
            "the shop credits 120 points, the relay tells WeChat Pay",
            "→ POST …/points/notify 204",
            (&sent, 1).into(),
            &format!("payment with {} points", told.unwrap_or_default()),
            (told == Some(120)).then_some(books),
        )
        .await?;
        Ok(transaction_id)
    }

    /// What the shop's order system asks for around the payment page.
    async fn card(&mut self) -> Result<(), Failure> {
        let bonus = json!({ "out_trade_no": ORDER, "bonus_value": 120, "sub_mchid": MALL });
        let rights = json!({ "before_bonus_value": 0, "bonus_value": 120, "add_bonus_value": 120 });
        let steps = [
            (
                "prepare",
                Effect::bonus_prepare(MEMBER_CARD, MEMBER_CODE, bonus.clone()),
                "the payment page shows points to come",
                "→ POST …/bonus/prepare",
                (BonusState::Prepared, 0),
            ),
            (
                "rights",
                Effect::rights(MEMBER_CARD, MEMBER_CODE, rights),
                "the card shows the new balance",
                "→ PATCH …/codes/{code}/rights",
                (BonusState::Prepared, 120),
            ),
            (
                "commit",
                Effect::bonus_commit(MEMBER_CARD, MEMBER_CODE, bonus),
                "the payment page marks them as credited",
                "→ POST …/bonus/commit",
                (BonusState::Committed, 120),
            ),
        ];
        for (name, effect, what, call, (state, shown)) in steps {
            let ended = self.till.effect(&format!("{name}-{ORDER}"), &effect).await?;
            let sandbox = &self.stage.sandbox;
            let card = sandbox.bonus_value(MEMBER_CARD, MEMBER_CODE).unwrap_or_default();
            let page = sandbox.bonus(MALL, ORDER);
            let held =
                page.is_some_and(|page| page.state == state && page.bonus_value == 120) && card == shown;
            let page = if state == BonusState::Committed { "credited" } else { "to come" };
            let wechat = format!("120 {page}, card {card}");
            let call = format!("{call} {}", ended.status);
            let books = Books { points: 120, aside: 0 };
            self.step(what, &call, (&ended, 1).into(), &wechat, held.then_some(books)).await?;
        }
        Ok(())
    }

    async fn exchange(&mut self) -> Result<String, Failure> {
        let order = ExchangePoints {
            exchange_coupon_template_id: EXCHANGE.to_owned(),
            user_card_code: BRAND_CARD_CODE.to_owned(),
        };
        self.hold(merchant()).await?;
        let record_id = self.stage.sandbox.exchange_points(order).await?;
        let case = format!("exchange/{record_id}");
        let stored = self.until(&format!("{case}/decide"), |job| job.state == State::Ready).await?;
        let books = Books { points: 120, aside: 0 };
        self.step(
            "the customer taps: 100 points for a coupon",
            "← POINT_EXCHANGE_COUPON 204",
            (&stored, 0).into(),
            "exchange pending",
            self.record(&record_id, RecordState::Pending).then_some(books),
        )
        .await?;

        self.hold(confirms()).await?;
        self.release(merchant()).await?;
        let decided = self.settled(&format!("{case}/decide")).await?;
        let code = self.allotted(&record_id).await?;
        let books = Books { points: 120, aside: 100 };
        self.step(
            "the shop sets the points aside and allots a code of its own",
            &format!("→ hook: allow, {code}"),
            (&decided, 1).into(),
            "exchange pending",
            self.record(&record_id, RecordState::Pending).then_some(books),
        )
        .await?;

        // The decision is carried out, and its answer is lost.
        self.stage.sandbox.inject(Fault::new("T01")?.on(CONFIRM).times(1));
        self.release(confirms()).await?;
        self.settled(&format!("{case}/confirm/settled")).await?;
        let sent = self.settled(&format!("{case}/confirm")).await?;
        let books = Books { points: 20, aside: 0 };
        self.step(
            "confirmed, the answer lost, the same sent again: once in effect",
            "→ POST …/exchange-coupon/confirm 200",
            (&sent, 2).into(),
            &format!("{code} SENDED"),
            self.once(&record_id, &code).then_some(books),
        )
        .await?;

        let synced = self.settled(&format!("{case}/sync")).await?;
        let shown = self.stage.sandbox.point_balance(BRAND_CARD, BRAND_CARD_CODE);
        let books = Books { points: 20, aside: 0 };
        self.step(
            "the card in WeChat shows what is left",
            "→ POST …/user-points/sync 200",
            (&synced, 1).into(),
            &format!("card {}", shown.unwrap_or_default()),
            (shown == Some(20)).then_some(books),
        )
        .await?;
        Ok(code)
    }

    async fn redeem(&mut self, coupon_code: &str) -> Result<(), Failure> {
        let small = Sale {
            number: "TILL7-0001",
            amount: 2_000,
            openid: OTHER_CUSTOMER,
            coupon_code: OTHER_COUPON,
            time: now()?,
        };
        let before = self.stage.sandbox.journal().count();
        let refused = self.till.redeem(&small).await?.is_none();
        let held = refused && self.stage.sandbox.journal().count() == before;
        let books = Books { points: 20, aside: 0 };
        self.step(
            "another buys for 20.00 where 50.00 is needed: the till refuses",
            "nothing sent",
            Worked::not_asked(),
            &format!("{OTHER_COUPON} SENDED"),
            held.then_some(books),
        )
        .await?;
        let ended = self.till.redeem(&sale(coupon_code)?).await?.ok_or("the till refused a large sale")?;
        let held =
            self.coupon(coupon_code, CouponState::Used) && ended.body["wechatpay_use_time"].is_string();
        let books = Books { points: 20, aside: 0 };
        self.step(
            "the customer redeems the very coupon",
            &format!("→ POST …/coupons/use {}", ended.status),
            (&ended, 1).into(),
            &format!("{coupon_code} USED"),
            held.then_some(books),
        )
        .await
    }

    async fn refund(&mut self, transaction_id: &str, coupon_code: &str) -> Result<(), Failure> {
        let order = MallRefund { transaction_id: transaction_id.to_owned(), amount: PAID / 10 };
        let refund_id = self.stage.sandbox.refund_in_mall(order).await?;
        let reversed = self.settled(&format!("refund/{refund_id}/reverse")).await?;
        self.step(
            "a tenth of the payment is refunded: 12 points go",
            "← MALL_REFUND.SUCCESS 204",
            (&reversed, 1).into(),
            "refund known",
            Some(Books { points: 8, aside: 0 }),
        )
        .await?;
        let ended = self.till.give_back(&sale(coupon_code)?).await?;
        let held = self.coupon(coupon_code, CouponState::Sended);
        self.step(
            "the sale is cancelled and the coupon given back",
            &format!("→ POST …/coupons/return {}", ended.status),
            (&ended, 1).into(),
            &format!("{coupon_code} SENDED again"),
            held.then_some(Books { points: 8, aside: 0 }),
        )
        .await
    }

    /// Prints a step. It holds when WeChat Pay's side did, and then the shop's books have to be these.
    async fn step(
        &mut self,
        what: &'static str,
        call: &str,
        relay: Worked,
        wechat: &str,
        books: Option<Books>,
    ) -> Result<(), Failure> {
        let dump = self.stage.shop.dump().await?;
        let account = dump.accounts.iter().find(|account| account.openid == CUSTOMER);
        let account = account.ok_or("the shop does not know the customer")?;
        let now = Books { points: account.points, aside: account.reserved };
        let shop = format!("{} points, {} set aside", now.points, now.aside);
        let ok = relay.ok && books == Some(now) && dump.contradictions().is_empty();
        self.report.step(&Step { what, call: call.to_owned(), relay, shop, wechat: wechat.to_owned(), ok });
        Ok(())
    }

    /// An operator holds work, so that what stands between two steps can be looked at.
    async fn hold(&self, scope: Scope) -> Result<(), Failure> {
        self.command(Command::Hold { scope, note: None }).await
    }

    async fn release(&self, scope: Scope) -> Result<(), Failure> {
        self.command(Command::Release { scope, note: None }).await
    }

    async fn command(&self, command: Command) -> Result<(), Failure> {
        let who = Who { name: "the demo".to_owned(), role: Role::Operator };
        self.stage.relay.operator().run(command, &who).await?;
        Ok(())
    }

    async fn settled(&self, key: &str) -> Result<Job, Failure> {
        self.until(key, |job| job.state == State::Settled).await
    }

    /// The relay's job of this key, as soon as this holds.
    async fn until(&self, key: &str, holds: impl Fn(&Job) -> bool) -> Result<Job, Failure> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let job = self.stage.relay.store().job(OWN.name, key).await?;
            match job {
                Some(job) if holds(&job) => return Ok(job),
                job if Instant::now() > deadline => {
                    let state =
                        job.map_or_else(|| "is not there".to_owned(), |job| format!("is {:?}", job.state));
                    return Err(format!("after {} s the relay's {key} {state}", PATIENCE.as_secs()).into());
                }
                _ => tokio::time::sleep(Duration::from_millis(5)).await,
            }
        }
    }

    /// The code that the shop allotted.
    async fn allotted(&self, record_id: &str) -> Result<String, Failure> {
        let dump = self.stage.shop.dump().await?;
        let mut exchanges = dump.exchanges.into_iter();
        let exchange = exchanges.find(|exchange| exchange.record_id == record_id);
        let exchange = exchange.filter(|exchange| exchange.state == ExchangeState::Reserved);
        Ok(exchange
            .and_then(|exchange| exchange.coupon_code)
            .ok_or("the shop declined although there are points")?)
    }

    /// Sent twice with the same bytes, carried out once.
    fn once(&self, record_id: &str, code: &str) -> bool {
        let sandbox = &self.stage.sandbox;
        let sent = sandbox.journal().for_operation(CONFIRM);
        let ours: Vec<_> = sent
            .iter()
            .map(|entry| &entry.request_body)
            .filter(|body| body.windows(record_id.len()).any(|window| window == record_id.as_bytes()))
            .collect();
        let effects = sandbox.effects();
        ours.len() == 2
            && ours[0] == ours[1]
            && effects.iter().filter(|effect| effect.key == record_id).count() == 1
            && self.record(record_id, RecordState::Succeeded)
            && self.coupon(code, CouponState::Sended)
    }

    fn record(&self, record_id: &str, state: RecordState) -> bool {
        self.stage.sandbox.record(record_id).is_some_and(|record| record.state == state)
    }

    fn coupon(&self, code: &str, state: CouponState) -> bool {
        self.stage.sandbox.coupon(STOCK, code).is_some_and(|coupon| coupon.state == state)
    }
}

fn merchant() -> Scope {
    Scope::Merchant(OWN.name.to_owned())
}

fn confirms() -> Scope {
    Scope::Budget(format!("{PARTNER}/{CONFIRM}"))
}

/// The customer's sale. Its time is its own: the till asks for the same when it asks again.
fn sale(coupon_code: &str) -> Result<Sale<'_>, Failure> {
    Ok(Sale { number: "TILL7-0002", amount: 6_000, openid: CUSTOMER, coupon_code, time: now()? })
}

/// Now, as requests write it.
pub(super) fn now() -> Result<Time, Failure> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(Time::from_unix(i64::try_from(since.as_secs())?)?)
}

impl From<(&Job, u32)> for Worked {
    fn from((job, attempts): (&Job, u32)) -> Self {
        let state = match job.state {
            State::Settled => "settled",
            State::Ready => "stored",
            _ => "not settled",
        };
        Self {
            job: job.work.name.clone(),
            state: state.to_owned(),
            attempts: job.attempts,
            ok: job.attempts == attempts && matches!(job.state, State::Settled | State::Ready),
        }
    }
}

impl From<(&Ended, u64)> for Worked {
    fn from((ended, attempts): (&Ended, u64)) -> Self {
        Self {
            job: "effect".to_owned(),
            state: ended.state.clone(),
            attempts: u32::try_from(ended.attempts).unwrap_or(u32::MAX),
            ok: ended.attempts == attempts && ended.state == "settled",
        }
    }
}
