//! Answers to operators' commands, as text.

use std::fmt::Write as _;

use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::Value;
use weipay_relay::job::Kind;
use weipay_relay::operate::{
    Checked, Checks, Command, Happening, Kept, Overview, Page, Resolved, Reverified, Timeline,
};
use weipay_relay::store::{Audited, Erased, Redriven, Scope};

use crate::output::Failure;

/// The text, and whether the answer is a good one.
pub(super) fn text(command: &Command, answer: Value) -> Result<(String, bool), Failure> {
    Ok(match command {
        Command::Status {} => (overview(&typed(answer)?), true),
        Command::Show { .. } => (timeline(&typed(answer)?), true),
        Command::DeadLetters(_) => (dead_letters(&typed(answer)?), true),
        Command::Redrive { dry_run, .. } => (redriven(&typed::<Vec<_>>(answer)?, *dry_run), true),
        Command::Resolve { .. } => {
            let resolved: Resolved = typed(answer)?;
            let tells = resolved
                .tells
                .map_or("nothing is told to the hook".to_owned(), |key| format!("the hook is told by {key}"));
            (format!("{} is resolved; {tells}", resolved.key), true)
        }
        Command::Hold { scope, .. } => {
            (format!("{} is held; notifications are still taken in", scoped(scope)), true)
        }
        Command::Release { scope, .. } => match answer.get("held").and_then(Value::as_bool) {
            Some(true) => (format!("{} goes on", scoped(scope)), true),
            _ => (format!("{} was not held", scoped(scope)), false),
        },
        Command::Erase { .. } => {
            let Erased { notifications, jobs, unfinished } = typed(answer)?;
            let mut text = format!("erased: {notifications} notifications, {jobs} jobs");
            if unfinished > 0 {
                let _ = write!(text, "; {unfinished} jobs are not final yet: erase again when they are");
            }
            (text, unfinished == 0)
        }
        Command::Backup { to } => (format!("written: {}", to.display()), true),
        Command::Purge { .. } => {
            let count = |name: &str| answer.get(name).and_then(Value::as_u64).unwrap_or_default();
            (format!("removed: the contents of {} jobs, {} jobs", count("contents"), count("rows")), true)
        }
        Command::Check {} => {
            let found: Vec<String> = typed(answer)?;
            let good = found.is_empty();
            (if good { "nothing is wrong with the store".to_owned() } else { found.join("\n") }, good)
        }
        Command::Refused {} => (refused(&typed::<Vec<_>>(answer)?), true),
        Command::Reverify { .. } => (reverified(&typed::<Vec<_>>(answer)?), true),
        Command::MakeGood(_) => (checked(&typed::<Vec<_>>(answer)?), true),
        Command::Audit { .. } => {
            (typed::<Vec<Audited>>(answer)?.iter().map(acted).collect::<Vec<_>>().join("\n"), true)
        }
        Command::Export { .. } => (answer.to_string(), true),
    })
}

pub(super) fn typed<T: DeserializeOwned>(answer: Value) -> Result<T, Failure> {
    serde_json::from_value(answer).map_err(|error| {
        format!("the relay is of another version, its answer cannot be read: {error}").into()
    })
}

fn overview(status: &Overview) -> String {
    let mut text = match status.oldest {
        Some(oldest) => {
            format!("{} unsettled, the oldest for {}", status.unsettled, between(oldest, status.at))
        }
        None => "everything is settled".to_owned(),
    };
    let _ = write!(text, "\n{} to look at, {} refused notifications", status.to_look_at, status.refused);
    match status.points_in_reserve {
        Some(points) => _ = write!(text, ", {points} points in reserve"),
        None => text.push_str(", too many open exchanges to add their points up"),
    }
    for held in &status.held {
        let note = held.by.note.as_deref().map_or_else(String::new, |note| format!(": {note}"));
        let _ = write!(
            text,
            "\nHELD {} since {} by {}{note}",
            scoped(&held.scope),
            china(held.since),
            held.by.who
        );
    }
    for budget in status.budgets.iter().filter(|budget| budget.jobs > 0) {
        let _ = write!(text, "\n{}: {} waiting", budget.budget, budget.jobs);
        if let (Some(pace), Some(drained)) = (budget.per_second, budget.drained) {
            let _ = write!(text, ", {pace:.2}/s, drained in {}", between(status.at, drained));
        }
        if let Some(end) = budget.first_not_after {
            let _ = write!(text, ", first deadline in {}", between(status.at, end));
        }
        if budget.late {
            text.push_str("  TOO LATE");
        }
    }
    if let Some(checks) = status.checks.filter(|checks| *checks != Checks::default()) {
        let Checks { open, answered, made_good, settled, to_look_at, failed } = checks;
        let _ = write!(text, "\nchecks for what was missed: {open} open, {answered} answered in 24 hours");
        for (count, what) in [
            (made_good, "made good"),
            (settled, "settled a parked effect"),
            (to_look_at, "to look at"),
            (failed, "refused"),
        ] {
            if count > 0 {
                let _ = write!(text, ", {count} {what}");
            }
        }
    }
    // What the relay does by itself stands in the line above, and in the metrics.
    for count in status.counts.iter().filter(|count| count.kind != Kind::Upkeep) {
        let (kind, state) = (word(&count.kind), word(&count.state));
        let _ = write!(text, "\n{:>8}  {} {} {kind} {state}", count.jobs, count.merchant, count.name);
    }
    text
}

