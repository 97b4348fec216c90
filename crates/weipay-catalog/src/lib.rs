//! weipay-catalog
