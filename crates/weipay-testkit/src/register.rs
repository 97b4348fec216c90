//! The register of faults.
