//! What an attempt means for its effect. One pure function, tested row by row.

use serde_json::Value;
use weipay::error::ApiError;
use weipay::{Envelope, Error, Outcome};

use crate::job::Attempted;

/// What one attempt showed, taken by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Observed {
    /// Of this attempt alone; none for a verified and finished 2xx.
    pub(crate) outcome: Option<Outcome>,
    pub(crate) status: Option<u16>,
    pub(crate) code: Option<String>,
    pub(crate) request_id: Option<String>,
    /// In one line, without values.
    pub(crate) text: String,
    /// The request could not even be built.
    pub(crate) unbuildable: bool,
}

/// What follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It happened; the answer's state says how.
    Happened,
    /// The same once more, later.
    Again,
    /// The same once more; we were too fast, and that was no attempt.
    TooFast,
    /// It definitely did not happen.
    Refused,
    /// 401: WeChat Pay hears none of the merchant's calls, because key, serial or clock are wrong.
    Unheard,
    /// Our own mistake: it was not heard, so a person has to put it right.
    Mistake,
    /// Nobody may guess.
    Undecided,
}

impl Observed {
    pub(crate) fn of(result: &Result<Envelope<Value>, Error>, success: &[u16]) -> Self {
        match result {
            Ok(answer) => {
                let unfinished = answer.status() == 202 && !success.contains(&202);
                Self {
                    outcome: unfinished.then_some(Outcome::Accepted),
                    status: Some(answer.status()),
                    code: None,
                    request_id: answer.answer().request_id().map(str::to_owned),
                    text: format!("HTTP {}", answer.status()),
                    unbuildable: false,
                }
            }
            Err(error) => Self {
                outcome: Some(error.outcome()),
                status: error.status(),
                code: error.code().map(str::to_owned),
                request_id: error.request_id().map(str::to_owned),
                text: match error {
                    // WeChat Pay's own words may quote a value of the request.
                    Error::Api(error) => refusal(error),
                    error => error.to_string(),
                },
                unbuildable: matches!(error, Error::Build(_)),
            },
        }
    }

    /// As it is recorded.
    pub(crate) fn attempted(&self) -> Attempted {
        Attempted {
            outcome: self.outcome,
            status: self.status,
            code: self.code.clone(),
            request_id: self.request_id.clone(),
            note: Some(self.text.clone()),
        }
    }

    /// The answer came from behind the check of the signature.
    pub(crate) fn heard(&self) -> bool {
        match self.outcome {
            None | Some(Outcome::Accepted) => true,
            Some(Outcome::Rejected) => self.code.is_some() && !matches!(self.status, Some(401 | 429)),
            Some(Outcome::NotSent | Outcome::Unknown) => false,
        }
    }

    /// `PARAM_ERROR`, and the empty 404 and 405 of a path or method that does not exist.
    fn is_our_mistake(&self) -> bool {
        self.unbuildable
            || matches!((self.status, &self.code), (Some(404 | 405), None))
            || self.code.as_deref() == Some("PARAM_ERROR")
    }
}

fn refusal(error: &ApiError) -> String {
    let mut text = format!("HTTP {}", error.status());
    for part in [error.code(), error.field()].into_iter().flatten() {
        text.push(' ');
        text.push_str(part);
    }
    if let Some(difference) = error.sign_difference() {
        text.push_str("; ");
        text.push_str(&difference.to_string());
    }
    text
}

/// What follows from an attempt, when earlier ones may have done `earlier`, and a repetition is (`repeatable`) or is not
/// the same operation.
pub(crate) fn verdict(observed: &Observed, earlier: Option<Outcome>, repeatable: bool) -> Verdict {
    let open = matches!(earlier, Some(Outcome::Unknown | Outcome::Accepted));
    let again = if repeatable || !open { Verdict::Again } else { Verdict::Undecided };
    match observed.outcome {
        None => Verdict::Happened,
        // A 429 that says nothing about the outcome is an attempt, like every other of unknown end.
        Some(Outcome::Rejected) if observed.status == Some(429) => Verdict::TooFast,
        Some(Outcome::Unknown | Outcome::Accepted) if repeatable => Verdict::Again,
        Some(Outcome::Unknown | Outcome::Accepted) => Verdict::Undecided,
        _ if observed.status == Some(401) => Verdict::Unheard,
        _ if observed.is_our_mistake() => Verdict::Mistake,
        Some(Outcome::NotSent) => again,
        // A refusal describes this attempt alone (T16).
        Some(Outcome::Rejected) if open => Verdict::Undecided,
        Some(Outcome::Rejected) => Verdict::Refused,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(outcome: Outcome, status: u16, code: &str) -> Observed {
        Observed {
            outcome: Some(outcome),
            status: (status > 0).then_some(status),
            code: (!code.is_empty()).then(|| code.to_owned()),
            request_id: None,
            text: String::new(),
            unbuildable: false,
        }
    }

    #[test]
    fn t16_every_row_of_the_table() {
        use Outcome::{Accepted, NotSent, Rejected, Unknown};
        use Verdict::{Again, Mistake, Refused, TooFast, Undecided, Unheard};
        let rows = [
            // this attempt, status, code; then the verdict first time, after an unknown one, and without idempotency
            (NotSent, 0, "", Again, Again, Again),
            (Unknown, 0, "", Again, Again, Undecided),
            (Unknown, 500, "SYSTEM_ERROR", Again, Again, Undecided),
            (Unknown, 400, "SYSTEM_ERROR", Again, Again, Undecided),
            (Accepted, 202, "", Again, Again, Undecided),
            (Rejected, 429, "FREQUENCY_LIMITED", TooFast, TooFast, TooFast),
            (Unknown, 429, "FREQUENCY_LIMITED", Again, Again, Undecided),
            (Rejected, 400, "INVALID_REQUEST", Refused, Undecided, Refused),
            (Rejected, 404, "RESOURCE_NOT_EXISTS", Refused, Undecided, Refused),
            (Rejected, 403, "NO_AUTH", Refused, Undecided, Refused),
            (Rejected, 401, "SIGN_ERROR", Unheard, Unheard, Unheard),
            (Rejected, 400, "PARAM_ERROR", Mistake, Mistake, Mistake),
            (Rejected, 404, "", Mistake, Mistake, Mistake),
            (Rejected, 405, "", Mistake, Mistake, Mistake),
        ];
        for (outcome, status, code, first, after_unknown, once) in rows {
            let observed = observed(outcome, status, code);
            let row = format!("{outcome:?} {status} {code}");
            assert_eq!(verdict(&observed, None, true), first, "{row}, first");
            assert_eq!(verdict(&observed, Some(Rejected), true), first, "{row}, after a refusal");
            for earlier in [Unknown, Accepted] {
                assert_eq!(
                    verdict(&observed, Some(earlier), true),
                    after_unknown,
                    "{row}, after {earlier:?}"
                );
            }
            assert_eq!(verdict(&observed, None, false), once, "{row}, not repeatable");
        }
        let done = Observed { outcome: None, ..observed(NotSent, 200, "") };
        assert_eq!(verdict(&done, Some(Unknown), true), Verdict::Happened);
    }
}
