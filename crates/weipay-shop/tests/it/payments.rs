//! Points of payments and refunds, in any order.

use serde_json::{Value, json};
use weipay_shop::Ledger;

use crate::world::{ask, ledger, wish};

fn payment(fen: u64) -> Value {
    json!({ "transaction_id": "T1", "appid": "wx", "openid": "oLi", "amount": fen, "shop_name": "x" })
}

fn refund(number: &str, fen: u64) -> Value {
    json!({
        "refund_id": number, "transaction_id": "T1", "openid": "oLi", "pay_amount": 12_850, "refund_amount": fen,
    })
}

async fn books(ledger: &Ledger) -> (i64, i64) {
    let dump = ledger.dump().await.unwrap();
    assert_eq!(dump.contradictions(), []);
    (dump.accounts[0].points, dump.accounts[0].debt)
}

#[tokio::test]
async fn a_payment_earns_one_point_a_yuan_and_less_earns_none() {
    let ledger = ledger().await;
    let answer = ask(&ledger, "points", "q1", "a", payment(12_850)).await;
    assert_eq!(answer, json!({ "earn": true, "points": 128, "total": 378 }));
    assert_eq!(ask(&ledger, "points", "q1", "a", payment(12_850)).await, answer);
    assert_eq!(books(&ledger).await, (378, 0));
    let mut small = payment(99);
    small["transaction_id"] = json!("T2");
    let answer = ask(&ledger, "points", "q2", "a", small).await;
    assert_eq!((&answer["earn"], &answer["points"]), (&json!(false), &json!(0)));
    assert!(!answer["remarks"].as_str().unwrap().is_empty(), "the API wants a reason");
}

#[tokio::test]
async fn refunds_take_the_same_points_in_any_order_also_before_their_payment() {
    // 12850 fen earn 128; what is left after 30.00 and 98.50 is nothing, after 30.00 alone 98.
    for order in [["pay", "r1", "r2"], ["r1", "pay", "r2"], ["r2", "r1", "pay"]] {
        let ledger = ledger().await;
        for (number, what) in order.iter().enumerate() {
            let id = format!("q{number}");
            for _ in 0..2 {
                match *what {
                    "pay" => ask(&ledger, "points", &id, "a", payment(12_850)).await,
                    "r1" => ask(&ledger, "reverse", &id, "a", refund("r1", 3_000)).await,
                    _ => ask(&ledger, "reverse", &id, "a", refund("r2", 9_850)).await,
                };
            }
        }
        assert_eq!(books(&ledger).await, (250, 0), "{order:?}");
    }
    let ledger = ledger().await;
    ask(&ledger, "reverse", "q1", "a", refund("r1", 3_000)).await;
    ask(&ledger, "points", "q2", "a", payment(12_850)).await;
    assert_eq!(books(&ledger).await, (250 + 98, 0));
}

#[tokio::test]
async fn points_that_are_spent_or_set_aside_are_owed_and_paid_from_what_is_earned_next() {
    let ledger = ledger().await;
    ask(&ledger, "points", "q1", "a", payment(12_850)).await;
    ask(&ledger, "decide", "q2", "a", wish("R1", 300)).await;
    ask(&ledger, "reverse", "q3", "a", refund("r1", 12_850)).await;
    assert_eq!(books(&ledger).await, (300, 50), "78 were free, 300 stay set aside");
    let mut next = payment(20_000);
    next["transaction_id"] = json!("T2");
    ask(&ledger, "points", "q4", "a", next).await;
    assert_eq!(books(&ledger).await, (450, 0));
}
