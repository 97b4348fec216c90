//! The tour: thirty calls as the pages print them, one customer's journey, three troubles.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::process::weipay;

const PATHS: [(&str, &str); 4] = [
    ("/v3/brand/partner/card-member/user-points/exchange-coupon/confirm", "同步积分兑券结果"),
    ("/v3/businesscircle/points/notify", "商圈会员积分同步"),
    ("/v3/marketing/busifavor/coupons/use", "核销用户券"),
    ("/v3/marketing/membercard-open/cards/{card_id}/codes/{code}/bonus/commit", "设置支付后展示的积分到账"),
];

#[test]
fn thirty_rows_each_with_its_path_and_ok() {
    let output = weipay(&["demo"]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stdout}");
    assert!(output.stderr.is_empty());
    let rows =
        |path: &str| stdout.lines().filter(|line| line.contains(" ok ") && line.ends_with(path)).count();
    assert_eq!(PATHS.map(|(path, _)| rows(path)), [12, 6, 6, 6], "{stdout}");
    for (_, title) in PATHS {
        assert!(stdout.contains(title), "{title}");
    }
    assert!(stdout.contains("everything held") && !stdout.contains("FAILED"), "{stdout}");
}

#[test]
fn json_is_one_object_per_line_with_what_was_answered() {
    let output = weipay(&["demo", "--json"]);
    let stdout = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<Value> = stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &'static str| lines.iter().filter(move |line| line.get(kind).is_some());
    let mut styles: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for row in of("row") {
        assert_eq!(row["ok"], true, "{row}");
        styles
            .entry(row["style"].as_str().unwrap())
            .or_default()
            .insert((row["status"].as_u64(), row["members"].as_str()));
    }
    let answers = [
        (Some(200), Some("10 of 10")),
        (Some(200), Some("3 of 3")),
        (Some(200), Some("7 of 7")),
        (Some(204), Some("empty")),
    ];
    assert_eq!(styles.len(), 6);
    assert!(styles.values().all(|style| *style == BTreeSet::from(answers)), "{styles:?}");
    assert!(of("step").all(|step| step["ok"] == true));
    assert!(of("trouble").all(|trouble| trouble["ok"] == true));
    let end = lines.last().unwrap();
    assert_eq!(
        (&end["held"], &end["rows"], &end["steps"], &end["troubles"]),
        (&true.into(), &30.into(), &13.into(), &3.into())
    );
}
