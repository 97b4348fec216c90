//! The second act: one customer pays, earns points, exchanges them for a coupon, redeems it and gets a refund.

use std::time::Duration;

use example_merchant::{
    CardMember, Decision, Exchanged, MallRefund, MallTransaction, Merchant, PointExchange, Receiver, Refusal,
    Sale, Shop, Till,
};
use tokio::time::timeout;
use weipay::{Notification, Time};
use weipay_sandbox::world::{BonusState, CouponState, RecordState};
use weipay_sandbox::{ExchangePoints, MallPayment, MallRefund as Refund};

use super::Failure;
use super::report::{Report, Step};
use super::stage::Stage;
use super::world::{
    APPID, BRAND_CARD_CODE, CUSTOMER, EXCHANGE, EXCHANGE_POINTS, MALL, MEMBER_CARD, MEMBER_CODE, MINIMUM,
    OTHER_COUPON, OTHER_CUSTOMER, PARTNER, STOCK,
};

const ORDER: &str = "DEMO-ORDER-0001";
const PAID: i64 = 12_000;
const POINTS: u64 = 120;

struct Journey<'a> {
    stage: &'a Stage,
    report: &'a mut Report,
    receiver: Receiver,
    merchant: Merchant,
    till: Till,
}

pub(super) async fn play(stage: &Stage, report: &mut Report) -> Result<(), Failure> {
    report.journey();
    let client = stage.partner.client.clone();
    let receiver = Receiver::bind("127.0.0.1:0".parse()?, client.clone()).await?;
    stage.sandbox.set_notify_url(PARTNER, &receiver.url())?;
    let shop = Shop { sub_mchid: Some(MALL.to_owned()), coupon_prefix: "SHOP".to_owned() };
    let merchant = Merchant::new(client.clone(), shop);
    let till = Till::new(client, [(STOCK.to_owned(), MINIMUM)]);
    let mut journey = Journey { stage, report, receiver, merchant, till };
    let transaction_id = journey.pay().await?;
    journey.card().await?;
    let coupon_code = journey.exchange().await?;
    let sale = journey.redeem(&coupon_code).await?;
    journey.refund(&transaction_id, &sale).await
}

