//! weipay-core
