use serde_json::Value;
#[cfg(feature = "full")]
use weipay_catalog::ops::operations;
use weipay_catalog::reference::{Kind, ParameterLocation, Reference, Schema, reference};

use crate::catalogue::{SECRET, body, decoded, sample, target, text};
use crate::generated::CASES;
use crate::stage::{Stage, opened};
use crate::{Case, Sent};
use std::cell::RefCell;

fn cases() -> impl Iterator<Item = &'static Case> {
    CASES.iter().copied().flatten()
}

/// Sends a case; its answer is that of the catalogue.
fn sent(case: &Case) -> (&'static Reference, http::Request<bytes::Bytes>) {
    let reference = reference(case.operation).unwrap();
    let status = reference.operation.success[0];
    let answer =
        body(reference, case.verb).answer.map_or_else(String::new, |answer| sample(answer).to_string());
    let Sent(request) = (case.send)(&Stage { answer: RefCell::new((status, answer)) });
    (reference, request)
}

#[test]
fn every_operation_goes_to_its_address() {
    for case in cases() {
        let (reference, request) = sent(case);
        assert_eq!(request.method().as_str(), reference.operation.method.as_str(), "{}", case.operation);
        let (path, query) = target(reference);
        assert_eq!(request.uri().path(), path, "{}", case.operation);
        let given = request.uri().query().into_iter().flat_map(|query| query.split('&'));
        let given: Vec<(String, String)> = given
            .map(|pair| pair.split_once('=').unwrap())
            .map(|(name, value)| (decoded(name), decoded(value)))
            .collect();
        assert_eq!(given.len(), query.len(), "{}: {given:?}", case.operation);
        for ((name, value), (wanted, expected)) in given.iter().zip(query) {
            assert_eq!(name, wanted, "{}", case.operation);
            let value = if expected == SECRET { opened(value) } else { value.clone() };
            assert_eq!(value, text(&expected), "{}: {name}", case.operation);
        }
        for header in reference.parameters.iter().filter(|one| one.location == ParameterLocation::Header) {
            let own = ["Wechatpay-Serial", "Accept-Encoding"].contains(&header.name);
            let value = request.headers().get(header.name).map(|value| value.to_str().unwrap().to_owned());
            assert!(
                own || value == Some(text(&sample(&header.schema))),
                "{}: {}",
                case.operation,
                header.name
            );
        }
    }
}

#[test]
fn every_body_has_each_member_of_its_schema() {
    for case in cases() {
        let (reference, request) = sent(case);
        let Some(schema) = body(reference, case.verb).request else {
            assert!(request.body().is_empty(), "{}", case.operation);
            continue;
        };
        let mut given: Value = serde_json::from_slice(request.body()).unwrap();
        open(&mut given, schema);
        assert_eq!(given, sample(schema), "{}", case.operation);
    }
}

/// Decrypts the members that the schema says are sensitive; one that went out in clear is no ciphertext.
fn open(value: &mut Value, schema: &Schema) {
    match (value, schema.kind) {
        (Value::Array(items), Kind::Array(item)) => items.iter_mut().for_each(|value| open(value, item)),
        (Value::Object(members), Kind::Object(object)) => {
            for (name, value) in members {
                let property = object.property(name).unwrap_or_else(|| panic!("{name} is in no schema"));
                open(value, &property.schema);
            }
        }
        (value, _) if schema.encrypted => *value = opened(value.as_str().unwrap()).into(),
        _ => {}
    }
}

#[test]
fn every_answer_is_read_member_by_member() {
    for case in cases() {
        let answer = body(reference(case.operation).unwrap(), case.verb).answer;
        assert_eq!(answer.is_some(), case.found.is_some(), "{}", case.operation);
        if let (Some(answer), Some(found)) = (answer, case.found) {
            found(&sample(answer)).unwrap();
        }
    }
}

#[test]
fn only_what_the_official_sdk_confirms_may_not_be_missing() {
    let mut refused = 0;
    for case in cases() {
        let Some(found) = case.found else { continue };
        let confirmed = reference(case.operation).unwrap().confirmed_by.contains(&"go");
        let nothing = found(&Value::Object(serde_json::Map::new()));
        assert!(confirmed || nothing.is_ok(), "{}: {nothing:?}", case.operation);
        refused += usize::from(nothing.is_err());
    }
    assert!(refused > 0, "no answer at all has a member that must be there");
}

#[test]
#[cfg(feature = "full")]
fn every_operation_that_is_no_file_has_its_verbs() {
    let verbs: Vec<_> = cases().map(|case| (case.operation, case.verb)).collect();
    for operation in operations() {
        let file = operation.upload || operation.download;
        for body in reference(operation.id).unwrap().bodies {
            assert_eq!(verbs.contains(&(operation.id, body.name)), !file, "{}", operation.id);
        }
    }
    assert_eq!(
        verbs.len(),
        operations()
            .iter()
            .filter(|one| !one.upload && !one.download)
            .map(|one| { reference(one.id).unwrap().bodies.len() })
            .sum::<usize>()
    );
}