impl Journey<'_> {
    async fn pay(&mut self) -> Result<String, Failure> {
        let sandbox = &self.stage.sandbox;
        let order = MallPayment {
            mchid: PARTNER.to_owned(),
            sub_mchid: Some(MALL.to_owned()),
            appid: APPID.to_owned(),
            openid: CUSTOMER.to_owned(),
            amount: PAID,
            commit_tag: false,
        };
        let transaction_id = sandbox.pay_in_mall(order).await?;
        let payment: MallTransaction = self.notified("MALL_TRANSACTION.SUCCESS").await?.decode()?;
        let ok =
            payment.transaction_id == transaction_id && sandbox.increased_points(&transaction_id).is_none();
        self.step(
            "the customer pays 120.00 yuan in the mall",
            "← MALL_TRANSACTION.SUCCESS",
            "payment known".to_owned(),
            ok,
        );
        let points = self.merchant.paid(&payment, &now()?).await?;
        let told = self.stage.sandbox.increased_points(&transaction_id);
        let wechat = format!("payment with {} points", told.unwrap_or_default());
        self.step(
            "the shop credits 120 points and tells",
            "→ POST …/points/notify 204",
            wechat,
            points == POINTS && told == Some(120),
        );
        Ok(transaction_id)
    }

    async fn card(&mut self) -> Result<(), Failure> {
        let card = CardMember { card_id: MEMBER_CARD.to_owned(), code: MEMBER_CODE.to_owned() };
        let shows = |journey: &Self, state| {
            let bonus = journey.stage.sandbox.bonus(MALL, ORDER);
            bonus.is_some_and(|bonus| bonus.state == state && bonus.bonus_value == 120)
        };
        let on_card =
            |journey: &Self| journey.stage.sandbox.bonus_value(MEMBER_CARD, MEMBER_CODE).unwrap_or_default();
        self.merchant.announce_points(&card, ORDER, POINTS).await?;
        let ok = shows(self, BonusState::Prepared) && on_card(self) == 0;
        self.step(
            "the payment page shows points to come",
            "→ POST …/bonus/prepare 204",
            "120 to come, card 0".to_owned(),
            ok,
        );
        self.merchant.move_points(&card, ORDER, 0, POINTS).await?;
        let ok = on_card(self) == 120;
        self.step(
            "the card shows the new balance",
            "→ PATCH …/codes/{code}/rights 204",
            "120 to come, card 120".to_owned(),
            ok,
        );
        self.merchant.commit_points(&card, ORDER, POINTS).await?;
        let ok = shows(self, BonusState::Committed);
        self.step(
            "the payment page marks them as credited",
            "→ POST …/bonus/commit 204",
            "120 credited, card 120".to_owned(),
            ok,
        );
        Ok(())
    }

    async fn exchange(&mut self) -> Result<String, Failure> {
        let order = ExchangePoints {
            exchange_coupon_template_id: EXCHANGE.to_owned(),
            user_card_code: BRAND_CARD_CODE.to_owned(),
        };
        let record_id = self.stage.sandbox.exchange_points(order).await?;
        let wish: PointExchange =
            self.notified("BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON").await?.decode()?;
        let pending = self.record(&record_id, RecordState::Pending);
        let ok = wish.record_id == record_id && wish.deduct_points == EXCHANGE_POINTS && pending;
        self.step(
            "the customer taps: 100 points for a coupon",
            "← POINT_EXCHANGE_COUPON",
            "exchange pending".to_owned(),
            ok,
        );
        let Decision::Allow(allotted) = self.merchant.decide(&wish) else {
            return Err("the shop declined although there are points".into());
        };
        let ok = self.merchant.account(CUSTOMER).reserved == EXCHANGE_POINTS;
        let call = format!("decision: allow, code {allotted}");
        self.step(
            "the shop sets the points aside and allots a code of its own",
            &call,
            "exchange pending".to_owned(),
            ok,
        );
        let (exchanged, error) = self.merchant.exchange(&wish, None).await;
        let Exchanged::Issued(code) = exchanged else {
            return Err(error.map_or_else(|| "the exchange did not settle".into(), Failure::from));
        };
        let sended = self.coupon(&code, CouponState::Sended);
        let ok = self.record(&record_id, RecordState::Succeeded)
            && sended
            && self.merchant.account(CUSTOMER).balance == 20;
        let ok = ok && code == allotted;
        self.step(
            "the decision is confirmed, and the points are taken",
            "→ POST …/exchange-coupon/confirm 200",
            format!("exchange succeeded, {code} SENDED"),
            ok,
        );
        Ok(code)
    }

    async fn redeem(&mut self, coupon_code: &str) -> Result<Sale, Failure> {
        let small = sale("0001", 2_000, OTHER_CUSTOMER, OTHER_COUPON);
        let before = self.stage.sandbox.journal().count();
        let refused = self.till.redeem(&small, &now()?).await;
        let nothing_sent = self.stage.sandbox.journal().count() == before;
        let ok = matches!(refused, Err(Refusal::BelowMinimum { .. })) && nothing_sent;
        let wechat = format!("{OTHER_COUPON} SENDED, {coupon_code} SENDED");
        self.step("another customer buys for 20.00 of 50.00: the till refuses", "nothing sent", wechat, ok);
        let sale = sale("0002", 6_000, CUSTOMER, coupon_code);
        let redeemed = self.till.redeem(&sale, &now()?).await?;
        let ok = self.coupon(coupon_code, CouponState::Used) && !redeemed.wechatpay_use_time.is_empty();
        self.step(
            "the customer redeems the very coupon",
            "→ POST …/coupons/use 200",
            format!("{coupon_code} USED"),
            ok,
        );
        Ok(sale)
    }

    async fn refund(&mut self, transaction_id: &str, sale: &Sale) -> Result<(), Failure> {
        let order = Refund { transaction_id: transaction_id.to_owned(), amount: PAID / 10 };
        let refund_id = self.stage.sandbox.refund_in_mall(order).await?;
        let refund: MallRefund = self.notified("MALL_REFUND.SUCCESS").await?.decode()?;
        let points = self.merchant.refunded(&refund);
        let account = self.merchant.account(CUSTOMER);
        let ok =
            refund.refund_id == refund_id && points == 12 && account.balance == 8 && account.reserved == 0;
        self.step(
            "a tenth of the payment is refunded: 12 points go",
            "← MALL_REFUND.SUCCESS",
            "refund known".to_owned(),
            ok,
        );
        let time = self.till.give_back(sale).await?;
        let ok = self.coupon(&sale.coupon_code, CouponState::Sended) && !time.is_empty();
        let wechat = format!("{} SENDED again", sale.coupon_code);
        self.step(
            "the sale is cancelled and the coupon given back",
            "→ POST …/coupons/return 200",
            wechat,
            ok,
        );
        Ok(())
    }

    /// The next notification, which has to be `event`.
    async fn notified(&mut self, event: &str) -> Result<Notification, Failure> {
        let next = timeout(Duration::from_secs(5), self.receiver.next()).await;
        let notification = next.ok().flatten().ok_or_else(|| format!("no {event} came within 5 s"))?;
        if notification.event_type() != event {
            return Err(format!("{} came instead of {event}", notification.event_type()).into());
        }
        Ok(notification)
    }

    fn record(&self, record_id: &str, state: RecordState) -> bool {
        self.stage.sandbox.record(record_id).is_some_and(|record| record.state == state)
    }

    fn coupon(&self, code: &str, state: CouponState) -> bool {
        self.stage.sandbox.coupon(STOCK, code).is_some_and(|coupon| coupon.state == state)
    }

    fn step(&mut self, what: &str, call: &str, wechat: String, ok: bool) {
        let account = self.merchant.account(CUSTOMER);
        let shop = format!("{} points, {} set aside", account.balance, account.reserved);
        self.report.step(&Step { what: what.to_owned(), call: call.to_owned(), shop, wechat, ok });
    }
}

fn sale(number: &str, amount: u64, openid: &str, coupon_code: &str) -> Sale {
    Sale {
        number: format!("TILL7-{number}"),
        amount,
        openid: openid.to_owned(),
        appid: APPID.to_owned(),
        coupon_code: coupon_code.to_owned(),
        stock_id: STOCK.to_owned(),
    }
}

/// Now, as requests write it.
pub(super) fn now() -> Result<Time, Failure> {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    Ok(Time::from_unix(i64::try_from(since.as_secs())?)?)
}
