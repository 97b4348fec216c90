//! `weipay demo`: the tour. Sandbox, client and a small merchant in one process, on free ports.

mod journey;
mod middlebox;
mod report;
mod stage;
mod table;
mod troubles;
mod typed;
mod world;

use std::time::Instant;

pub(crate) use stage::credential;
pub(crate) use world::{
    APPID, BRAND_CARD, BRAND_CARD_CODE, CUSTOMER, EXCHANGE, MALL, OTHER_PARTNER, PARTNER, world,
};

use report::Report;
use stage::Stage;

use crate::output::Failure;

/// Runs the tour and prints it to stdout; `true` when everything held.
pub(crate) async fn run(json: bool) -> Result<bool, Failure> {
    let started = Instant::now();
    let stage = Stage::set().await?;
    let mut report = Report::new(json);
    report.head(&stage.sandbox.url());
    table::play(&stage, &mut report).await?;
    journey::play(&stage, &mut report).await?;
    troubles::play(&stage, &mut report).await?;
    report.end(started.elapsed());
    stage.sandbox.stop().await;
    Ok(report.held())
}
