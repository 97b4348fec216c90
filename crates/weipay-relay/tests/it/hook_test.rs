//! The hook tester, judged by hooks with planted mistakes: it names each, and finds nothing in a hook without.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use weipay_relay::ConfirmShape;
use weipay_relay::hook::HookSecret;
use weipay_relay::hook_test::{Trial, run};

const SECRET: &str = "a secret of the tests, worthless";
/// Longer than the tester waits before it breaks a connection off.
const A_WHILE: Duration = Duration::from_millis(120);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mistake {
    None,
    TrustsEverybody,
    TrustsOldSignatures,
    RefusesNewMembers,
    ReadsBodiesUnderItsLock,
    ForgetsIds,
    AnswersAnew,
    BooksBeforeItKeepsTheId,
    ForgetsEarlyRefunds,
    RoundsEachRefundDown,
    GivesBackWheneverTold,
    NeverGivesBack,
    GivesBackWhenParked,
    NeverLooksAtTheBalance,
    LooksAtTheBalanceTooEarly,
    HandsOneCodeOutTwice,
    IsSlow,
}

#[derive(Default)]
struct Books {
    asked: BTreeMap<String, Value>,
    points: i64,
    open: BTreeMap<String, i64>,
    payments: BTreeMap<String, (i64, i64, i64)>,
    refunds: BTreeMap<String, Vec<i64>>,
    codes: u32,
}

#[derive(Clone)]
struct Endpoint {
    mistake: Mistake,
    books: Arc<Mutex<Books>>,
}

impl Endpoint {
    fn makes(&self, mistake: Mistake) -> bool {
        self.mistake == mistake
    }

    fn trusts(&self, head: &http::request::Parts, body: &[u8]) -> bool {
        let header =
            |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let at: i64 = header("webhook-timestamp").parse().unwrap_or_default();
        let secret = HookSecret::new(SECRET).unwrap();
        let right = secret.verify(header("webhook-id"), at, body, header("webhook-signature"));
        let fresh =
            at.abs_diff(Timestamp::now().as_second()) <= 300 || self.makes(Mistake::TrustsOldSignatures);
        (right && fresh) || self.makes(Mistake::TrustsEverybody)
    }

    async fn answer(&self, question: &Value) -> Value {
        let id = question["id"].as_str().unwrap().to_owned();
        let mut books = self.books.lock().await;
        if self.makes(Mistake::LooksAtTheBalanceTooEarly) && question["type"] == "decide" {
            let enough = books.points >= question["data"]["deduct_points"].as_i64().unwrap();
            if let Some(answer) = books.asked.get(&id) {
                return answer.clone();
            }
            drop(books);
            tokio::time::sleep(A_WHILE).await;
            books = self.books.lock().await;
            if let Some(answer) = books.asked.get(&id) {
                return answer.clone();
            }
            if enough {
                let answer = self.allow(&mut books, &question["data"]);
                books.asked.insert(id, answer.clone());
                return answer;
            }
        }
        let known = books.asked.get(&id).cloned();
        if let Some(answer) = known.filter(|_| !self.makes(Mistake::ForgetsIds)) {
            if self.makes(Mistake::AnswersAnew) && answer.get("coupon_code").is_some() {
                books.codes += 1;
                return json!({ "decision": "allow", "coupon_code": format!("K{}", books.codes) });
            }
            return answer;
        }
        let answer = self.book(&mut books, question["type"].as_str().unwrap(), &question["data"]);
        if self.makes(Mistake::BooksBeforeItKeepsTheId) {
            drop(books);
            tokio::time::sleep(A_WHILE).await;
            books = self.books.lock().await;
        }
        books.asked.insert(id, answer.clone());
        answer
    }

    fn allow(&self, books: &mut Books, data: &Value) -> Value {
        let points = data["deduct_points"].as_i64().unwrap();
        books.points -= points;
        books.open.insert(data["record_id"].as_str().unwrap().to_owned(), points);
        books.codes += u32::from(!self.makes(Mistake::HandsOneCodeOutTwice));
        json!({ "decision": "allow", "coupon_code": format!("K{}", books.codes) })
    }

