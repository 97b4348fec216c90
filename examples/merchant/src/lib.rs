//! The small merchant.
