//! weipay-testkit
