//! weipay
