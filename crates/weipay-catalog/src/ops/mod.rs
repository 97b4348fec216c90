//! What a client must know of each operation: template, method, roles, limits, idempotency, errors.

mod fact;
mod file;
mod nearest;
mod operation;
mod table;

pub use fact::{
    ErrorFact, Evidence, Idempotency, Location, Period, Query, RateLimit, RateScope, TooManyRequests,
    TooManyRequestsOutcome,
};
pub use file::{Digest, DownloadFile, DownloadUrl, FileLimit, UploadForm};
pub use nearest::nearest;
pub use operation::{Availability, Method, Operation, Role, Scheme};
pub use table::{Area, Template, areas, common_errors, find, operation, operations, template, templates};
