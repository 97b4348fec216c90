//! Every fault there is, by id and form.

use std::time::Duration;

use super::action::{Action, Delivery, Tampering};

/// What a fault does; [`Fault::known`](super::Fault::known) lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FaultKind {
    /// The id, such as `T01`.
    pub id: &'static str,
    /// What happens.
    pub title: &'static str,
    /// Its forms; the first is the default.
    pub variants: &'static [&'static str],
}

const fn kind(id: &'static str, title: &'static str, variants: &'static [&'static str]) -> FaultKind {
    FaultKind { id, title, variants }
}

const ONE: &[&str] = &["default"];
/// How long a slow answer takes unless told.
const SLOW: Duration = Duration::from_secs(60);

/// On answers first, then on notifications.
pub(super) const KNOWN: &[FaultKind] = &[
    kind("R01", "a 2xx whose signature is over another body", ONE),
    kind("R02", "a 2xx with a probe signature, WECHATPAY/SIGNTEST/…", ONE),
    kind("R03", "a 2xx without any signature header", ONE),
    kind("R05", "a 2xx whose Wechatpay-Timestamp is 301 seconds off, validly signed", &["behind", "ahead"]),
    kind("R07", "a 2xx that names an unknown certificate serial", ONE),
    kind("R08", "a 2xx that names an unknown public key id", ONE),
    kind("R15", "executed, then a signed 200 that carries an error body", ONE),
    kind("R16", "a refusal whose signature is over another body", ONE),
    kind("R18", "a good body under a wrong Content-Type", &["text", "none"]),
    kind(
        "K08",
        "401, because the merchant's certificate is no longer taken",
        &["replaced", "expired", "revoked"],
    ),
    kind("K11", "a sensitive member of the answer is encrypted to the merchant's other certificate", ONE),
    kind("T01", "executed, then the connection is reset before any byte", ONE),
    kind("T02", "executed, then 500 SYSTEM_ERROR", ONE),
    kind("T03", "executed, then a late answer; 60 seconds unless told", ONE),
    kind("T04", "not executed: 503, 502, 500 or 429", &["503", "502", "500", "429"]),
    kind("T05", "executed, then the body ends half-way", ONE),
    kind("T06", "executed, then the head, half of the body, and silence", ONE),
    kind("T08", "202, not executed", ONE),
    kind("T09", "400 SYSTEM_ERROR, not executed or executed", &["before", "after"]),
    kind(
        "T10",
        "the main host is not there: its TLS handshake fails, a connection to it is reset; not executed. The backup host is",
        ONE,
    ),
    kind("T11", "a good answer, and a connection that is reset when it is used again", ONE),
    kind("T12", "a redirect to another host, not executed", &["302", "301"]),
    kind("F04", "a download address that can no longer be used", &["401", "403", "404"]),
    kind(
        "F07",
        "a statement that is not there yet, or not at all",
        &["STATEMENT_CREATING", "NO_STATEMENT_EXIST"],
    ),
    kind("K07", "a notification signed by the other kind of platform key", ONE),
    kind("N01", "the same notification twice, one after the other", ONE),
    kind("N02", "the same event again under another id", ONE),
    kind("N03", "two copies of a notification at the same time", ONE),
    kind("N05", "a notification that comes a day late, or never", &["late", "never"]),
    kind("N06", "a notification whose timestamp is 301 seconds old, validly signed", ONE),
    kind(
        "N07",
        "a notification that was changed after it was signed: one byte, or only its white space",
        &["byte", "reserialised"],
    ),
    kind("N08", "a resource sealed with another key, in a validly signed notification", ONE),
    kind("N11", "a notification with a probe signature", ONE),
    kind("N12", "a notification that names an unknown serial", ONE),
    kind("N16", "a notification without signature headers", ONE),
];

/// What one form of a fault does.
pub(super) fn action(id: &str, variant: &str) -> Action {
    match (id, variant) {
        ("R01", _) => Action::Sign(Tampering::OtherBody),
        ("R02", _) => Action::Sign(Tampering::Probe),
        ("R03", _) => Action::Sign(Tampering::None),
        ("R05", "behind") => Action::Sign(Tampering::Timestamp(-301)),
        ("R05", _) => Action::Sign(Tampering::Timestamp(301)),
        ("R07", _) => Action::Sign(Tampering::Serial("5157F09EFDC096DE15EBE81A47057A7232F1B8E1")),
        ("R08", _) => Action::Sign(Tampering::Serial("PUB_KEY_ID_0000000000000000000000000000009999")),
        ("R15", _) => Action::ErrorBody,
        ("R16", _) => Action::SignRefusal,
        ("R18", "none") => Action::ContentType(None),
        ("R18", _) => Action::ContentType(Some("text/plain")),
        ("K08", "expired") => Action::Refuse(401, "SIGN_ERROR", "商户证书已过期"),
        ("K08", "revoked") => Action::Refuse(401, "SIGN_ERROR", "商户证书已作废"),
        ("K08", _) => Action::Refuse(401, "SIGN_ERROR", "已更换证书，请使用新证书"),
        ("K11", _) => Action::OtherCertificate,
        ("T01", _) => Action::Reset,
        ("T02", _) => Action::After(500),
        ("T03", _) => Action::Delay(SLOW),
        ("T04", "500") => Action::Instead(500),
        ("T04", "502") => Action::Instead(502),
        ("T04", "429") => Action::Instead(429),
        ("T05", _) => Action::CutBody,
        ("T06", _) => Action::Stall,
        ("T08", _) => Action::Instead(202),
        ("T09", "before") => Action::Instead(400),
        ("T09", _) => Action::After(400),
        ("T10", _) => Action::NotThere,
        ("T11", _) => Action::CloseOnReuse,
        ("T12", "301") => Action::Instead(301),
        ("T12", _) => Action::Instead(302),
        ("F04", "403") => Action::Refuse(403, "NO_AUTH", "无权下载该文件"),
        ("F04", "404") => Action::Refuse(404, "RESOURCE_NOT_EXISTS", "文件不存在"),
        ("F04", _) => Action::Refuse(401, "SIGN_ERROR", "下载地址已失效"),
        ("F07", "NO_STATEMENT_EXIST") => Action::Refuse(400, "NO_STATEMENT_EXIST", "账单文件不存在"),
        ("F07", _) => Action::Refuse(400, "STATEMENT_CREATING", "账单生成中"),
        ("K07", _) => Action::Deliver(Delivery::OtherKey),
        ("N01", _) => Action::Deliver(Delivery::Again),
        ("N02", _) => Action::Deliver(Delivery::OtherId),
        ("N03", _) => Action::Deliver(Delivery::Twice),
        ("N05", "never") => Action::Deliver(Delivery::Never),
        ("N05", _) => Action::Deliver(Delivery::Late(Duration::from_secs(24 * 3600))),
        ("N06", _) => Action::Deliver(Delivery::Sign(Tampering::Timestamp(-301))),
        ("N07", "reserialised") => Action::Deliver(Delivery::Sign(Tampering::Reserialised)),
        ("N07", _) => Action::Deliver(Delivery::Sign(Tampering::OtherBody)),
        ("N08", _) => Action::Deliver(Delivery::WrongKey),
        ("N11", _) => Action::Deliver(Delivery::Sign(Tampering::Probe)),
        ("N12", _) => {
            Action::Deliver(Delivery::Sign(Tampering::Serial("5157F09EFDC096DE15EBE81A47057A7232F1B8E1")))
        }
        ("N16", _) => Action::Deliver(Delivery::Sign(Tampering::None)),
        _ => Action::Instead(503),
    }
}
