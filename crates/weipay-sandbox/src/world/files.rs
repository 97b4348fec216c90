//! Files: what was uploaded, what can be downloaded, and the trades of which bills are made.

use bytes::Bytes;
use jiff::Timestamp;

/// What the upload and download families know.
#[derive(Debug, Clone, Default)]
pub struct Files {
    /// What callers have uploaded.
    pub uploads: Vec<UploadedFile>,
    /// What stands behind the download addresses that were given out.
    pub offered: Vec<OfferedFile>,
    /// Every movement of money, oldest first: what daily bills are made of. The payment families write it.
    pub trades: Vec<Trade>,
}

/// A file that a caller has uploaded.
#[derive(Debug, Clone)]
pub struct UploadedFile {
    /// What the answer named it.
    pub media_id: String,
    /// mchid or brand id of the caller.
    pub owner: String,
    /// The name that it was sent under.
    pub name: String,
    /// Its content.
    pub bytes: Bytes,
}

/// A file behind a download address.
#[derive(Debug, Clone)]
pub struct OfferedFile {
    /// The token in the address.
    pub token: String,
    /// The only mchid that may fetch it.
    pub owner: String,
    /// Until when, business time.
    pub expires: Timestamp,
    /// Its content, before compression.
    pub bytes: Bytes,
    /// Sent compressed.
    pub gzip: bool,
    /// Of the file.
    pub media_type: &'static str,
}

/// One payment or refund as a bill shows it. Amounts are in fen.
#[derive(Debug, Clone, Default)]
pub struct Trade {
    /// When it happened, in business time.
    pub time: Timestamp,
    /// The app.
    pub appid: String,
    /// The merchant or partner whose bill has it.
    pub mchid: String,
    /// The sub-merchant, in partner mode.
    pub sub_mchid: Option<String>,
    /// `WeChat`'s order number.
    pub transaction_id: String,
    /// The merchant's order number.
    pub out_trade_no: String,
    /// The payer.
    pub openid: String,
    /// `JSAPI`, `NATIVE`, `APP`, `MWEB`, `MICROPAY`.
    pub trade_type: String,
    /// What was paid.
    pub amount: i64,
    /// What the merchant calls it.
    pub description: String,
    /// What the merchant attached.
    pub attach: String,
    /// Present where this is a refund of the order.
    pub refund: Option<TradeRefund>,
}

/// The part of a [`Trade`] that only refunds have.
#[derive(Debug, Clone, Default)]
pub struct TradeRefund {
    /// `WeChat`'s refund number.
    pub refund_id: String,
    /// The merchant's refund number.
    pub out_refund_no: String,
    /// What was given back.
    pub amount: i64,
}
