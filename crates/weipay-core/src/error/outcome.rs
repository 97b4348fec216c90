//! Whether the operation may have happened.

use std::fmt;

use weipay_catalog::ops::Operation;

/// What is known about the operation after a call that gave no verified answer.
///
/// This is the question to ask before anything is sent again:
///
/// | outcome | the operation | what to do |
/// |---|---|---|
/// | [`NotSent`](Outcome::NotSent) | did not happen | fix the cause; sending again is safe |
/// | [`Rejected`](Outcome::Rejected) | was refused | fix the request; do not repeat it unchanged |
/// | [`Accepted`](Outcome::Accepted) | was taken; the answer is incomplete | repeat with identical parameters, or query |
/// | [`Unknown`](Outcome::Unknown) | may have happened | repeat with the **same** request number and body, or query; never with a new number |
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// No byte of the request left this machine.
    NotSent,
    /// WeChat Pay refused the request and did not carry it out.
    Rejected,
    /// WeChat Pay took the request, but this answer does not say all.
    Accepted,
    /// The operation may or may not have happened.
    Unknown,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Outcome::NotSent => "not sent",
            Outcome::Rejected => "rejected",
            Outcome::Accepted => "accepted",
            Outcome::Unknown => "unknown",
        })
    }
}

/// Whether the signature of an answer that is no success was valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verified {
    /// The answer carries a valid signature.
    Yes,
    /// The answer carries no signature: normal for refusals before authentication and from gateways.
    Absent,
    /// The answer carries a signature that is wrong: it may not come from WeChat Pay at all.
    Wrong,
}

/// One attempt, as far as the outcome depends on it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Happening<'a> {
    /// Nothing left this machine.
    NothingSent,
    /// The connection broke, or a time-out passed, after bytes may have left.
    BrokeOff,
    /// An answer outside 2xx.
    Refusal { status: u16, code: Option<&'a str>, verified: Verified },
    /// A 2xx whose signature is missing or wrong.
    Unverified,
    /// A verified 2xx that does not decode.
    Undecodable { code_and_message: bool },
}

/// The outcome of a call whose latest attempt went like `happening`, after `earlier` attempts.
pub(crate) fn outcome(
    happening: Happening<'_>,
    operation: Option<&Operation>,
    earlier: Option<Outcome>,
) -> Outcome {
    use weipay_catalog::ops::TooManyRequestsOutcome;

    let this = match happening {
        Happening::NothingSent => Outcome::NotSent,
        Happening::BrokeOff | Happening::Unverified => Outcome::Unknown,
        Happening::Refusal { verified: Verified::Wrong, .. } => Outcome::Unknown,
        Happening::Refusal { status: 400, code: Some("SYSTEM_ERROR"), .. } => Outcome::Unknown,
        Happening::Refusal { status: 429, .. } => {
            let fact = operation.and_then(|operation| operation.too_many_requests.as_ref());
            match fact.map(|fact| fact.outcome) {
                Some(TooManyRequestsOutcome::Unknown) => Outcome::Unknown,
                _ => Outcome::Rejected,
            }
        }
        Happening::Refusal { status: 400..=499, .. } => Outcome::Rejected,
        // 5xx says nothing about the operation; 1xx and 3xx are nobody's answer to it.
        Happening::Refusal { .. } => Outcome::Unknown,
        Happening::Undecodable { code_and_message: false } => return Outcome::Accepted,
        Happening::Undecodable { code_and_message: true } => Outcome::Unknown,
    };
    // What a later attempt says describes that attempt alone (T16): only a verified 2xx settles an unknown one.
    match earlier {
        Some(before @ (Outcome::Unknown | Outcome::Accepted)) => before,
        _ => this,
    }
}
