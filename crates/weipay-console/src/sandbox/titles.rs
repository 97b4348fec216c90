//! What the faults are called in Chinese.

const TITLES: &[(&str, &str)] = &[
    ("R01", "2xx 应答的签名对应另一份正文"),
    ("R02", "2xx 应答带探测签名 WECHATPAY/SIGNTEST/…"),
    ("R03", "2xx 应答没有任何签名头"),
    ("R05", "2xx 应答签名有效，但 Wechatpay-Timestamp 偏差 301 秒"),
    ("R07", "2xx 应答的证书序列号未知"),
    ("R08", "2xx 应答的公钥 ID 未知"),
    ("R15", "已执行，随后返回已签名的 200，正文却是错误"),
    ("R16", "拒绝应答的签名对应另一份正文"),
    ("R18", "正文正确，Content-Type 错误"),
    ("K08", "401：商户证书不再被接受"),
    ("K11", "应答中的敏感字段用商户的另一张证书加密"),
    ("T01", "已执行，随后在返回任何字节前重置连接"),
    ("T02", "已执行，随后返回 500 SYSTEM_ERROR"),
    ("T03", "已执行，随后迟迟才应答；默认 60 秒"),
    ("T04", "未执行：503、502、500 或 429"),
    ("T05", "已执行，随后正文中途结束"),
    ("T06", "已执行，随后只有头部和一半正文，再无声息"),
    ("T08", "202，未执行"),
    ("T09", "400 SYSTEM_ERROR，未执行或已执行"),
    ("T10", "主域名不可用：TLS 握手失败，请求未执行"),
    ("T11", "应答正常，连接再次使用时被重置"),
    ("T12", "重定向到另一主机，未执行"),
    ("F04", "下载地址不再可用"),
    ("F07", "账单尚未生成，或不存在"),
    ("K07", "通知用另一种平台密钥签名"),
    ("N01", "同一通知先后发送两次"),
    ("N02", "同一事件以另一个通知 ID 再次发送"),
    ("N03", "同一通知同时发送两份"),
    ("N05", "通知迟到一天，或永远不到"),
    ("N06", "通知签名有效，时间戳却是 301 秒前"),
    ("N07", "通知在签名后被改动：一个字节，或仅空白"),
    ("N08", "通知签名有效，resource 却用另一密钥加密"),
    ("N11", "通知带探测签名"),
    ("N12", "通知的序列号未知"),
    ("N16", "通知没有签名头"),
];

/// The fault's Chinese title; its English one where there is none yet.
pub(super) fn chinese<'a>(id: &str, english: &'a str) -> &'a str {
    TITLES.iter().find(|(known, _)| *known == id).map_or(english, |(_, title)| title)
}

#[cfg(test)]
mod tests {
    use weipay_sandbox::Fault;

    use super::TITLES;

    #[test]
    fn every_fault_has_a_chinese_title_and_no_other() {
        let known: Vec<&str> = Fault::known().iter().map(|kind| kind.id).collect();
        assert_eq!(TITLES.iter().map(|(id, _)| *id).collect::<Vec<_>>(), known);
    }
}
