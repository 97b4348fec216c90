//! What a person does in WeChat. The shop's page has buttons for it; who carries them out is somebody else.

use std::fmt;

use async_trait::async_trait;

use crate::Member;

/// The member's telephone: the sandbox, behind `weipay up`.
#[async_trait]
pub trait Tap: fmt::Debug + Send + Sync + 'static {
    /// The member exchanges points for a coupon. Answers the `record_id`.
    async fn exchange(&self, member: &Member) -> Result<String, TapError>;

    /// The member pays so many fen. Answers the `transaction_id`.
    async fn pay(&self, member: &Member, amount: u64) -> Result<String, TapError>;
}

/// Why nothing came of it, in words for the page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TapError(pub String);

impl fmt::Display for TapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for TapError {}
