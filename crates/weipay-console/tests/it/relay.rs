//! The relay's pages without scripts: who may look, who may act, and what must not be let in or out.

use weipay_relay::job::State;
use weipay_relay::operate::{Role, Token};
use weipay_sandbox::{ExchangePoints, Fault};

use crate::stage::{OPENID, Stage};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";
const OPERATOR: &str = "an operator of the tests, worthless";
const VIEWER: &str = "a viewer of the tests, worthless";

fn tokens() -> Vec<Token> {
    vec![
        Token::new("zhang", Role::Operator, OPERATOR).unwrap(),
        Token::new("li", Role::Viewer, VIEWER).unwrap(),
    ]
}

/// Signs in, and gives the header that a browser sends from then on.
async fn signed_in(stage: &Stage, token: &str) -> String {
    let body = format!("token={}&back=%2Fconsole%2Faudit", token.replace(' ', "+").replace(',', "%2C"));
    let answer = stage.ask("POST /admin/session", FORM, &body).await;
    assert!(answer.starts_with("HTTP/1.1 303") && answer.contains("location: /console/audit"), "{answer}");
    let cookie = answer.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    assert!(!cookie.contains("worthless"), "the token itself is in no cookie");
    format!("Cookie: {}\r\n", cookie.split(';').next().unwrap())
}

#[tokio::test]
async fn with_tokens_somebody_signs_in_and_the_role_decides() {
    let stage = Stage::set(tokens()).await;
    let case = stage.parked().await;
    let show = format!("GET /console/case?key={case}");
    let asked = stage.ask(&show, "", "").await;
    assert!(asked.starts_with("HTTP/1.1 401") && asked.contains("/admin/session"), "{asked}");
    assert!(asked.contains(&format!("value=\"/console/case?key={case}\"")), "it leads on: {asked}");
    assert!(!asked.contains("confirm"), "{asked}");
    let wrong = stage.ask("POST /admin/session", FORM, "token=no+such+token").await;
    assert!(wrong.contains("location: /?wrong") && !wrong.contains("set-cookie"), "{wrong}");
    let elsewhere = format!("token={}&back=//evil.example", OPERATOR.replace(' ', "+"));
    assert!(stage.ask("POST /admin/session", FORM, &elsewhere).await.contains("location: /\r\n"));

    let viewer = signed_in(&stage, VIEWER).await;
    let seen = stage.ask(&show, &viewer, "").await;
    assert!(seen.starts_with("HTTP/1.1 200") && seen.contains("503"), "{seen}");
    assert!(!seen.contains("/console/case/reveal") && !seen.contains("/console/case/resolve"), "{seen}");
    assert!(!stage.ask("GET /console/limits", &viewer, "").await.contains("/console/limits/hold"));
    let form = format!("{FORM}{viewer}");
    for (path, body) in [
        ("/console/limits/hold", "scope=all".to_owned()),
        ("/console/case/reveal", format!("key={case}")),
        ("/console/letters/redrive", format!("sure=true&job=shop+{case}/confirm")),
        ("/console/case/resolve", format!("key={case}/confirm&fact=happened&note=x")),
    ] {
        let refused = stage.ask(&format!("POST {path}"), &form, &body).await;
        assert!(refused.starts_with("HTTP/1.1 403") && refused.contains("li may look"), "{path}: {refused}");
    }
    let rehearsal =
        stage.ask("POST /console/letters/redrive", &form, &format!("job=shop+{case}/confirm")).await;
    assert!(rehearsal.starts_with("HTTP/1.1 200") && !rehearsal.contains("name=\"sure\""), "{rehearsal}");
    assert_eq!(stage.audit().await, Vec::<String>::new());

    let operator = signed_in(&stage, OPERATOR).await;
    let held = stage.ask("POST /console/limits/hold", &format!("{FORM}{operator}"), "scope=all").await;
    assert!(held.starts_with("HTTP/1.1 303"), "{held}");
    assert_eq!(stage.audit().await, ["hold zhang"]);
    let forged = operator.replace("weipay-relay=", "weipay-relay=9");
    assert!(stage.ask("GET /", &forged, "").await.starts_with("HTTP/1.1 401"));
    stage.clock.advance(13);
    assert!(stage.ask("GET /", &operator, "").await.starts_with("HTTP/1.1 401"), "a session ends");
}

