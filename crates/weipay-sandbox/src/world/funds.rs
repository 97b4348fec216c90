//! Merchants' accounts: every movement of money, and what is left. Amounts are in fen.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the accounts know.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Funds {
    /// Movements, oldest first.
    pub flows: Vec<Flow>,
    /// What merchants have; a merchant without a line has nothing.
    pub accounts: Vec<Account>,
    /// The fee for a payment, in hundredths of a percent; 60 if not said, which is 0.60 %.
    pub fee_rate: i64,
}

impl Default for Funds {
    fn default() -> Self {
        Self { flows: Vec::new(), accounts: Vec::new(), fee_rate: 60 }
    }
}

/// The basic account (基本账户) of a merchant.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Account {
    /// Whose it is.
    pub mchid: String,
    /// Fen, also those that are frozen for profit sharing.
    pub balance: i64,
}

/// One movement.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Flow {
    /// Whose account.
    pub mchid: String,
    /// Business time.
    pub at: Timestamp,
    /// `WeChat`'s number of what caused it: a `transaction_id`, a `refund_id`, …
    pub business_id: String,
    /// The number of the movement itself.
    pub flow_id: String,
    /// 业务名称 and 业务类型 of the bill.
    pub kind: FlowKind,
    /// Fen; negative is money that leaves.
    pub amount: i64,
    /// What was left after it.
    pub balance: i64,
    /// The merchant's number of what caused it.
    pub voucher: String,
    /// In words.
    pub remark: String,
}

/// What a movement of money is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
pub enum FlowKind {
    /// A payment came in.
    Trade,
    /// The fee for a payment.
    Fee,
    /// A refund, together with the fee that comes back.
    Refund,
    /// A payment by code was taken back, together with its fee.
    Reverse,
    /// A share of a payment went to somebody else, or came from there.
    ProfitSharing,
    /// A share came back.
    ProfitSharingReturn,
    /// A transfer to a user.
    Transfer,
    /// A transfer that was not taken came back.
    TransferReturn,
}

impl FlowKind {
    /// 业务名称 in the bill.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Trade => "交易",
            Self::Fee => "扣除交易手续费",
            Self::Refund => "退款",
            Self::Reverse => "撤销",
            Self::ProfitSharing => "分账",
            Self::ProfitSharingReturn => "分账回退",
            Self::Transfer => "商家转账",
            Self::TransferReturn => "商家转账退回",
        }
    }
}

impl Funds {
    /// The fee for so much, to the nearest fen.
    pub(crate) fn fee(&self, amount: i64) -> i64 {
        amount.saturating_mul(self.fee_rate).saturating_add(5_000) / 10_000
    }

    pub(crate) fn balance(&self, mchid: &str) -> i64 {
        self.accounts.iter().find(|account| account.mchid == mchid).map_or(0, |account| account.balance)
    }

    pub(crate) fn account(&mut self, mchid: &str) -> &mut Account {
        let at = self.accounts.iter().position(|account| account.mchid == mchid);
        let at = at.unwrap_or_else(|| {
            self.accounts.push(Account { mchid: mchid.to_owned(), balance: 0 });
            self.accounts.len() - 1
        });
        &mut self.accounts[at]
    }

    /// Moves money and writes it down.
    pub(crate) fn book(&mut self, flow: Flow) {
        let account = self.account(&flow.mchid);
        account.balance = account.balance.saturating_add(flow.amount);
        let balance = account.balance;
        self.flows.push(Flow { balance, ..flow });
    }
}
