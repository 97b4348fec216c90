//! The verdict on a whole answer: verified, refused, or not to be trusted.

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use serde_json::Value;

use super::digest::{Stopped, inflate};
use super::{Exchange, Held, Now, State, Step, certificates, redirect_host};
use crate::Answer;
use crate::answer::request_id;
use crate::call::Kind;
use crate::error::outcome::Happening;
use crate::error::{ApiError, SignDifference, Verified, VerifyReason};
use crate::ring::RefreshTicket;
use crate::wire::verify;

impl Exchange {
    pub(super) fn judge(&mut self, now: Now, response: http::Response<Bytes>) -> Step {
        let response = match self.decoded(response) {
            Ok(response) => response,
            Err(broken) => return self.stopped(&broken.0, broken.1),
        };
        let mut certificates = Vec::new();
        let verified = match self.call.kind() {
            Kind::Certificates if response.status() == 200 => {
                certificates::install(&self.credential, &response, now.unix).map(|list| certificates = list)
            }
            _ => verify(
                response.headers(),
                response.body(),
                self.credential.scheme(),
                self.credential.key_ring(),
                now.unix,
            ),
        };
        if let Err(reason) = &verified
            && let Some(step) = self.refresh_for(now, reason, &response)
        {
            return step;
        }
        let status = response.status().as_u16();
        let (head, body) = response.into_parts();
        match verified {
            Ok(()) if head.status.is_success() => {
                Step::Done(Ok(Answer { status, headers: head.headers, body, hash: None, certificates }))
            }
            Err(reason) if head.status.is_success() => self.refuse(status, &head.headers, body, reason),
            verified => self.refused(&head, body, &verified),
        }
    }

    /// The signature covers the JSON, not a transfer's compression.
    fn decoded(
        &self,
        response: http::Response<Bytes>,
    ) -> Result<http::Response<Bytes>, Box<(http::response::Parts, Stopped)>> {
        let encoding = response.headers().get(CONTENT_ENCODING).cloned();
        let Some(encoding) = encoding else { return Ok(response) };
        let (mut head, body) = response.into_parts();
        let plain = match encoding.as_bytes().to_ascii_lowercase().as_slice() {
            b"identity" | b"" => Ok(body),
            b"gzip" | b"x-gzip" => inflate(&body, self.settings.max_answer).map(Bytes::from),
            _ => Err(Stopped::Wrong(VerifyReason::Encoding("neither gzip nor identity".to_owned()))),
        };
        match plain {
            Ok(plain) => {
                head.headers.remove(CONTENT_ENCODING);
                Ok(http::Response::from_parts(head, plain))
            }
            Err(stopped) => Err(Box::new((head, stopped))),
        }
    }

    /// One look at WeChat Pay's certificate list, where that can help; the answer is judged again afterwards.
    fn refresh_for(
        &mut self,
        now: Now,
        reason: &VerifyReason,
        response: &http::Response<Bytes>,
    ) -> Option<Step> {
        let ticket = self.ticket_for(now, reason)?;
        self.state = State::Refreshing(Some(Held(response.clone())));
        Some(Step::AwaitRefresh(ticket))
    }

    /// The ticket for that look, of which each call has one.
    pub(super) fn ticket_for(&mut self, now: Now, reason: &VerifyReason) -> Option<RefreshTicket> {
        let ring = self.credential.key_ring();
        let VerifyReason::UnknownSerial(serial) = reason else { return None };
        if self.refreshed || self.call.kind() == Kind::Certificates || !ring.may_refresh_for(reason) {
            return None;
        }
        let ticket = ring.begin_refresh(serial, now.mono)?;
        self.refreshed = true;
        Some(ticket)
    }

    fn refused(
        &mut self,
        head: &http::response::Parts,
        body: Bytes,
        verified: &Result<(), VerifyReason>,
    ) -> Step {
        let status = head.status.as_u16();
        let verified = match verified {
            Ok(()) => Verified::Yes,
            Err(VerifyReason::Unsigned) => Verified::Absent,
            Err(_) => Verified::Wrong,
        };
        let json: Value = serde_json::from_slice(&body).unwrap_or_default();
        let text = |name| json.get(name).and_then(Value::as_str).map(str::to_owned);
        let (code, message) = (text("code"), text("message"));
        let happening = Happening::Refusal { status, code: code.as_deref(), verified };
        let outcome = self.outcome(happening);
        let detail = json.get("detail").cloned();
        let compared = detail.as_ref().filter(|_| status == 401);
        let sign_difference = compared.and_then(|detail| SignDifference::find(&self.signed, detail));
        self.fail(ApiError {
            operation: self.call.name(),
            outcome,
            status,
            verified,
            request_id: request_id(&head.headers).map(str::to_owned),
            code,
            message,
            detail,
            sign_difference,
            location: redirect_host(&head.headers).filter(|_| head.status.is_redirection()),
            body,
        })
    }
}
