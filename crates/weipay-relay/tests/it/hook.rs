//! The hook over HTTP: what goes over the wire is what the contract says, word for word.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Response};
use jiff::Timestamp;
use serde_json::{Value, json};
use weipay_relay::hook::{About, Answer, Exchange, Hook, HookSecret};
use weipay_relay::{HttpHook, SystemClock};

const CONTRACT: &str = include_str!("../../contract/hook-v1.yaml");
const SECRET: &str = "a secret of the tests, worthless";

/// Path, headers and body.
type Asked = (String, HeaderMap, Vec<u8>);
/// Status, `Retry-After` and body.
type Answered = (u16, Option<u64>, String);

/// A hook that records what it is asked and answers what it is told.
#[derive(Clone, Default)]
struct Endpoint {
    asked: Arc<Mutex<Vec<Asked>>>,
    answers: Arc<Mutex<VecDeque<Answered>>>,
}

impl Endpoint {
    async fn start() -> (Self, HttpHook) {
        let endpoint = Self::default();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/weipay/", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(endpoint.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let hook = HttpHook::new(&url, HookSecret::new(SECRET).unwrap(), Arc::new(SystemClock)).unwrap();
        (endpoint, hook)
    }

    fn answers(&self, status: u16, retry_after: Option<u64>, body: &str) {
        self.answers.lock().unwrap().push_back((status, retry_after, body.to_owned()));
    }
}

async fn answer(State(endpoint): State<Endpoint>, request: Request) -> Response<Body> {
    let (head, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap().to_vec();
    endpoint.asked.lock().unwrap().push((head.uri.path().to_owned(), head.headers, body));
    let next = endpoint.answers.lock().unwrap().pop_front();
    let Some((status, retry_after, body)) = next else { return std::future::pending().await };
    let mut response = Response::builder().status(status);
    if let Some(seconds) = retry_after {
        response = response.header("retry-after", seconds);
    }
    response.body(Body::from(body)).unwrap()
}

fn contract() -> Value {
    serde_yaml_ng::from_str(CONTRACT).unwrap()
}

fn about(example: &Value) -> About {
    let text = |name: &str| example[name].as_str().unwrap().to_owned();
    About {
        id: text("id"),
        merchant: text("merchant"),
        case: text("case"),
        attempt: example["attempt"].as_u64().unwrap().try_into().unwrap(),
        deadline: example["deadline"].as_str().map(|text| text.parse::<Timestamp>().unwrap()),
    }
}

/// What came over the wire is known at once.
fn written<T: serde::Serialize + std::fmt::Debug>(answer: &Answer<T>) -> Value {
    match answer {
        Answer::Reply(reply) => serde_json::to_value(reply).unwrap(),
        Answer::InTransaction(_) => panic!("{answer:?}"),
    }
}

/// Asks `$question` with the contract's example and gives back what the relay understood of the answer.
macro_rules! ask {
    ($hook:ident, $question:ident, $example:expr) => {{
        let example: &Value = $example;
        let data = serde_json::from_value(example["data"].clone()).unwrap();
        let answer = $hook.$question(&about(example), &data).await;
        answer.map(|answer| written(&answer)).map_err(|error| error.to_string())
    }};
}

#[tokio::test]
async fn every_example_of_the_contract_goes_over_the_wire_as_it_stands_there() {
    let contract = contract();
    let (endpoint, hook) = Endpoint::start().await;
    let mut paths = 0;
    for (path, item) in contract["paths"].as_object().unwrap() {
        paths += 1;
        let request = &item["post"]["requestBody"]["content"]["application/json"];
        let example = &request["example"];
        fits(&contract, &request["schema"], example, path);
        let response = &item["post"]["responses"]["200"]["content"]["application/json"];
        for (name, answer) in response["examples"].as_object().unwrap() {
            let answer = &answer["value"];
            fits(&contract, &response["schema"], answer, &format!("{path} {name}"));
            endpoint.answers(200, None, &answer.to_string());
            let understood = match path.as_str() {
                "/decide" => ask!(hook, decide, example),
                "/settled" => ask!(hook, settled, example),
                "/points" => ask!(hook, points, example),
                "/reverse" => ask!(hook, reverse, example),
                "/balance" => ask!(hook, balance, example),
                "/card" => ask!(hook, card, example),
                "/event" => ask!(hook, event, example),
                other => panic!("the relay asks nothing at {other}"),
            };
            assert_eq!(understood.as_ref(), Ok(answer), "{path} {name}");
            let (asked, headers, body) = endpoint.asked.lock().unwrap().pop().unwrap();
            assert_eq!(asked, format!("/weipay{path}"));
            assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), *example, "{path}");
            let header = |name: &str| headers[name].to_str().unwrap();
            let timestamp = header("webhook-timestamp").parse().unwrap();
            let id = header("webhook-id");
            assert_eq!(json!(id), example["id"]);
            let secret = HookSecret::new(SECRET).unwrap();
            assert!(secret.verify(id, timestamp, &body, header("webhook-signature")));
        }
    }
    assert_eq!(paths, 7);
}