#[tokio::test]
async fn a_page_of_another_site_gives_no_command() {
    let stage = Stage::set(Vec::new()).await;
    for headers in [
        "Origin: https://evil.example\r\n",
        "Origin: null\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        // Another port of this machine is the same site, and not ours.
        "Sec-Fetch-Site: same-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n",
        "Host: evil.example\r\n",
    ] {
        let answer = if headers.starts_with("Host") {
            let address = stage.relay.admin_addr().unwrap();
            crate::send_as("evil.example", address, "POST /console/limits/hold", FORM, "scope=all").await
        } else {
            stage.ask("POST /console/limits/hold", &format!("{FORM}{headers}"), "scope=all").await
        };
        assert!(answer.starts_with("HTTP/1.1 403"), "{headers}{answer}");
    }
    assert_eq!(stage.audit().await, Vec::<String>::new());
    let link = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n";
    assert!(stage.ask("GET /", link, "").await.starts_with("HTTP/1.1 200"), "a link may lead here");
    let framed = "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n";
    assert!(stage.ask("GET /", framed, "").await.starts_with("HTTP/1.1 403"));
}

#[tokio::test]
async fn a_parked_case_is_redriven_after_a_dry_run() {
    let stage = Stage::set(Vec::new()).await;
    let case = stage.parked().await;
    let key = format!("{case}/confirm");
    assert!(stage.ask("GET /console/letters", "", "").await.contains(&key));
    let dry = stage.ask("POST /console/letters/redrive", FORM, "all=true").await;
    assert!(dry.contains(&format!("value=\"shop {key}\"")) && dry.contains("name=\"sure\""), "{dry}");
    assert_eq!(stage.audit().await, Vec::<String>::new(), "a dry run does nothing");
    let body = format!("sure=true&note=the+key+is+registered&job=shop+{key}");
    let done = stage.ask("POST /console/letters/redrive", FORM, &body).await;
    assert!(
        done.starts_with("HTTP/1.1 303") && done.contains("location: /console/case?merchant=shop"),
        "{done}"
    );
    stage.reaches(&format!("{key}/settled"), State::Settled).await;
    let life = stage.ask(&format!("GET /console/case?key={key}"), "", "").await;
    assert!(life.contains("the key is registered") && life.contains("HTTP 503"), "{life}");
    assert!(!life.contains(OPENID), "masked");
    assert!(!life.contains("class=\"stuck\""), "nobody has to look any more");
    let clear = stage.ask("POST /console/case/reveal", FORM, &format!("merchant=shop&key={case}")).await;
    assert!(clear.contains(OPENID));
    assert_eq!(stage.audit().await, ["reveal local/browser", "redrive local/browser"]);
    assert!(stage.ask("GET /console/letters", "", "").await.contains("class=\"empty\""));
    let day = stage.ask("GET /console/settlement", "", "").await;
    assert!(day.contains(&case) && day.contains("已发券"), "{day}");
}

#[tokio::test]
async fn a_parked_case_is_resolved_and_the_merchant_hears_it() {
    let stage = Stage::set(Vec::new()).await;
    let case = stage.parked().await;
    let resolve = |rest: &str| format!("merchant=shop&key={case}/confirm{rest}");
    let unsaid = stage.ask("POST /console/case/resolve", FORM, &resolve("&note=x")).await;
    assert!(unsaid.starts_with("HTTP/1.1 422"), "{unsaid}");
    let unfounded = stage.ask("POST /console/case/resolve", FORM, &resolve("&fact=not_happened")).await;
    assert!(unfounded.starts_with("HTTP/1.1 422") && unfounded.contains("`note`"), "{unfounded}");
    let done = stage.ask("POST /console/case/resolve", FORM, &resolve("&fact=not_happened&note=asked")).await;
    assert!(done.starts_with("HTTP/1.1 303"), "{done}");
    stage.reaches(&format!("{case}/confirm/settled"), State::Settled).await;
}

