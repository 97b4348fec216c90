//! Faults on demand: what a network and a busy platform do to a client, by id and so many times.

use crate::Error;

/// One fault to inject: `Fault::new("T01")?.on("marketing_busifavor_coupons_use").times(1)`.
#[derive(Debug, Clone)]
pub struct Fault {
    kind: &'static FaultKind,
    variant: &'static str,
    operation: Option<String>,
    left: u32,
}

/// What a fault does; [`Fault::known`] lists them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct FaultKind {
    /// The id, such as `T01`.
    pub id: &'static str,
    /// What happens.
    pub title: &'static str,
    /// Its forms; the first is the default.
    pub variants: &'static [&'static str],
}

const fn kind(id: &'static str, title: &'static str, variants: &'static [&'static str]) -> FaultKind {
    FaultKind { id, title, variants }
}

const KNOWN: &[FaultKind] = &[
    kind("R01", "a 2xx whose signature is over another body", &["default"]),
    kind("R02", "a 2xx with a probe signature, WECHATPAY/SIGNTEST/…", &["default"]),
    kind("R03", "a 2xx without any signature header", &["default"]),
    kind("R05", "a 2xx whose Wechatpay-Timestamp is 301 seconds off, validly signed", &["behind", "ahead"]),
    kind("T01", "executed, then the connection is reset before any byte", &["default"]),
    kind("T02", "executed, then 500 SYSTEM_ERROR", &["default"]),
    kind("T04", "not executed: 503, 502, 500 or 429", &["503", "502", "500", "429"]),
    kind("T05", "executed, then the body ends half-way", &["default"]),
    kind("T09", "400 SYSTEM_ERROR, not executed or executed", &["before", "after"]),
];

impl Fault {
    /// The fault with this id, once, on any operation, in its default form.
    pub fn new(id: &str) -> Result<Self, Error> {
        let kind = KNOWN.iter().find(|kind| kind.id == id).ok_or_else(|| {
            let ids: Vec<_> = KNOWN.iter().map(|kind| kind.id).collect();
            Error::Fault(format!("there is no fault `{id}`; known are {}", ids.join(", ")))
        })?;
        Ok(Self { kind, variant: kind.variants[0], operation: None, left: 1 })
    }

    /// All that can be injected.
    pub fn known() -> &'static [FaultKind] {
        KNOWN
    }

    /// Only on the operation with this catalogue id.
    pub fn on(mut self, operation: &str) -> Self {
        self.operation = Some(operation.to_owned());
        self
    }

    /// So many times; 1 if not said.
    pub fn times(mut self, times: u32) -> Self {
        self.left = times;
        self
    }

    /// In this form; the error lists the forms there are.
    pub fn variant(mut self, variant: &str) -> Result<Self, Error> {
        self.variant = self.kind.variants.iter().find(|known| **known == variant).ok_or_else(|| {
            let known = self.kind.variants.join(", ");
            Error::Fault(format!("fault {} has no form `{variant}`; it has {known}", self.kind.id))
        })?;
        Ok(self)
    }

    /// Its id.
    pub fn id(&self) -> &'static str {
        self.kind.id
    }

    fn action(&self) -> Action {
        match (self.kind.id, self.variant) {
            ("R01", _) => Action::Sign(Tampering::OtherBody),
            ("R02", _) => Action::Sign(Tampering::Probe),
            ("R03", _) => Action::Sign(Tampering::None),
            ("R05", "behind") => Action::Sign(Tampering::Timestamp(-301)),
            ("R05", _) => Action::Sign(Tampering::Timestamp(301)),
            ("T01", _) => Action::Reset,
            ("T02", _) => Action::After(500),
            ("T04", "500") => Action::Instead(500),
            ("T04", "502") => Action::Instead(502),
            ("T04", "429") => Action::Instead(429),
            ("T05", _) => Action::CutBody,
            ("T09", "before") => Action::Instead(400),
            ("T09", _) => Action::After(400),
            _ => Action::Instead(503),
        }
    }
}

/// What a fault does to the exchange that it hits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// Answers this status and executes nothing.
    Instead(u16),
    /// Executes, then answers this status.
    After(u16),
    /// Executes, then resets the connection.
    Reset,
    /// Executes, then cuts the body.
    CutBody,
    /// Executes, then damages the signature.
    Sign(Tampering),
}

/// How a signature is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tampering {
    OtherBody,
    Probe,
    /// No signature headers at all.
    None,
    /// Seconds added to the timestamp before signing.
    Timestamp(i64),
}

/// The faults that are still to come.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    pub(crate) fn inject(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// The first fault that answers instead of this operation.
    pub(crate) fn before(&mut self, operation: &str) -> Option<(&'static str, Action)> {
        self.take(operation, |action| matches!(action, Action::Instead(_)))
    }

    /// The first fault that strikes after this operation succeeded.
    pub(crate) fn after(&mut self, operation: &str) -> Option<(&'static str, Action)> {
        self.take(operation, |action| !matches!(action, Action::Instead(_)))
    }

    fn take(&mut self, operation: &str, stage: fn(Action) -> bool) -> Option<(&'static str, Action)> {
        let fault = self.0.iter_mut().find(|fault| {
            let here = fault.operation.as_deref().is_none_or(|wanted| wanted == operation);
            here && fault.left > 0 && stage(fault.action())
        })?;
        fault.left -= 1;
        let taken = (fault.kind.id, fault.action());
        self.0.retain(|fault| fault.left > 0);
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_strikes_where_and_as_often_as_told() {
        let mut faults = Faults::default();
        faults.inject(Fault::new("T01").unwrap().on("use").times(2));
        faults.inject(Fault::new("T04").unwrap().variant("429").unwrap());
        assert_eq!(faults.after("send"), None);
        assert_eq!(faults.after("use"), Some(("T01", Action::Reset)));
        assert_eq!(faults.before("send"), Some(("T04", Action::Instead(429))));
        assert_eq!(faults.after("use"), Some(("T01", Action::Reset)));
        assert_eq!((faults.after("use"), faults.before("use")), (None, None));
    }

    #[test]
    fn an_unknown_fault_or_form_is_an_error_that_lists_the_known() {
        assert!(Fault::new("T99").unwrap_err().to_string().contains("T01"));
        assert!(Fault::new("R05").unwrap().variant("x").unwrap_err().to_string().contains("ahead"));
    }

    #[test]
    fn every_form_of_every_fault_does_something_of_its_own() {
        let mut actions = Vec::new();
        for kind in Fault::known() {
            for variant in kind.variants {
                actions.push(Fault::new(kind.id).unwrap().variant(variant).unwrap().action());
            }
        }
        for (at, action) in actions.iter().enumerate() {
            assert!(!actions[..at].contains(action), "{action:?}");
        }
    }
}
