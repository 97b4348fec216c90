//! weipay-sandbox
