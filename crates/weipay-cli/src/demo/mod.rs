//! `weipay demo`: the tour. Sandbox, relay, a small shop and clients in one process, on free ports.

mod clients;
mod journey;
mod middlebox;
mod report;
mod table;
mod till;
mod troubles;
mod typed;

use std::time::Instant;

use clients::Clients;
use report::Report;

use crate::output::Failure;
use crate::stage::{Plan, Stage};

/// Runs the tour and prints it to stdout; `true` when everything held.
pub(crate) async fn run(json: bool) -> Result<bool, Failure> {
    let started = Instant::now();
    let stage = Stage::set(Plan::default()).await?;
    let clients = Clients::of(&stage.sandbox)?;
    let mut report = Report::new(json);
    report.head(&stage.sandbox.url());
    table::play(&stage, &clients, &mut report).await?;
    journey::play(&stage, &mut report).await?;
    troubles::play(&stage, &clients, &mut report).await?;
    report.end(started.elapsed());
    stage.end().await;
    Ok(report.held())
}
