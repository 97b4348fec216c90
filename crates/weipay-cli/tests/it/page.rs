//! The shop's page in a browser.

use std::time::{Duration, Instant};

use crate::browser::{Browser, Up};

#[test]
#[ignore = "needs a browser: nightly"]
fn the_page_goes_from_received_over_decided_to_confirmed_by_itself() {
    let up = Up::start(&["--think", "1500", "--fault", "T01"]);
    let Some(browser) = Browser::open(up.at("shop")) else { return };

    browser.until("document.querySelectorAll('.member').length === 2");
    let points = "document.querySelector('.member b').textContent";
    assert_eq!(browser.ask(points), "350");
    browser.press(".member button.exchange");

    // The first answer to the decision is lost (T01): it stands as decided until the relay has repeated it.
    let steps = "[...document.querySelectorAll('li.exchange [data-step].done')].map((one) => one.dataset.step).join(' ')";
    let mut seen: Vec<String> = Vec::new();
    let begun = Instant::now();
    while seen.last().is_none_or(|last| last != "received decided confirmed") {
        assert!(begun.elapsed() < Duration::from_secs(30), "{seen:?}");
        let now = browser.ask(steps).as_str().unwrap().to_owned();
        if seen.last() != Some(&now) {
            seen.push(now);
        }
    }
    seen.retain(|step| !step.is_empty());
    assert_eq!(seen, ["received", "received decided", "received decided confirmed"]);
    assert_eq!(browser.ask(points), "250");
    let end = "document.querySelector('li.exchange .end').textContent";
    assert_eq!(browser.ask(end), "Coupon SHOP00000001");
    let clock = r"[...document.querySelectorAll('li.exchange time')].every((one) => /^\d\d:\d\d:\d\d\.\d$/.test(one.textContent))";
    assert_eq!(browser.ask(clock), true);

    browser.press(".member button.pay");
    browser.until("document.querySelector('.member b').textContent === '378'");
    browser.press("[data-lang=zh]");
    assert_eq!(browser.ask("document.querySelector('[data-step=confirmed] span').textContent"), "已确认");
    assert_eq!(browser.ask("document.documentElement.lang"), "zh");
    assert!(browser.fits(), "it can be pushed sideways");
}
