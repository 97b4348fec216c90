//! The consoles of `weipay up` in a browser.

use crate::browser::{Browser, Up};

#[test]
#[ignore = "needs a browser: nightly"]
fn a_paused_merchant_is_released_in_the_relays_console_and_the_timeline_shows_the_case_settled() {
    // The certificate is refused once: nothing of this merchant is heard, so its calls wait.
    let up = Up::start(&["--think", "10", "--fault", "K08"]);
    let Some(browser) = Browser::open(up.at("shop")) else { return };
    browser.until("document.querySelectorAll('.member').length === 2");
    browser.press(".member button.exchange");

    // From the sandbox's console to the relay's, and to what is held.
    browser.go(up.at("sandbox"));
    browser.until("document.querySelector('.rows .status.bad')?.textContent === '401'");
    browser.press(".aside a");
    browser.until(&format!("location.origin === '{}'", up.at("admin")));
    browser.until("document.querySelector('.banner') !== null");
    assert!(browser.fits(), "the overview can be pushed sideways");
    browser.press(".banner a");
    browser.until("location.pathname === '/console/limits'");
    browser.press("form[action$=release] button");
    browser.until("document.querySelector('form[action$=release]') === null");

    // The timeline is that of the case.
    browser.go(up.at("shop"));
    browser.until("document.querySelector('li.exchange .end')?.textContent === 'Coupon SHOP00000001'");
    browser.go(&format!("{}/console/settlement", up.at("admin")));
    browser.press("a[href*='/console/case']");
    browser.until("location.pathname === '/console/case'");
    let settled = |job: &str| {
        format!("[...document.querySelectorAll('.steps .good b')].some((one) => one.textContent === '{job}')")
    };
    browser.until(&settled("confirm"));
    browser.until(&settled("confirm/settled"));
    let text = "document.querySelector('.timeline').textContent";
    let life = browser.ask(text);
    let life = life.as_str().unwrap();
    for part in ["Received", "HTTP 401", "HTTP 200", "settled"] {
        assert!(life.contains(part), "{part}: {life}");
    }
    assert!(browser.fits(), "the timeline can be pushed sideways");
    browser.go(&format!("{}/console/letters", up.at("admin")));
    browser.until("document.querySelector('.empty') !== null");
    for path in ["/console/settlement", "/console/limits", "/console/refused", "/console/audit"] {
        browser.go(&format!("{}{path}", up.at("admin")));
        assert!(browser.fits(), "{path} can be pushed sideways");
    }
}
