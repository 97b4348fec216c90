//! The payer's page: `/sandbox/pay/{prepay_id}` stands for the user's phone. It shows what is to be paid and takes the
//! decision by a form. It is not part of the API: nothing is signed, and only its own page may post to it.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, VARY};
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;

use super::received::Received;
use crate::journal::{Basis, Entry};
use crate::protocol::{percent, time};
use crate::rules;
use crate::shared::Shared;
use crate::world::{Order, OrderState};

/// Where the pages are.
pub(super) const PATH: &str = "/sandbox/pay/";
/// No script, nothing from elsewhere, forms only to this server.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Answers a request for a payer's page.
pub(super) fn answer(shared: &Shared, received: &Received, entry: &mut Entry) -> Response<Full<Bytes>> {
    entry.basis = Some(Basis::Rule);
    let language = Language::of(received);
    match received.method.as_str() {
        "GET" | "HEAD" => show(shared, received, language),
        "POST" if !same_origin(received) => {
            entry.notes.push("the form came from another site; refused".to_owned());
            page(
                StatusCode::FORBIDDEN,
                &message(language, language.say("请求来自其他网站", "This form came from another site")),
            )
        }
        "POST" => decide(shared, received, language, entry),
        _ => page(StatusCode::METHOD_NOT_ALLOWED, ""),
    }
}

/// A browser says where a form comes from: by Origin, or at least by Sec-Fetch-Site.
fn same_origin(received: &Received) -> bool {
    let host = received.header("host").unwrap_or_default();
    match received.header("origin") {
        Some(origin) => {
            let origin = origin.split_once("://").map(|(_, authority)| authority);
            origin.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
        }
        None => received.header("sec-fetch-site") == Some("same-origin"),
    }
}

/// The orders that wait in a session.
fn orders(shared: &Shared, received: &Received) -> Option<Vec<Order>> {
    let state = shared.state();
    let session = rules::payment_session(&state, received.path()).ok()?;
    Some(session.parts.iter().map(|at| state.world.payments.orders[*at].clone()).collect())
}

fn show(shared: &Shared, received: &Received, language: Language) -> Response<Full<Bytes>> {
    let Some(orders) = orders(shared, received) else { return unknown(language) };
    let now = shared.state().clock.business();
    page(StatusCode::OK, &language.page(received, &orders, now))
}

fn unknown(language: Language) -> Response<Full<Bytes>> {
    page(
        StatusCode::NOT_FOUND,
        &message(language, language.say("没有这个支付会话", "There is no such payment session")),
    )
}