fn timeline(life: &Timeline) -> String {
    let mut text = format!("{} {}", life.merchant, life.case);
    for moment in &life.moments {
        let _ = write!(text, "\n{}  {}", china(moment.at), happening(&moment.what));
    }
    text
}

fn happening(what: &Happening) -> String {
    match what {
        Happening::Received { notification_id, event_type, duplicates } => {
            let again = if *duplicates > 0 { format!(", {duplicates} times again") } else { String::new() };
            format!("received   {event_type} {notification_id}{again}")
        }
        Happening::Stored { job, work, result } => {
            let mut text = format!("stored     {} ({}): {}", job.key, word(&job.state), work);
            if let Some(number) = &job.request_no {
                let _ = write!(text, "\n{:34}number {number}", "");
            }
            if let Some(result) = result {
                let _ = write!(text, "\n{:34}result {result}", "");
            }
            text
        }
        Happening::Attempt { key, worker, ended, outcome, status, code, request_id, note } => {
            let mut text = format!("attempt    {key} by {worker}");
            for part in [
                status.map(|status| format!("HTTP {status}")),
                code.clone(),
                outcome.clone(),
                note.clone(),
                request_id.as_ref().map(|id| format!("Request-ID {id}")),
                ended.is_none().then(|| "never ended: unknown".to_owned()),
            ]
            .into_iter()
            .flatten()
            {
                let _ = write!(text, ", {part}");
            }
            text
        }
        Happening::Ended { key, state, reason } => {
            let reason = reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
            format!("{:10} {key}{reason}", word(state))
        }
        Happening::Acted { act, who, note } => {
            let note = note.as_ref().map_or(String::new(), |note| format!(": {note}"));
            format!("by hand    {act} by {who}{note}")
        }
    }
}

fn acted(one: &Audited) -> String {
    let note = one.by.note.as_ref().map_or(String::new(), |note| format!(": {note}"));
    format!("{}  {} {} by {}{note}", china(one.at), one.act, one.target, one.by.who)
}

fn dead_letters(page: &Page) -> String {
    if page.jobs.is_empty() {
        return "nothing waits for a person".to_owned();
    }
    let line = |job: &weipay_relay::operate::Standing| {
        let since = job.ended.map_or(String::new(), china);
        let reason = job.reason.as_deref().unwrap_or("no reason was kept");
        format!("{since}  {} {} {}: {reason}", job.merchant, job.key, word(&job.state))
    };
    let mut text = page.jobs.iter().map(line).collect::<Vec<_>>().join("\n");
    if page.next.is_some() {
        text.push_str("\n… and more; restrict them with --merchant or --name");
    }
    text
}

fn redriven(jobs: &[Redriven], dry_run: bool) -> String {
    if jobs.is_empty() {
        return "no parked or dead job is among these".to_owned();
    }
    let would = if dry_run { "would be " } else { "is " };
    let line = |job: &Redriven| {
        format!("{} {}: {} → {would}{}", job.merchant, job.key, word(&job.from), word(&job.to))
    };
    jobs.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn refused(kept: &[Kept]) -> String {
    if kept.is_empty() {
        return "no refused notification is kept".to_owned();
    }
    let line = |one: &Kept| format!("{}  {} {}: {}", china(one.received), one.merchant, one.id, one.reason);
    kept.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn reverified(tried: &[Reverified]) -> String {
    if tried.is_empty() {
        return "no refused notification is kept".to_owned();
    }
    let line = |one: &Reverified| {
        let rest = one.case.as_ref().or(one.reason.as_ref()).map_or("", String::as_str);
        format!("{} {}: {} {rest}", one.merchant, one.id, one.result)
    };
    tried.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn checked(checks: &[Checked]) -> String {
    if checks.is_empty() {
        return "there is nothing to ask about".to_owned();
    }
    let line = |one: &Checked| {
        let key = one.key.as_ref().map_or(String::new(), |key| format!("  {key}"));
        let reason = one.reason.as_ref().map_or(String::new(), |reason| format!(": {reason}"));
        format!("{} {} {} ← {}: {}{reason}{key}", one.merchant, one.gap, one.about, one.query, one.result)
    };
    checks.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn scoped(scope: &Scope) -> String {
    match scope {
        Scope::All => "everything".to_owned(),
        Scope::Merchant(name) => format!("merchant {name}"),
        Scope::Budget(name) => format!("budget {name}"),
        Scope::Effects(name) => format!("effects of {name}"),
    }
}

/// The word that JSON has for it.
fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|word| Some(word.as_str()?.to_owned())).unwrap_or_default()
}

fn china(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(Offset::constant(8))).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Two units are enough: `3 h 20 min`.
fn between(from: Timestamp, to: Timestamp) -> String {
    let seconds = to.duration_since(from).max(SignedDuration::ZERO).as_secs();
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..172_800 => format!("{} h {} min", seconds / 3600, seconds % 3600 / 60),
        _ => format!("{} days", seconds / 86_400),
    }
}
