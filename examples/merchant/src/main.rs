//! Runs the small merchant against the environment that `weipay sandbox --env FILE` writes.
#![expect(clippy::print_stdout, reason = "a program that prints")]

use example_merchant::{MallRefund, MallTransaction, Merchant, PointExchange, Receiver, Shop};
use weipay::{Client, Notification, Time};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::from_env()?;
    let mut receiver = Receiver::bind("127.0.0.1:8088".parse()?, client.clone()).await?;
    println!("waiting for notifications at {}", receiver.url());
    let shop = Shop { sub_mchid: std::env::var("SUB_MCHID").ok(), coupon_prefix: "SHOP".to_owned() };
    let merchant = Merchant::new(client, shop);
    while let Some(notification) = receiver.next().await {
        if let Err(error) = handle(&merchant, &notification).await {
            println!("{} {}: {error}", notification.event_type(), notification.id());
        }
    }
    Ok(())
}

async fn handle(merchant: &Merchant, notification: &Notification) -> Result<(), Box<dyn std::error::Error>> {
    match notification.event_type() {
        "MALL_TRANSACTION.SUCCESS" => {
            let payment: MallTransaction = notification.decode()?;
            let time = notification.create_time().cloned().map_or_else(|| Time::from_unix(0), Ok)?;
            println!(
                "{} points for payment {}",
                merchant.paid(&payment, &time).await?,
                payment.transaction_id
            );
        }
        "MALL_REFUND.SUCCESS" => {
            let refund: MallRefund = notification.decode()?;
            println!("{} points less for refund {}", merchant.refunded(&refund), refund.refund_id);
        }
        "BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON" => {
            let wish: PointExchange = notification.decode()?;
            let (exchanged, error) = merchant.exchange(&wish, None).await;
            println!("exchange {}: {exchanged:?}", wish.record_id);
            if let Some(error) = error {
                return Err(error.into());
            }
        }
        other => println!("{other} is not for this shop"),
    }
    Ok(())
}
