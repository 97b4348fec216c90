//! The pages without scripts: what they show, what their forms do, and what they must not let in.

use weipay_sandbox::control::TriggerOrder;

use crate::{sandbox, send};

const FORM: &str = "Content-Type: application/x-www-form-urlencoded\r\n";

#[tokio::test]
async fn what_came_from_outside_is_text_and_no_script_runs() {
    let sandbox = sandbox().await;
    let hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let head =
        "X-Note: <script>alert(1)</script>\r\nAuthorization: <script>\r\nContent-Type: application/json\r\n";
    send(sandbox.addr(), "POST /v3/%3Cscript%3E", head, hostile).await;
    let journal = send(sandbox.addr(), "GET /?q=%3Cscript%3E&status=%22%3E%3Cscript%3E", "", "").await;
    let exchange = send(sandbox.addr(), "GET /console/exchange/1", "", "").await;
    let part = send(sandbox.addr(), "GET /console/exchange/1?part", "", "").await;
    for page in [&journal, &exchange, &part] {
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        assert!(!page.contains("<script>") && !page.contains("<img src=x"), "{page}");
    }
    assert!(exchange.contains("alert(1)"), "the body is shown, as text");
    for page in [&journal, &exchange] {
        let policy = page.lines().find(|line| line.starts_with("content-security-policy:")).unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self'"), "{policy}");
        assert!(!policy.contains("unsafe"), "{policy}");
        assert!(!page.contains(" style=") && !page.contains(" onclick"), "nothing inline");
    }
}

#[tokio::test]
async fn every_page_speaks_chinese_and_english() {
    let sandbox = sandbox().await;
    sandbox.set_notify_url("1900000100", "http://127.0.0.1:1/n").unwrap();
    sandbox.trigger("REFUND.SUCCESS").unwrap();
    sandbox.settled().await;
    for (path, chinese, english) in [
        ("/", "业务时间", "Business time"),
        ("/console/exchange/1", "沙箱签名的串", "What the sandbox signed"),
        ("/console/notifications", "重发", "Resend"),
        ("/console/faults", "场景", "Scenarios"),
        ("/console/world", "用户操作", "What users do"),
        ("/console/keys", "商户", "Merchants"),
    ] {
        let plain = send(sandbox.addr(), &format!("GET {path}"), "", "").await;
        assert!(plain.contains(chinese) && plain.contains("<html lang=\"zh-CN\">"), "{path}");
        let asked = send(sandbox.addr(), &format!("GET {path}"), "Accept-Language: en-GB\r\n", "").await;
        assert!(asked.contains(english) && asked.contains("<html lang=\"en\">"), "{path}");
        let chosen = "Accept-Language: zh\r\nCookie: weipay-language=en\r\n";
        assert!(send(sandbox.addr(), &format!("GET {path}"), chosen, "").await.contains(english), "{path}");
    }
}

#[tokio::test]
async fn forms_do_what_they_say_and_lead_back() {
    let sandbox = sandbox().await;
    let control = sandbox.control();
    let post = async |path: &str, body: &str| send(sandbox.addr(), &format!("POST {path}"), FORM, body).await;
    for (path, body) in [
        ("/console/faults/switch", "id=T01&on=true"),
        (
            "/console/faults/inject",
            "order=429%2C+ok&match=POST+%2Fv3%2Fmarketing%2F*&times=2&probability=&lasting=1h",
        ),
        ("/console/scenario", "name=bad-clock"),
        ("/console/user", "act=pay-in-mall&amount=700"),
        ("/console/notifications/trigger", "event_type=REFUND.SUCCESS&set=amount.refund%3D5"),
        ("/console/keys/notify_url", "mchid=1900000100&url=http%3A%2F%2F127.0.0.1%3A1%2Fn"),
    ] {
        let answer = post(path, body).await;
        assert!(answer.starts_with("HTTP/1.1 303"), "{path}: {answer}");
    }
    let ids: Vec<_> = control.faults().into_iter().map(|fault| fault.id).collect();
    assert_eq!(ids, ["T01", "T04"]);
    assert_eq!(control.clock().wire_skew_seconds, 301);
    assert_eq!(control.notifications().len(), 2);
    let page = send(sandbox.addr(), "GET /console/faults", "", "").await;
    assert_eq!(page.matches("aria-checked=\"true\"").count(), 2, "T01 and T04 are on");
    post("/console/faults/switch", "id=T01&on=false").await;
    assert_eq!(control.faults().len(), 1);
    let before = control.clock().business_time;
    post("/console/clock/advance", "by=24h").await;
    assert!(control.clock().business_time.duration_since(before).as_hours() >= 24);
    let wrong = post("/console/user", "act=refund-in-mall").await;
    assert!(wrong.starts_with("HTTP/1.1 422") && wrong.contains("needs `transaction_id`"), "{wrong}");
    post("/console/reset", "").await;
    assert!(control.faults().is_empty());
}

#[tokio::test]
async fn a_form_of_another_site_does_nothing() {
    let sandbox = sandbox().await;
    for headers in ["Origin: https://evil.example\r\n", "Origin: null\r\n", "Sec-Fetch-Site: cross-site\r\n"]
    {
        let headers = format!("{FORM}{headers}");
        let answer = send(sandbox.addr(), "POST /console/faults/switch", &headers, "id=T01&on=true").await;
        assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    }
    assert!(sandbox.control().faults().is_empty());
}

#[tokio::test]
async fn rows_come_over_the_stream() {
    use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
    let sandbox = sandbox().await;
    let mut stream = tokio::net::TcpStream::connect(sandbox.addr()).await.unwrap();
    let request = format!("GET /console/journal/rows?after=0 HTTP/1.1\r\nHost: {}\r\n\r\n", sandbox.addr());
    stream.write_all(request.as_bytes()).await.unwrap();
    let order = TriggerOrder {
        event_type: "REFUND.SUCCESS".to_owned(),
        at: Some("http://127.0.0.1:1/n".to_owned()),
        ..TriggerOrder::default()
    };
    sandbox.control().trigger(&order).unwrap();
    let mut lines = BufReader::new(stream).lines();
    let row = loop {
        let line = lines.next_line().await.unwrap().unwrap();
        if line.contains("/console/exchange/1") {
            break line;
        }
    };
    assert!(row.starts_with("data: "), "{row}");
}