#[tokio::test]
async fn what_is_held_is_seen_and_released() {
    let stage = Stage::set(Vec::new()).await;
    for scope in ["merchant+shop", "all"] {
        let answer = stage.ask("POST /console/limits/hold", FORM, &format!("scope={scope}&note=x")).await;
        assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    }
    let overview = stage.ask("GET /", "", "").await;
    assert_eq!(overview.matches("class=\"banner\"").count(), 2);
    assert!(overview.contains("local/browser: x"), "who held it, and why: {overview}");
    let limits = stage.ask("GET /console/limits", "", "").await;
    assert!(limits.contains("value=\"merchant shop\"") && limits.contains("220 ms"), "{limits}");
    assert!(limits.contains("exchange_coupon_confirm"), "{limits}");
    stage.ask("POST /console/limits/release", FORM, "scope=all").await;
    assert_eq!(stage.ask("GET /console/parts/overview", "", "").await.matches("class=\"banner\"").count(), 1);
    let nothing = stage.ask("POST /console/limits/hold", FORM, "scope=merchant+nobody").await;
    assert!(nothing.starts_with("HTTP/1.1 404"), "{nothing}");
}

#[tokio::test]
async fn what_was_missed_is_shown_before_it_is_asked() {
    let stage = Stage::set(Vec::new()).await;
    // Its template issues a product coupon, of which no notification comes.
    stage.sandbox.inject(Fault::new("N05").unwrap().variant("never").unwrap().on("PRODUCT_COUPON_SP.SEND"));
    let order =
        ExchangePoints { exchange_coupon_template_id: "0Flpo7FqTP".to_owned(), ..ExchangePoints::default() };
    let record = stage.sandbox.exchange_points(order).await.unwrap();
    stage.reaches(&format!("exchange/{record}/confirm"), State::Settled).await;
    let page = stage.ask("GET /console/missed", "Accept-Language: en\r\n", "").await;
    assert!(page.contains("would be asked") && page.contains("action=\"/console/missed/ask\""), "{page}");
    assert!(page.contains("product-coupon") && !page.contains(OPENID), "{page}");
    assert_eq!(stage.audit().await, Vec::<String>::new(), "to look does nothing");
    let asked = stage.ask("POST /console/missed/ask", FORM, "note=campaign").await;
    assert!(asked.starts_with("HTTP/1.1 200") && asked.contains("/console/case?merchant=shop&"), "{asked}");
    assert_eq!(stage.audit().await, ["make-good local/browser"]);
}

#[tokio::test]
async fn every_relay_page_speaks_chinese_and_english_and_shows_text_as_text() {
    let stage = Stage::set(Vec::new()).await;
    let case = stage.parked().await;
    let show = format!("/console/case?key={case}");
    for (path, chinese, english) in [
        ("/", "预留积分", "Points in reserve"),
        (show.as_str(), "时间线", "Timeline"),
        ("/console/letters", "挂起与死信", "Dead letters"),
        ("/console/settlement", "日结", "Settlement"),
        ("/console/limits", "其余限额", "The others, without work"),
        ("/console/refused", "没有保留的通知", "None is kept"),
        ("/console/missed", "兑换无法查询", "Exchanges cannot be queried"),
        ("/console/audit", "还没有人工操作", "Nothing was done by hand"),
    ] {
        let plain = stage.ask(&format!("GET {path}"), "", "").await;
        assert!(plain.starts_with("HTTP/1.1 200") && plain.contains(chinese), "{path}: {plain}");
        let policy = plain.lines().find(|line| line.starts_with("content-security-policy:")).unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(plain.contains("cache-control: no-store") && !plain.contains(" style="), "{path}");
        let asked = stage.ask(&format!("GET {path}"), "Accept-Language: en\r\n", "").await;
        assert!(asked.contains(english) && asked.contains("<html lang=\"en\">"), "{path}: {asked}");
    }
    let hostile = stage.ask("GET /console/case?key=%22%3E%3Cscript%3Ealert(1)", "", "").await;
    assert!(hostile.starts_with("HTTP/1.1 404") && !hostile.contains("<script>alert"), "{hostile}");
    for from in ["//evil.example/x", "/\\evil.example"] {
        let back = format!("{FORM}Referer: http://127.0.0.1{from}\r\n");
        let chosen = stage.ask("POST /console/language", &back, "language=en").await;
        assert!(chosen.contains("location: /\r\n"), "{chosen}");
    }
    let back = format!("{FORM}Referer: http://127.0.0.1/console/audit?x=1\r\n");
    let chosen = stage.ask("POST /console/language", &back, "language=en").await;
    assert!(chosen.contains("location: /console/audit?x=1\r\n"), "{chosen}");
}
