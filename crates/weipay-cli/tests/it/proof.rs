//! `weipay relay proof`: it holds, and it finds every planted mistake.

use serde_json::Value;

use crate::process::{folder, weipay};

fn proof(test: &str, arguments: &[&str]) -> (Option<i32>, Value) {
    let folder = folder(test);
    let fixed = ["relay", "proof", "--json", "--keep", folder.to_str().unwrap()];
    let output = weipay(&[&fixed, arguments].concat());
    let text = String::from_utf8(output.stdout).unwrap();
    let verdict = serde_json::from_str(&text);
    let stderr = String::from_utf8_lossy(&output.stderr);
    (output.status.code(), verdict.unwrap_or_else(|error| panic!("{error}: {text}{stderr}")))
}

fn names(verdict: &Value) -> Vec<&str> {
    verdict["findings"].as_array().unwrap().iter().map(|finding| finding["name"].as_str().unwrap()).collect()
}

#[test]
fn n14_killed_again_and_again_nothing_is_lost_and_nothing_comes_twice() {
    let (code, verdict) = proof("proof", &["--kills", "5"]);
    assert_eq!((code, names(&verdict)), (Some(0), Vec::new()), "{verdict}");
    let load = &verdict["load"];
    assert!(load["issued"].as_u64().unwrap() > 0, "no load, no proof: {load}");
    assert_eq!((&load["issued"], &load["not_issued"]), (&load["taken"], &load["given_back"]));
    let pace = &verdict["pace"];
    assert_eq!(pace["quiet"]["refused"], 0, "{pace}");
    assert!(pace["quiet"]["most"].as_u64().unwrap() <= 5, "{pace}");
    assert_eq!((&pace["quiet"]["sent"], &pace["delayed"]["sent"]), (&40.into(), &40.into()));
}

#[test]
#[ignore = "minutes: nightly, with PostgreSQL installed"]
fn n14_three_relays_on_postgresql_lose_nothing() {
    let (code, verdict) = proof("proof-postgres", &["--kills", "50", "--store", "postgres"]);
    assert_eq!((code, names(&verdict)), (Some(0), Vec::new()), "{verdict}");
    assert_eq!(verdict["kills"]["server_restarts"], 1);
}

/// Planted mistake, the promises of which it has to break at least one, and further arguments.
const SABOTAGES: [(&str, &[&str], &[&str]); 4] = [
    ("ack-before-commit", &["lost-notification"], &["--kills", "30"]),
    ("new-number", &["changed-request-number"], &["--kills", "20"]),
    ("own-limiter", &["rate-exceeded"], &["--kills", "2", "--store", "postgres"]),
    ("recompute", &["double-coupon"], &["--kills", "20"]),
];

#[test]
#[ignore = "minutes: nightly, with --features sabotage and PostgreSQL installed"]
fn every_planted_mistake_makes_the_proof_fail_by_name() {
    for (sabotage, promises, arguments) in SABOTAGES {
        let (code, verdict) = proof("sabotage", &[arguments, &["--sabotage", sabotage]].concat());
        let names = names(&verdict);
        assert_eq!(code, Some(1), "{sabotage}");
        for promise in promises {
            assert!(names.contains(promise), "{sabotage} broke {names:?}");
        }
    }
}