    fn book(&self, books: &mut Books, kind: &str, data: &Value) -> Value {
        let text = |name: &str| data[name].as_str().unwrap_or_default().to_owned();
        match kind {
            "decide" => {
                let enough = books.points >= data["deduct_points"].as_i64().unwrap();
                if !enough && !self.makes(Mistake::NeverLooksAtTheBalance) {
                    return json!({ "decision": "reject", "reason": "积分不足" });
                }
                self.allow(books, data)
            }
            "settled" => {
                let record = data["exchange"]["record_id"].as_str().unwrap();
                let back = match data["result"].as_str().unwrap() {
                    "not_issued" => !self.makes(Mistake::NeverGivesBack),
                    "parked" => self.makes(Mistake::GivesBackWhenParked),
                    _ => false,
                };
                if back {
                    books.points += books.open.get(record).copied().unwrap_or_default();
                    books.open.remove(record);
                }
                json!({})
            }
            "points" => {
                let (transaction, fen) = (text("transaction_id"), data["amount"].as_i64().unwrap());
                books.payments.insert(transaction.clone(), (fen, fen / 100, 0));
                books.points += fen / 100;
                self.take_back(books, &transaction);
                json!({ "earn": true, "points": fen / 100 })
            }
            "reverse" => {
                let transaction = text("transaction_id");
                if books.payments.contains_key(&transaction) || !self.makes(Mistake::ForgetsEarlyRefunds) {
                    let fen = data["refund_amount"].as_i64().unwrap();
                    books.refunds.entry(transaction.clone()).or_default().push(fen);
                    self.take_back(books, &transaction);
                }
                json!({})
            }
            "balance" => json!({ "balance": books.points.max(0) }),
            _ => json!({ "open": true }),
        }
    }

    fn take_back(&self, books: &mut Books, transaction: &str) {
        let refunds = books.refunds.get(transaction).cloned().unwrap_or_default();
        let Some((fen, points, reversed)) = books.payments.get_mut(transaction) else { return };
        let back: i64 = match self.makes(Mistake::RoundsEachRefundDown) {
            true => refunds.iter().map(|refund| *points * refund / *fen).sum(),
            false => *points - *points * (*fen - refunds.iter().sum::<i64>()).max(0) / *fen,
        };
        books.points -= back - *reversed;
        *reversed = back;
    }
}

async fn respond(State(endpoint): State<Endpoint>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let Ok(body) = read(&endpoint, body).await else { return StatusCode::BAD_REQUEST.into_response() };
    if !endpoint.trusts(&head, &body) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let mut question: Value = serde_json::from_slice(&body).unwrap();
    if endpoint.makes(Mistake::RefusesNewMembers) && question.get("something_new").is_some() {
        return StatusCode::BAD_REQUEST.into_response();
    }
    if endpoint.makes(Mistake::IsSlow) && question["type"] == "card" {
        tokio::time::sleep(Duration::from_millis(800)).await;
    }
    // One that gives back whenever it is told keeps no id of what it was told.
    if endpoint.makes(Mistake::GivesBackWheneverTold) && question["type"] == "settled" {
        let record = question["data"]["exchange"]["record_id"].as_str().unwrap().to_owned();
        let points = endpoint.books.lock().await.open.get(&record).copied().unwrap_or_default();
        if question["data"]["result"] == "not_issued" {
            endpoint.books.lock().await.points += points;
        }
        question["data"]["result"] = json!("issued");
    }
    axum::Json(endpoint.answer(&question).await).into_response()
}

async fn read(endpoint: &Endpoint, body: Body) -> Result<axum::body::Bytes, axum::Error> {
    let _lock = match endpoint.makes(Mistake::ReadsBodiesUnderItsLock) {
        true => Some(endpoint.books.lock().await),
        false => None,
    };
    axum::body::to_bytes(body, usize::MAX).await
}