fn exchange() -> Exchange {
    serde_json::from_value(contract()["paths"]["/decide"]["post"]["requestBody"]["content"]["application/json"]["example"]["data"].clone())
        .unwrap()
}

fn one() -> About {
    About {
        id: "wr_1".to_owned(),
        merchant: "shop".to_owned(),
        case: "exchange/R1".to_owned(),
        attempt: 1,
        deadline: None,
    }
}

#[tokio::test]
async fn whatever_is_no_answer_says_so_without_quoting_it() {
    let (endpoint, hook) = Endpoint::start().await;
    let bad = [
        (500, "", "the hook answered HTTP 500"),
        (302, "", "the hook answered HTTP 302"),
        (200, "oSECRET", "the hook's answer is not what the contract says: `.`, line 1: not JSON"),
        (200, "{}", "the hook's answer is not what the contract says: `.`, line 1: missing field `decision`"),
        (
            200,
            r#"{"decision":"oSECRET"}"#,
            "the hook's answer is not what the contract says: `.`, line 1: a value that is not known here",
        ),
        (204, "", "the hook's answer is not what the contract says: `.`, line 1: missing field `decision`"),
    ];
    for (status, body, text) in bad {
        endpoint.answers(status, None, body);
        let error = hook.decide(&one(), &exchange()).await.unwrap_err().to_string();
        assert!(!error.contains("SECRET"), "{error}");
        assert_eq!(error, text, "{status} {body}");
    }
    let hook = hook.timeout(Duration::from_millis(50));
    let error = hook.decide(&one(), &exchange()).await.unwrap_err();
    assert_eq!(error.to_string(), "the hook gave no answer within 50 ms");
}

#[test]
fn a_url_that_cannot_be_asked_is_refused_at_once() {
    for url in ["", "shop.internal", "ftp://shop/", "https://shop/?a=b", "/weipay"] {
        let error = HttpHook::new(url, HookSecret::new(SECRET).unwrap(), Arc::new(SystemClock)).unwrap_err();
        assert!(error.to_string().starts_with("the hook's URL"), "{url}: {error}");
    }
}

/// As much of JSON Schema as the contract uses; what it does not know fails the test.
fn fits(contract: &Value, schema: &Value, value: &Value, place: &str) {
    for (word, rule) in schema.as_object().unwrap() {
        match word.as_str() {
            "$ref" => {
                let pointer = rule.as_str().unwrap().trim_start_matches('#');
                let target =
                    contract.pointer(pointer).unwrap_or_else(|| panic!("{place}: {pointer} is not there"));
                fits(contract, target, value, place);
            }
            "allOf" => rule.as_array().unwrap().iter().for_each(|part| fits(contract, part, value, place)),
            "type" => {
                let kind = match value {
                    Value::Object(_) => "object",
                    Value::Array(_) => "array",
                    Value::String(_) => "string",
                    Value::Bool(_) => "boolean",
                    Value::Number(number) if number.is_i64() || number.is_u64() => "integer",
                    _ => "something else",
                };
                assert_eq!(rule, kind, "{place}");
            }
            "required" => {
                for name in rule.as_array().unwrap() {
                    assert!(value.get(name.as_str().unwrap()).is_some(), "{place}: {name} is missing");
                }
            }
            "properties" => {
                for (name, member) in value.as_object().into_iter().flatten() {
                    if let Some(schema) = rule.get(name) {
                        fits(contract, schema, member, &format!("{place}/{name}"));
                    }
                }
            }
            "additionalProperties" => {
                for name in value.as_object().unwrap().keys() {
                    assert!(
                        schema["properties"].get(name).is_some(),
                        "{place}: {name} is not in the contract"
                    );
                }
            }
            "items" => value.as_array().unwrap().iter().for_each(|item| fits(contract, rule, item, place)),
            "const" => assert_eq!(value, rule, "{place}"),
            "enum" => assert!(rule.as_array().unwrap().contains(value), "{place}"),
            "minimum" => assert!(value.as_i64().unwrap() >= rule.as_i64().unwrap(), "{place}"),
            "maxLength" => {
                let length = value.as_str().unwrap().chars().count() as u64;
                assert!(length <= rule.as_u64().unwrap(), "{place}");
            }
            "format" => drop(value.as_str().unwrap().parse::<Timestamp>().unwrap()),
            "description" => {}
            other => panic!("{place}: the test does not know {other}"),
        }
    }
}
