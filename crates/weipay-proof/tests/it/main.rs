//! The proof's own judgement.
