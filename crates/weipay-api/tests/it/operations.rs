use serde_json::Value;
#[cfg(feature = "full")]
use weipay_catalog::ops::operations;
use weipay_catalog::ops::{Digest, UploadForm};
use weipay_catalog::reference::{Kind, ParameterLocation, Reference, Schema, reference};

use crate::catalogue::{SECRET, body, decoded, sample, target, text};
use crate::generated::CASES;
use crate::stage::{Stage, opened};
use crate::{Case, FILE, Sent};
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
        let mut expected = sample(schema);
        let mut given: Value = match reference.operation.upload_form {
            None => serde_json::from_slice(request.body()).unwrap(),
            Some(form) => {
                expected[form.digest_member] = digest(form.digest).into();
                if let Some(name) = form.name_member {
                    expected[name] = file_name(form).into();
                }
                uploaded(&request, form)
            }
        };
        open(&mut given, schema);
        assert_eq!(given, expected, "{}", case.operation);
    }
}

/// The JSON part of an upload, read the way that a server does; the file beside it is the one that was given.
fn uploaded(request: &http::Request<bytes::Bytes>, form: &UploadForm) -> Value {
    let content_type = request.headers()["content-type"].to_str().unwrap();
    let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
    let body = String::from_utf8(request.body().to_vec()).unwrap();
    let body = body.strip_suffix("--\r\n").unwrap();
    let parts: Vec<&str> = body.split(&format!("--{boundary}")).collect();
    let ["", meta, file, ""] = parts.as_slice() else { panic!("{} parts", parts.len()) };
    let part = |text: &str, head: String| {
        let text = text.strip_prefix("\r\n").unwrap().strip_suffix("\r\n").unwrap();
        text.strip_prefix(&head).unwrap_or_else(|| panic!("{text} does not begin with {head}")).to_owned()
    };
    let disposition = |name: &str| format!("Content-Disposition: form-data; name=\"{name}\"");
    let file = part(
        file,
        format!("{}; filename=\"{}\"\r\nContent-Type: ", disposition(form.file_part), file_name(form)),
    );
    assert_eq!(file.split_once("\r\n\r\n").unwrap().1.as_bytes(), FILE);
    let meta =
        part(meta, format!("{}\r\nContent-Type: application/json\r\n\r\n", disposition(form.signed_part)));
    serde_json::from_str(&meta).unwrap()
}

fn file_name(form: &UploadForm) -> String {
    form.limits.first().map_or("name.bin".to_owned(), |limit| format!("name.{}", limit.types[0]))
}

/// Of [`FILE`], as `sha256sum` and `openssl dgst -sm3` print it.
fn digest(of: Digest) -> &'static str {
    match of {
        Digest::Sm3 => "1b219c01ead71fc3a9282d98e35f608b79ab3b6a77ec4bf9ed697e2fc59ffc01",
        _ => "0f599b9451f725bfe1eb79476b36417380d4c36212d2644b43685e53d70ceb2e",
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
        let reference = reference(case.operation).unwrap();
        let answer = body(reference, case.verb).answer.filter(|_| !case.verb.starts_with("download"));
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
fn every_operation_has_its_verbs() {
    let mut verbs: Vec<_> = cases().map(|case| (case.operation, case.verb)).collect();
    for operation in operations() {
        for body in reference(operation.id).unwrap().bodies {
            let place = verbs.iter().position(|verb| *verb == (operation.id, body.name));
            verbs.swap_remove(place.unwrap_or_else(|| panic!("{}: no {}", operation.id, body.name)));
        }
    }
    // What is left fetches what an answer leads to; verified wherever a hash is published.
    for (id, verb) in &verbs {
        let leads = weipay_catalog::ops::operation(id).unwrap().download_url.unwrap();
        let verified = if leads.hash_value.is_some() { "download" } else { "download_unverified" };
        assert_eq!(*verb, verified, "{id}");
    }
    assert_eq!(verbs.len(), operations().iter().filter(|one| one.download_url.is_some()).count());
}