async fn failures(mistake: Mistake) -> BTreeSet<&'static str> {
    let endpoint = Endpoint { mistake, books: Arc::default() };
    endpoint.books.lock().await.points = 500;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/weipay", listener.local_addr().unwrap());
    let router = Router::new().fallback(respond).with_state(endpoint);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let trial = Trial {
        url,
        secret: HookSecret::new(SECRET).unwrap(),
        merchant: "shop".to_owned(),
        shape: ConfirmShape::A,
        timeout: match mistake {
            Mistake::IsSlow | Mistake::ReadsBodiesUnderItsLock => Duration::from_millis(1500),
            // No machine is so busy that an honest hook looks slow.
            _ => Duration::from_secs(30),
        },
        openid: "o1".to_owned(),
        card_id: "C1".to_owned(),
        user_card_code: "1".to_owned(),
    };
    let findings = run(trial).await;
    assert!(findings.len() > 20, "{findings:?}");
    findings.into_iter().filter(|finding| finding.failed.is_some()).map(|finding| finding.name).collect()
}

#[tokio::test]
async fn every_planted_mistake_is_named() {
    use Mistake as M;
    let planted: [(Mistake, &[&str]); 17] = [
        (M::None, &[]),
        (
            M::TrustsEverybody,
            &["refuses-no-signature", "refuses-a-wrong-signature", "refuses-an-old-signature"],
        ),
        (M::TrustsOldSignatures, &["refuses-an-old-signature"]),
        (M::RefusesNewMembers, &["ignores-unknown-members"]),
        (M::ReadsBodiesUnderItsLock, &["a-slow-request-blocks-nobody"]),
        (M::ForgetsIds, &["one-effect-of-a-repetition", "one-effect-after-a-crash", "each-refund-once"]),
        (M::AnswersAnew, &["same-answer-to-a-repetition", "same-answer-to-concurrent-repetitions"]),
        (M::BooksBeforeItKeepsTheId, &["one-effect-of-concurrent-repetitions", "one-effect-after-a-crash"]),
        (M::ForgetsEarlyRefunds, &["refund-before-payment"]),
        (M::RoundsEachRefundDown, &["all-refunds-take-all-points"]),
        (M::GivesBackWheneverTold, &["not-issued-gives-the-points-back-once"]),
        (M::NeverGivesBack, &["not-issued-gives-the-points-back-once", "parked-keeps-the-points-set-aside"]),
        (M::GivesBackWhenParked, &["parked-keeps-the-points-set-aside"]),
        (
            M::NeverLooksAtTheBalance,
            &["rejects-what-the-member-cannot-pay", "promises-no-more-than-there-is"],
        ),
        (M::LooksAtTheBalanceTooEarly, &["promises-no-more-than-there-is"]),
        (M::HandsOneCodeOutTwice, &["promises-no-more-than-there-is"]),
        (M::IsSlow, &["answers-in-time"]),
    ];
    let found = futures_util::future::join_all(planted.iter().map(|(mistake, _)| failures(*mistake))).await;
    for ((mistake, names), found) in planted.iter().zip(found) {
        match names {
            [] => assert!(found.is_empty(), "{mistake:?}: {found:?}"),
            names => {
                assert!(names.iter().all(|name| found.contains(name)), "{mistake:?}: {found:?}");
            }
        }
    }
}

#[tokio::test]
async fn nobody_there_is_one_finding() {
    let trial = Trial {
        url: "http://127.0.0.1:9".to_owned(),
        secret: HookSecret::new(SECRET).unwrap(),
        merchant: "shop".to_owned(),
        shape: ConfirmShape::B,
        timeout: Duration::from_secs(1),
        openid: "o1".to_owned(),
        card_id: "C1".to_owned(),
        user_card_code: "1".to_owned(),
    };
    let findings = run(trial).await;
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert!(findings[0].failed.as_ref().unwrap().contains("cannot be reached"), "{findings:?}");
}
