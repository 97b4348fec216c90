//! The proof from beginning to end.

use std::path::Path;
use std::time::{Duration, Instant};

use weipay_shop::Dump;

use crate::judge::{Evidence, figures, judge};
use crate::kill::Killer;
use crate::load::{Made, Users, pass_time};
use crate::postgres::Server;
use crate::process::Process;
use crate::stage::{Rates, Setting, Stage, world};
use crate::verdict::{Finding, Load, Verdict};
use crate::{Backend, Error, Plan, faults, loopback, rate};

/// Hears how far it is: what is done, how much of how much.
pub type Progress<'a> = &'a (dyn Fn(&str, u64, u64) + Send + Sync);

/// How far business time goes in one step while processes die, and while nothing dies any more.
const STEP: Duration = Duration::from_secs(5);
const STEP_AFTER: Duration = Duration::from_mins(1);
/// So long without any change, and what is missing counts as lost.
const PATIENCE: Duration = Duration::from_secs(90);
/// So long nothing may happen before the last look.
const QUIET: Duration = Duration::from_secs(2);

/// Carries the proof out. A broken promise is a finding of the verdict; an error is that it could not be carried out.
pub async fn prove(plan: &Plan, progress: Progress<'_>) -> Result<Verdict, Error> {
    let begun = Instant::now();
    let folder = plan.folder.join(format!("weipay-proof-{}-{}", plan.seed, std::process::id()));
    std::fs::create_dir_all(&folder).map_err(Error::io(folder.display()))?;
    let mut verdict = Verdict { store: plan.store.to_string(), seed: plan.seed, ..Verdict::default() };
    carry_out(plan, &folder, progress, &mut verdict).await?;
    verdict.seconds = begun.elapsed().as_secs_f64();
    if verdict.held() {
        // What cannot be removed is in nobody's way.
        let _ = std::fs::remove_dir_all(&folder);
    } else {
        verdict.kept = Some(folder);
    }
    Ok(verdict)
}

async fn carry_out(
    plan: &Plan,
    folder: &Path,
    progress: Progress<'_>,
    verdict: &mut Verdict,
) -> Result<(), Error> {
    let server = match plan.store {
        Backend::Sqlite => None,
        Backend::Postgres => Some(Server::start().await?),
    };
    let database = database(server.as_ref(), "rate").await?;
    let setting = Setting {
        folder: folder.join("rate"),
        database,
        rates: Rates::Documented,
        partners: rate::partners(plan.requests),
        line: true,
        time_stands: false,
    };
    let (stage, processes) = Stage::set(plan, setting).await?;
    verdict.pace = rate::measure(&stage, plan.seed, plan.requests, progress).await?;
    verdict.findings.extend(rate::findings(&verdict.pace));
    end(stage, processes).await;

    let database = self::database(server.as_ref(), "kills").await?;
    let setting = Setting {
        folder: folder.join("kills"),
        database,
        rates: Rates::Raised,
        partners: world::both(),
        line: false,
        time_stands: false,
    };
    let (stage, mut processes) = Stage::set(plan, setting).await?;
    let mut users = Users::new(&stage, plan.seed);
    users.begin().await?;
    let mut killer = Killer::new(plan.seed.wrapping_add(1));
    let wanted = u64::from(plan.kills);
    let tell = |done| progress("killing relay and shop under load", done, wanted);
    let kill = async {
        killer.work(&mut processes, wanted / 2, &tell).await?;
        if let Some(server) = &server {
            server.restart().await?;
            killer.server_restarted();
        }
        killer.work(&mut processes, wanted, &tell).await
    };
    tokio::select! {
        killed = kill => killed?,
        users = users.work() => users?,
        faults = faults::strike(&stage.sandbox, plan.seed.wrapping_add(2)) => faults?,
        () = pass_time(&stage, STEP) => {}
    }
    verdict.kills = killer.kills();
    verdict.faults = faults::struck(&stage.sandbox);
    stage.sandbox.clear_faults();
    calm(&mut processes).await?;
    drain(&stage, &users, progress).await?;
    users.give_back().await?;
    let (findings, load) = drain(&stage, &users, progress).await?;
    verdict.findings.extend(findings);
    verdict.load = load;
    end(stage, processes).await;
    Ok(())
}

/// The store of one part: a file beside its configuration, or a database of the server.
pub(crate) async fn database(server: Option<&Server>, part: &'static str) -> Result<String, Error> {
    match server {
        None => Ok("sqlite:relay.db".to_owned()),
        Some(server) => server.database(part).await,
    }
}

/// Nobody dies any more.
async fn calm(processes: &mut [Process]) -> Result<(), Error> {
    for process in processes {
        if process.armed.is_some() {
            process.kill().await;
            *process = Process::start(process.recipe.clone(), None)?;
        }
        process.ready().await?;
    }
    Ok(())
}

pub(crate) async fn end(stage: Stage, processes: Vec<Process>) {
    for mut process in processes {
        process.kill().await;
    }
    stage.sandbox.stop().await;
}

/// Waits until all is settled and quiet, or nothing moves any more; then judges.
async fn drain(
    stage: &Stage,
    users: &Users<'_>,
    progress: Progress<'_>,
) -> Result<(Vec<Finding>, Load), Error> {
    let mut moved = Instant::now();
    let mut before = None;
    loop {
        stage.sandbox.advance(STEP_AFTER).await;
        let books = books(stage).await?;
        let now = (stage.sandbox.journal().count(), books.answered + books.repeated);
        if before != Some(now) {
            (before, moved) = (Some(now), Instant::now());
        }
        let (findings, load) = look(stage, &users.made, &books);
        progress("settling what is open", load.taken + load.given_back, load.exchanges);
        let done = !findings.iter().any(Finding::may_heal) && users.tills_accepted();
        if (done && moved.elapsed() > QUIET) || moved.elapsed() > PATIENCE {
            return Ok((findings, load));
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
}

fn look(stage: &Stage, made: &Made, books: &Dump) -> (Vec<Finding>, Load) {
    let evidence = Evidence::new(&stage.sandbox, made, books);
    (judge(&evidence), figures(&evidence))
}

async fn books(stage: &Stage) -> Result<Dump, Error> {
    let answer = loopback::get(stage.shop, "/ledger").await;
    let books = answer.and_then(|(_, body)| serde_json::from_slice(&body).ok());
    books.ok_or_else(|| Error::Process("the shop does not show its ledger; see shop.log".to_owned()))
}
