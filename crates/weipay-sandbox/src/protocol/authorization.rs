//! The Authorization header: one scheme, one blank, five `key="value"` pairs in any order.

use super::{BRAND_SCHEME, MERCHANT_SCHEME};

/// Who signed, by which scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Merchant,
    Brand,
}

impl Scheme {
    /// The name on the wire, also the value of `Wechatpay-Signature-Type`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Merchant => MERCHANT_SCHEME,
            Self::Brand => BRAND_SCHEME,
        }
    }

    /// What the identity is called in the header.
    fn identity(self) -> &'static str {
        match self {
            Self::Merchant => "mchid",
            Self::Brand => "brand_id",
        }
    }
}

/// The five values of the header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authorization {
    pub(crate) scheme: Scheme,
    /// mchid or brand id.
    pub(crate) identity: String,
    pub(crate) nonce: String,
    pub(crate) timestamp: String,
    pub(crate) serial: String,
    pub(crate) signature: String,
}

/// Why a header is not one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Malformed {
    /// Another scheme, such as Bearer.
    Scheme,
    /// The pairs do not follow the form; says what is wrong.
    Pairs(&'static str),
}

/// Reads the header. Blanks, single quotes and full-width commas are mistakes, as on the real server.
pub(crate) fn parse(header: &str) -> Result<Authorization, Malformed> {
    let (name, pairs) = header.split_once(' ').ok_or(Malformed::Scheme)?;
    let scheme = [Scheme::Merchant, Scheme::Brand]
        .into_iter()
        .find(|scheme| scheme.as_str() == name)
        .ok_or(Malformed::Scheme)?;
    if pairs.contains('，') {
        return Err(Malformed::Pairs("a full-width comma stands between the pairs"));
    }
    if pairs.contains('\'') {
        return Err(Malformed::Pairs("single quotes instead of double quotes"));
    }
    let mut values: [Option<&str>; 5] = [None; 5];
    let names = [scheme.identity(), "nonce_str", "timestamp", "serial_no", "signature"];
    for pair in pairs.split(',') {
        let (key, value) = pair.split_once('=').ok_or(Malformed::Pairs("a pair without an equals sign"))?;
        if key.trim() != key || value.trim() != value {
            return Err(Malformed::Pairs("blanks between the pairs"));
        }
        let value = value
            .strip_prefix('"')
            .and_then(|value| value.strip_suffix('"'))
            .ok_or(Malformed::Pairs("a value without double quotes"))?;
        let place = names
            .iter()
            .position(|name| *name == key)
            .ok_or(Malformed::Pairs("a pair that does not belong to this scheme"))?;
        if values[place].replace(value).is_some() {
            return Err(Malformed::Pairs("a pair appears twice"));
        }
    }
    let [Some(identity), Some(nonce), Some(timestamp), Some(serial), Some(signature)] = values else {
        return Err(Malformed::Pairs("one of the five pairs is missing"));
    };
    if values.into_iter().flatten().any(str::is_empty) {
        return Err(Malformed::Pairs("one of the five values is empty"));
    }
    Ok(Authorization {
        scheme,
        identity: identity.into(),
        nonce: nonce.into(),
        timestamp: timestamp.into(),
        serial: serial.into(),
        signature: signature.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_the_pairs_is_free() {
        let one = r#"WECHATPAY2-SHA256-RSA2048 mchid="1",nonce_str="n",signature="s==",timestamp="5",serial_no="A""#;
        let two = r#"WECHATPAY2-SHA256-RSA2048 serial_no="A",timestamp="5",signature="s==",nonce_str="n",mchid="1""#;
        assert_eq!(parse(one), parse(two));
        let read = parse(one).unwrap();
        assert_eq!((read.identity.as_str(), read.signature.as_str()), ("1", "s=="));
    }

    #[test]
    fn what_is_not_the_form_is_named() {
        let with = |pairs: &str| parse(&format!("WECHATPAY2-SHA256-RSA2048 {pairs}"));
        let good = r#"mchid="1",nonce_str="n",signature="s",timestamp="5",serial_no="A""#;
        assert!(with(good).is_ok());
        for bad in [
            good.replace('"', "'"),
            good.replace(',', ", "),
            good.replace(',', "，"),
            good.replace("mchid=", "brand_id="),
            good.replace("\"5\"", "5"),
            good.replace("\"5\"", "\"\""),
            format!("{good},mchid=\"2\""),
            good.replacen("mchid=\"1\",", "", 1),
        ] {
            assert!(matches!(with(&bad), Err(Malformed::Pairs(_))), "{bad}");
        }
        assert_eq!(parse("Bearer abc"), Err(Malformed::Scheme));
        assert_eq!(parse("WECHATPAY2-SHA256-RSA2048"), Err(Malformed::Scheme));
    }
}
