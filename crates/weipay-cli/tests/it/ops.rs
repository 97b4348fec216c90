//! `weipay ops` finds what a user means.

use serde_json::Value;

use crate::process::weipay;

fn lines(arguments: &[&str]) -> Vec<String> {
    let output = weipay(&[&["ops"], arguments].concat());
    assert_eq!(output.status.code(), Some(0), "{arguments:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

fn ids(arguments: &[&str]) -> Vec<String> {
    let of = |line: &String| serde_json::from_str::<Value>(line).unwrap()["id"].as_str().unwrap().to_owned();
    lines(&[arguments, &["--json"]].concat()).iter().map(of).collect()
}

const CONFIRM: &str = "brand_partner_card_member_user_points_exchange_coupon_confirm";

#[test]
fn without_a_query_every_operation_is_one_line() {
    let all = weipay::catalog::ops::operations().len();
    assert!(all >= 1_020);
    assert_eq!(lines(&[]).len(), all);
    assert_eq!(ids(&[]).len(), all);
}

#[test]
fn chinese_and_english_words_find_what_is_meant() {
    let points = ids(&["积分"]);
    // Titles before members; a member's label is enough to be found.
    assert!(points[..10].contains(&"businesscircle_points_notify".to_owned()), "{points:?}");
    assert!(points[..10].contains(&CONFIRM.to_owned()), "{points:?}");
    assert!(points.contains(&"marketing_membercard_open_cards_codes_bonus_commit".to_owned()), "{points:?}");

    let coupon = ids(&["coupon"]);
    assert!(coupon[..10].contains(&"marketing_busifavor_coupons_use".to_owned()), "{coupon:?}");
    assert!(coupon.contains(&CONFIRM.to_owned()));

    assert_eq!(ids(&["核销用户券"])[0], "marketing_busifavor_coupons_use");
    assert_eq!(ids(&["exchange", "confirm", "partner"])[0], CONFIRM);
    assert_eq!(ids(&["v3/businesscircle/points/notify"])[0], "businesscircle_points_notify");
    assert!(ids(&["user_card_code"]).contains(&CONFIRM.to_owned()), "a member's name finds it");
    assert_eq!(ids(&["COUPON"]), coupon, "case does not matter");
}

#[test]
fn area_and_role_narrow_it_down() {
    let of_area = ids(&["--area", "businesscircle"]);
    assert_eq!(of_area.len(), 4);
    let of_brands = lines(&["--role", "brand", "--json"]);
    assert!(!of_brands.is_empty());
    for line in of_brands {
        let line: Value = serde_json::from_str(&line).unwrap();
        assert!(line["roles"].as_array().unwrap().contains(&"brand".into()), "{line}");
    }
}

#[test]
fn the_text_has_method_path_title_and_area_in_columns() {
    let found = lines(&["积分", "--area", "businesscircle"]);
    assert!(found[0].starts_with("POST   /v3/businesscircle/points/notify"), "{found:?}");
    assert!(found[0].contains("商圈会员积分同步") && found[0].ends_with("  businesscircle"), "{found:?}");
    // A Chinese character takes two columns.
    let column = |line: &String| {
        let before = line.split("  businesscircle").next().unwrap();
        before.chars().map(|char| if char.is_ascii() { 1 } else { 2 }).sum::<usize>()
    };
    assert!(found.len() > 1 && found.iter().all(|line| column(line) == column(&found[0])), "{found:?}");
}

#[test]
fn json_says_what_a_script_asks_for() {
    let line = lines(&["coupons/use", "--json"]).remove(0);
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(line["method"], "POST");
    assert_eq!(line["path"], "/v3/marketing/busifavor/coupons/use");
    assert_eq!(line["scheme"], "WECHATPAY2-SHA256-RSA2048");
    assert_eq!(line["idempotency"]["fields"], serde_json::json!(["use_request_no"]));
    assert_eq!(line["idempotency"]["in"], "body");
    let line = lines(&["--area", "businesscircle", "authorizations", "--json"]).remove(0);
    let line: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&line["rate_limit"]["limit"], &line["rate_limit"]["per"]), (&150.into(), &"second".into()));
    assert_eq!(line["idempotency"], Value::Null, "what is not published is null");
}

#[test]
fn nothing_found_is_a_failure_in_one_line() {
    let output = weipay(&["ops", "qwertz"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(output.stdout.is_empty());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.lines().count() == 1 && stderr.contains("'qwertz'"), "{stderr}");
}

#[test]
fn the_ledger_counts_rules_links_and_schemas_apart() {
    let text = lines(&["--ledger"]);
    let all = weipay::catalog::ops::operations().len();
    let counts: Vec<usize> = text
        .last()
        .unwrap()
        .split(|char: char| !char.is_ascii_digit())
        .filter_map(|number| number.parse().ok())
        .collect();
    let [rule, linked, linked_withheld, schema, schema_withheld] = counts[..] else { panic!("{counts:?}") };
    assert_eq!(rule + linked + schema, all);
    assert!(
        rule >= 84 && linked >= 30 && linked_withheld <= linked && schema_withheld < schema,
        "{counts:?}"
    );
    let objects: Vec<Value> =
        lines(&["--ledger", "--json"]).iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |basis: &str| objects.iter().filter(|line| line["basis"] == basis).count();
    assert_eq!((of("rule"), of("linked"), of("schema")), (rule, linked, schema));
    let by_rule = objects.iter().filter(|line| line["basis"] == "rule");
    assert!(
        by_rule.clone().all(|line| line["date"].is_string() && !line["known"].as_array().unwrap().is_empty())
    );
    assert!(objects.iter().any(|line| line["id"] == "refund_domestic_refunds_create"));
}

/// What the READMEs say of the sandbox is what the sandbox says of itself.
#[test]
fn the_readmes_count_as_the_ledger_does() {
    use weipay_sandbox::{Basis, Fault, ledger};

    let ledger = ledger();
    let count = |basis| ledger.iter().filter(|line| line.basis == basis).count();
    let withheld = |basis| ledger.iter().filter(|line| line.basis == basis && line.withheld).count();
    let (rule, linked, schema) = (count(Basis::Rule), count(Basis::Linked), count(Basis::Schema));
    let (of_linked, of_schema) = (withheld(Basis::Linked), withheld(Basis::Schema));
    let faults = Fault::known().len();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    for (file, words) in [
        (
            "README.md",
            [
                format!("hand-written rules: {rule} operations"),
                format!("what one operation made the other shows: {linked}."),
                format!("By the schema alone: {schema}."),
                format!("kinds {of_linked} and {of_schema} move money"),
                format!("{faults} faults by id"),
            ],
        ),
        (
            "README.zh-CN.md",
            [
                format!("手写规则 {rule} 个"),
                format!("有据可查的关联 {linked} 个"),
                format!("仅按字段结构作答 {schema} 个"),
                format!("动钱的 {of_linked} 个和 {of_schema} 个"),
                format!("{faults} 种故障按编号注入"),
            ],
        ),
    ] {
        let text = std::fs::read_to_string(format!("{root}/{file}")).unwrap();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(text.contains(&word), "{file} does not say `{word}`");
        }
    }
}
