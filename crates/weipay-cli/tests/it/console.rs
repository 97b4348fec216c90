//! The consoles of `weipay up` in a browser.

use crate::browser::{Browser, Up};

#[test]
#[ignore = "needs a browser: nightly"]
fn a_parked_case_is_redriven_in_the_relays_console_and_its_timeline_shows_it_settled() {
    // The certificate is refused once: the decision was not heard, and the relay does not guess.
    let up = Up::start(&["--think", "10", "--fault", "K08"]);
    let Some(browser) = Browser::open(up.at("shop")) else { return };
    browser.until("document.querySelectorAll('.member').length === 2");
    browser.press(".member button.exchange");
    browser.until("document.querySelector('li.exchange .end')?.textContent.startsWith('Nobody knows yet')");

    // From the sandbox's console to the relay's, and to what waits for a person.
    browser.go(up.at("sandbox"));
    browser.until("document.querySelector('.rows .status.bad')?.textContent === '401'");
    browser.press(".aside a");
    browser.until(&format!("location.origin === '{}'", up.at("admin")));
    browser.until("document.querySelector('.figures a.bad')?.textContent === '1'");
    assert!(browser.fits(), "the overview can be pushed sideways");
    browser.press(".figures a.bad");
    browser.until("document.querySelector('.cards .state.wrong')?.textContent === 'parked'");
    assert!(browser.fits(), "the dead letters can be pushed sideways");

    // The dry run tells, and changes nothing.
    browser.press(".pick input");
    browser.press("form[action$=redrive] button:not([name])");
    browser.until("document.querySelector('[name=sure]') !== null");
    let told = "[...document.querySelectorAll('main .state')].map((one) => one.textContent).join(' ')";
    assert_eq!(browser.ask(told), "parked waiting");
    assert!(browser.fits(), "the dry run can be pushed sideways");
    let letters = format!("{}/console/letters", up.at("admin"));
    browser.press("button.main");

    // The timeline is that of the case, and goes on by itself.
    browser.until("location.pathname === '/console/case'");
    let settled = |job: &str| {
        format!("[...document.querySelectorAll('.steps .good b')].some((one) => one.textContent === '{job}')")
    };
    browser.until(&settled("confirm"));
    browser.until(&settled("confirm/settled"));
    let text = "document.querySelector('.timeline').textContent";
    let life = browser.ask(text);
    let life = life.as_str().unwrap();
    for part in ["Received", "HTTP 401", "By hand", "redrive", "local/browser", "HTTP 200", "settled"] {
        assert!(life.contains(part), "{part}: {life}");
    }
    assert!(browser.fits(), "the timeline can be pushed sideways");
    browser.go(&letters);
    browser.until("document.querySelector('.empty') !== null");
    for path in ["/console/settlement", "/console/limits", "/console/refused", "/console/audit"] {
        browser.go(&format!("{}{path}", up.at("admin")));
        assert!(browser.fits(), "{path} can be pushed sideways");
    }

    browser.go(up.at("shop"));
    browser.until("document.querySelector('li.exchange .end')?.textContent === 'Coupon SHOP00000001'");
}
