//! `weipay ops`: finds operations.

use weipay_catalog::ops::{self, Operation};
use weipay_sandbox::{Basis, Known, LedgerEntry};

use crate::output::{self, Failure};
use crate::reference::{Head, ROLES, find, padded, width};

/// The text above the options in `weipay ops --help`.
pub(crate) const ABOUT: &str = "\
Finds operations, best first: by the words of their Chinese title, path, id and area, and by the names and labels of
their members. Without words it lists them all. `weipay show ID` tells the rest.

One line each: method, path, title, area; with --json one object per line.

--ledger says instead on what the sandbox's answer of each rests: `rule` (written by hand; documented, observed or
assumed, and when it was last compared), `linked` (what one operation made is seen by the other), or `schema` (valid,
and made up). `withheld` is what moves money and has no rule: `weipay sandbox --allow-generated` answers it.";

/// Where the column of titles begins at the latest: few paths are longer.
const PATHS: usize = 84;

/// What the command line says.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Words that all have to be found, such as 积分, coupon or `refund notify_url`
    #[arg(value_name = "QUERY")]
    query: Vec<String>,
    /// Only of this product area, such as marketing-busifavor
    #[arg(long, value_name = "AREA", value_parser = area)]
    area: Option<&'static str>,
    /// Only what this role may call, such as partner
    #[arg(long, value_name = "ROLE", value_parser = role)]
    role: Option<ops::Role>,
    /// Say on what the sandbox's answers rest
    #[arg(long)]
    ledger: bool,
    /// Print one JSON object per line instead of text
    #[arg(long)]
    json: bool,
}

fn area(name: &str) -> Result<&'static str, String> {
    let areas = ops::areas();
    if let Some(area) = areas.iter().find(|area| area.name == name) {
        return Ok(area.name);
    }
    let like: Vec<&str> =
        areas.iter().map(|area| area.name).filter(|area| area.contains(name)).take(4).collect();
    Err(match like.as_slice() {
        [] => "no such area; an area is named like marketing-busifavor, refund or brand-partner".to_owned(),
        like => format!("no such area; there is {}", like.join(", ")),
    })
}

fn role(name: &str) -> Result<ops::Role, String> {
    let known = ROLES.iter().map(|(role, _)| *role);
    known.clone().find(|role| role.as_str() == name).ok_or_else(|| {
        let names: Vec<&str> = known.map(ops::Role::as_str).collect();
        format!("no such role; expected one of {}", names.join(", "))
    })
}

/// Prints what was found.
pub(crate) fn run(args: &Args) -> Result<bool, Failure> {
    let query = args.query.join(" ");
    let wanted = |operation: &&Operation| {
        args.area.is_none_or(|area| operation.area == area)
            && args.role.is_none_or(|role| operation.roles.contains(&role))
    };
    let found: Vec<&'static Operation> =
        find(&query).into_iter().filter(|operation| wanted(operation)).collect();
    if found.is_empty() {
        return Err(format!("no operation has '{query}' in its title, path, area or members").into());
    }
    if args.ledger {
        output::result(&ledger(&found, args.json));
        return Ok(true);
    }
    if args.json {
        let lines: Result<Vec<String>, _> =
            found.iter().map(|operation| serde_json::to_string(&Head::of(operation))).collect();
        output::result(&lines?.join("\n"));
        return Ok(true);
    }
    let most = |of: fn(&Operation) -> usize| found.iter().map(|operation| of(operation)).max().unwrap_or(0);
    let (paths, titles) =
        (most(|operation| width(operation.template)).min(PATHS), most(|operation| width(operation.title)));
    let line = |operation: &&Operation| {
        let method = padded(operation.method.as_str(), 6);
        let (path, title) = (padded(operation.template, paths), padded(operation.title, titles));
        format!("{method} {path}  {title}  {}", operation.area)
    };
    output::result(&found.iter().map(line).collect::<Vec<_>>().join("\n"));
    Ok(true)
}

/// The sandbox's ledger for these operations, and as text the count of each basis.
fn ledger(found: &[&'static Operation], json: bool) -> String {
    let all = weipay_sandbox::ledger();
    let lines: Vec<&LedgerEntry> =
        found.iter().filter_map(|operation| all.iter().find(|line| line.operation == operation.id)).collect();
    if json {
        return lines.iter().map(|line| ledger_json(line)).collect::<Vec<_>>().join("\n");
    }
    let ids = lines.iter().map(|line| width(line.operation)).max().unwrap_or(0);
    let text = |line: &&LedgerEntry| {
        let kinds: Vec<&str> = line.known.iter().map(Known::as_str).collect();
        let rest = line.date.map(|date| format!("{} ({date})", kinds.join(", ")));
        let rest = rest.unwrap_or_else(|| if line.withheld { "withheld" } else { "" }.to_owned());
        format!("{} {} {rest}", padded(line.basis.as_str(), 6), padded(line.operation, ids))
            .trim_end()
            .to_owned()
    };
    let count = |basis: Basis| {
        let of = || lines.iter().filter(|line| line.basis == basis);
        (of().count(), of().filter(|line| line.withheld).count())
    };
    let ((rule, _), (linked, linked_withheld), (schema, schema_withheld)) =
        (count(Basis::Rule), count(Basis::Linked), count(Basis::Schema));
    let counts = format!(
        "rule {rule}; linked {linked}, of which withheld {linked_withheld}; schema {schema}, of which withheld {schema_withheld}"
    );
    lines.iter().map(text).chain([String::new(), counts]).collect::<Vec<_>>().join("\n")
}

fn ledger_json(line: &LedgerEntry) -> String {
    let known = line
        .known
        .iter()
        .map(|known| serde_json::json!({ "evidence": known.as_str(), "text": known.text() }));
    serde_json::json!({
        "id": line.operation,
        "basis": line.basis.as_str(),
        "withheld": line.withheld,
        "date": line.date,
        "known": known.collect::<Vec<_>>(),
    })
    .to_string()
}
