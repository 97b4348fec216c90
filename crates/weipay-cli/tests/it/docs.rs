//! `weipay docs build`: a site whose every link leads somewhere, and that needs nothing from elsewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use weipay::catalog::ops::operations;
use weipay_catalog::reference::events;

use crate::process::{folder, weipay};

const CONFIRM: &str = "operation/brand_partner_card_member_user_points_exchange_coupon_confirm.html";

/// The values of `href` and `src` in a page.
fn targets(html: &str) -> impl Iterator<Item = &str> {
    let of = |name: &'static str| html.split(name).skip(1).filter_map(|rest| rest.split('"').next());
    of("href=\"").chain(of("src=\""))
}

#[test]
fn every_operation_and_notification_has_a_page_and_every_link_leads_somewhere() {
    let site = folder("docs").join("site");
    let output = weipay(&["docs", "build", site.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let mut there: BTreeSet<String> = BTreeSet::new();
    for part in ["", "operation", "event"] {
        let files = fs::read_dir(site.join(part)).unwrap().map(Result::unwrap);
        let files = files.filter(|file| file.path().is_file());
        there.extend(files.map(|file| Path::new(part).join(file.file_name()).to_str().unwrap().to_owned()));
    }
    for operation in operations() {
        assert!(there.contains(&format!("operation/{}.html", operation.id)), "{}", operation.id);
    }
    for event in events() {
        assert!(there.contains(&format!("event/{}.html", event.event_type)), "{}", event.event_type);
    }
    for page in there.iter().filter(|name| Path::new(name).extension().is_some_and(|kind| kind == "html")) {
        let html = fs::read_to_string(site.join(page)).unwrap();
        for target in targets(&html).filter(|target| !target.starts_with("http")) {
            let target = target.strip_prefix("../").unwrap_or(target);
            assert!(there.contains(target), "{page} leads to {target}");
        }
        assert!(
            !html.contains("src=\"http") && !html.contains("stylesheet\" href=\"http"),
            "{page} loads from elsewhere"
        );
    }
}

#[test]
fn a_page_tells_what_the_terminal_tells() {
    let site = folder("docs-page").join("site");
    weipay(&["docs", "build", site.to_str().unwrap()]);
    let html = fs::read_to_string(site.join(CONFIRM)).unwrap();
    for words in [
        "<h1>同步积分兑券结果</h1>",
        "兑券成功的券code",
        "another page calls it 积分余额",
        "必填 required",
        "ConfirmDecision::new(",
        "client.chain(&quot;v3/brand/partner/",
        "// typed chain, blocking",
        "../event/BRAND_MEMBER_CARD_SP.POINT_EXCHANGE_COUPON.html",
        "not published",
    ] {
        assert!(html.contains(words), "{words} is missing");
    }
    // The index is a script that holds one JSON object per line.
    let index = fs::read_to_string(site.join("index.js")).unwrap();
    let lines = index
        .lines()
        .filter_map(|line| line.strip_suffix(','))
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let found = lines.filter(|page| page["title"].as_str().unwrap().contains("积分")).count();
    assert!(found >= 5, "{found}");
}

#[test]
fn an_own_folder_is_renewed_and_a_foreign_one_left_alone() {
    let site = folder("docs-again").join("site");
    let build = || weipay(&["docs", "build", site.to_str().unwrap()]);
    build();
    fs::write(site.join("operation/gone.html"), "of an earlier catalogue").unwrap();
    assert_eq!(build().status.code(), Some(0));
    assert!(!site.join("operation/gone.html").exists());

    let foreign = folder("docs-foreign");
    fs::write(foreign.join("thesis.txt"), "mine").unwrap();
    let output = weipay(&["docs", "build", foreign.to_str().unwrap()]);
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(stderr.lines().count() == 1 && stderr.contains("not written by `weipay docs build`"), "{stderr}");
    assert_eq!(fs::read_dir(&foreign).unwrap().count(), 1);
}
