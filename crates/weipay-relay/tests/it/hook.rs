//! The hook over HTTP.
