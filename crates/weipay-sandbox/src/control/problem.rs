//! What went wrong, as the control plane says it.

use axum::Json;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::Error;

/// An answer that is no success: `{"code": …, "message": …}`.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    pub(crate) status: u16,
    pub(crate) told: Told,
}

/// The body of such an answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Told {
    pub(crate) code: String,
    pub(crate) message: String,
}

impl Problem {
    pub(crate) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, told: Told { code: code.to_owned(), message: message.into() } }
    }

    pub(super) fn unknown(what: &str) -> Self {
        Self::new(404, "NOT_FOUND", what)
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let (status, code) = match &error {
            Error::Unknown { .. } => (404, "NOT_FOUND"),
            Error::State(_) => (409, "CONFLICT"),
            Error::Listen(_) => (500, "SYSTEM_ERROR"),
            Error::Authority(_) | Error::Key(_) | Error::Fault(_) | Error::Seed(_) | Error::Snapshot(_) => {
                (400, "PARAM_ERROR")
            }
        };
        Self::new(status, code, error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, Json(self.told)).into_response()
    }
}