/// Pays or turns away, and leads back to the page, so that a reload does nothing twice.
fn decide(
    shared: &Shared,
    received: &Received,
    language: Language,
    entry: &mut Entry,
) -> Response<Full<Bytes>> {
    let form = std::str::from_utf8(&received.body).map(percent::pairs).unwrap_or_default();
    let act = form.iter().find(|(name, _)| name == "act").map(|(_, value)| value.as_str());
    let outcome = {
        let mut state = shared.state();
        let Ok(session) = rules::payment_session(&state, received.path()) else { return unknown(language) };
        match act {
            Some("pay") => rules::pay(&mut state, &session).map(drop),
            Some("cancel") => rules::cancel_payment(&mut state, &session),
            _ => return page(StatusCode::BAD_REQUEST, &message(language, "act = pay | cancel")),
        }
    };
    match outcome {
        Ok(()) => {
            let mut response = page(StatusCode::SEE_OTHER, "");
            let gone = if act == Some("cancel") { "cancelled=1&" } else { "" };
            let query = received.query().replace("cancelled=1&", "");
            let target = format!("{}?{gone}{query}", received.path());
            if let Ok(target) = HeaderValue::from_str(&target) {
                response.headers_mut().insert(LOCATION, target);
            }
            response
        }
        Err(error) => {
            entry.notes.push(error.to_string());
            let text = language.say("现在无法支付此订单", "This order cannot be paid now");
            page(StatusCode::CONFLICT, &message(language, text))
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    Chinese,
    English,
}

impl Language {
    /// `lang` in the query, else the browser's first choice, else Chinese.
    fn of(received: &Received) -> Self {
        let asked = percent::pairs(received.query()).into_iter().find(|(name, _)| name == "lang");
        let asked = asked.map(|(_, value)| value);
        let wanted = asked.as_deref().or_else(|| received.header("accept-language")).unwrap_or("zh");
        if wanted.starts_with("en") { Self::English } else { Self::Chinese }
    }

    const fn say(self, chinese: &'static str, english: &'static str) -> &'static str {
        match self {
            Self::Chinese => chinese,
            Self::English => english,
        }
    }

    const fn code(self) -> &'static str {
        self.say("zh-CN", "en")
    }

    fn page(self, received: &Received, orders: &[Order], now: jiff::Timestamp) -> String {
        let total: i64 = orders.iter().map(|order| order.total).sum();
        let parts: String = orders.iter().map(|order| self.part(order)).collect();
        let (status, open) = self.status(orders, now);
        let query = percent::pairs(received.query());
        let query =
            |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
        let cancelled = open && query("cancelled").is_some();
        let notice = if cancelled {
            self.say("已取消，订单仍可支付", "Cancelled; the order can still be paid")
        } else {
            status
        };
        let form = if open { self.form() } else { String::new() };
        let back =
            query("redirect_url").filter(|url| url.starts_with("http://") || url.starts_with("https://"));
        let back = back.map_or_else(String::new, |url| {
            format!(
                "<p><a rel=\"noreferrer\" href=\"{}\">{}</a></p>",
                escape(url),
                self.say("返回商家", "Back to the merchant")
            )
        });
        let other = self.other(received.query());
        let body = format!(
            "<p class=\"sum\">¥{}</p><p role=\"status\">{notice}</p>{parts}{form}{back}<footer>{}<br>{other}</footer>",
            yuan(total),
            self.say("weipay 沙箱：不会产生真实扣款", "weipay sandbox: no money moves"),
        );
        frame(self, &body)
    }

    /// The link to the page in the other language.
    fn other(self, query: &str) -> String {
        let kept = query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("lang="));
        let kept = kept.map(|pair| escape(pair) + "&amp;").collect::<String>();
        let (code, name) = match self {
            Self::Chinese => ("en", "English"),
            Self::English => ("zh-CN", "中文"),
        };
        format!("<a href=\"?{kept}lang={code}\" lang=\"{code}\">{name}</a>")
    }

    /// What is sold, by whom, under which number.
    fn part(self, order: &Order) -> String {
        let row = |name: &str, value: &str| format!("<dt>{name}</dt><dd>{}</dd>", escape(value));
        format!(
            "<dl>{}{}{}{}{}</dl>",
            row(self.say("商品", "For"), &order.description),
            row(self.say("金额", "Amount"), &format!("¥{}", yuan(order.total))),
            row(self.say("商户号", "Merchant"), order.seller()),
            row(self.say("商户订单号", "Order"), &order.out_trade_no),
            row(self.say("有效期至", "Until"), &time::print(order.prepay_expires.min(order.expires))),
        )
    }

    /// Where the orders stand, and whether they can be paid.
    fn status(self, orders: &[Order], now: jiff::Timestamp) -> (&'static str, bool) {
        let over = orders.iter().any(|order| order.prepay_expires <= now);
        match orders.first().map(|order| order.state_at(now)) {
            Some(OrderState::NotPay) if over => {
                (self.say("支付会话已过期", "The payment session is over"), false)
            }
            Some(OrderState::NotPay | OrderState::UserPaying) => (self.say("待支付", "To be paid"), true),
            Some(OrderState::Success) => (self.say("支付成功", "Paid"), false),
            Some(OrderState::Revoked) => (self.say("订单已撤销", "Reversed"), false),
            Some(OrderState::PayError) => (self.say("支付失败", "The payment failed"), false),
            Some(OrderState::Closed) | None => (self.say("订单已关闭", "Closed"), false),
        }
    }

    fn form(self) -> String {
        format!(
            "<form method=\"post\"><button name=\"act\" value=\"pay\">{}</button>\
             <button class=\"quiet\" name=\"act\" value=\"cancel\">{}</button></form>",
            self.say("立即支付", "Pay"),
            self.say("取消", "Cancel"),
        )
    }
}

const STYLE: &str = "body{margin:0;background:#f4f4f4;color:#1a1a1a;font:16px/1.5 system-ui,sans-serif}\
main{max-width:26rem;margin:0 auto;padding:1.5rem 1rem;box-sizing:border-box}\
h1{font-size:1.1rem;text-align:center;margin:0}.sum{font-size:2.5rem;text-align:center;margin:1rem 0 0}\
p{text-align:center}dl{background:#fff;border-radius:.5rem;padding:1rem;display:grid;grid-template-columns:auto 1fr;gap:.25rem 1rem}\
dt{color:#595959}dd{margin:0;text-align:right;overflow-wrap:anywhere}\
button{display:block;width:100%;margin:.75rem 0;padding:.8rem;border:0;border-radius:.5rem;font:inherit;background:#067a3c;color:#fff}\
.quiet{background:#fff;color:#1a1a1a;border:1px solid #8c8c8c}footer{color:#595959;font-size:.85rem;text-align:center;margin-top:2rem}";

fn frame(language: Language, body: &str) -> String {
    let title = language.say("微信支付沙箱", "WeChat Pay sandbox");
    format!(
        "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style><main><h1>{title}</h1>{body}</main></html>",
        language.code()
    )
}

fn message(language: Language, text: &str) -> String {
    frame(language, &format!("<p role=\"alert\">{}</p>", escape(text)))
}

fn yuan(fen: i64) -> String {
    format!("{}.{:02}", fen / 100, fen % 100)
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

fn page(status: StatusCode, html: &str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(html.to_owned())));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, POLICY),
        // With no-referrer a browser would send `Origin: null`.
        (REFERRER_POLICY, "same-origin"),
        (CACHE_CONTROL, "no-store"),
        (VARY, "accept-language"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}
