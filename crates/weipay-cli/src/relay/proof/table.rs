//! The verdict for people.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use weipay_proof::{NAMES, Pace, Paces, Verdict};

/// So many findings of one name are shown.
const SHOWN: usize = 5;

pub(super) fn of(verdict: &Verdict) -> String {
    let mut text =
        format!("The proof on {}, seed {}, {:.0} s\n\n", verdict.store, verdict.seed, verdict.seconds);
    deaths(verdict, &mut text);
    sides(verdict, &mut text);
    paces(verdict, &mut text);
    broken(verdict, &mut text);
    let _ = write!(text, "{} lost, {} double", verdict.lost(), verdict.double());
    text
}

fn deaths(verdict: &Verdict, text: &mut String) {
    let kills = &verdict.kills;
    let list = |counts: &BTreeMap<String, u64>| {
        let each: Vec<_> = counts.iter().map(|(name, count)| format!("{name} {count}")).collect();
        each.join(", ")
    };
    let _ = writeln!(text, "  killed          {:>6}   {}", kills.all(), list(&kills.of));
    let _ = writeln!(text, "    at random     {:>6}   SIGKILL", kills.at_random);
    let at_points: u64 = kills.at_points.values().sum();
    let _ = writeln!(text, "    at points     {at_points:>6}   {}", list(&kills.at_points));
    if kills.server_restarts > 0 {
        let _ = writeln!(text, "  server restarts {:>6}   PostgreSQL", kills.server_restarts);
    }
    let struck: u64 = verdict.faults.values().sum();
    let _ = writeln!(text, "  faults struck   {struck:>6}   {}\n", list(&verdict.faults));
}

fn sides(verdict: &Verdict, text: &mut String) {
    let load = &verdict.load;
    let _ = writeln!(text, "  {:<42}{:<30}agree", "at WeChat Pay (the sandbox)", "in the shop's ledger");
    for (at_wechat, count, in_books, other) in [
        ("exchanges with a coupon", load.issued, "points taken", load.taken),
        ("exchanges without one", load.not_issued, "rejected or given back", load.given_back),
        ("payments whose points it was told", load.notified, "payments credited", load.credited),
        ("refunds notified", load.refunds, "refunds reversed", load.reversed),
        ("cards open", load.opened, "customers with a card", load.holders),
        ("coupons used", load.used, "redeemed by tills", load.tills),
    ] {
        let agree = if count == other { "yes" } else { "NO" };
        let _ = writeln!(text, "  {count:>6} {at_wechat:<35}{other:>6} {in_books:<23}{agree}");
    }
    let _ = writeln!(
        text,
        "\n  {} refunds were told before their payments; users took {} cards and gave {} up, and looked at points {} times\n  \
         {} notifications took {} deliveries; {} requests arrived; the shop answered {} questions, {} of them\n  \
         again from its ledger\n",
        load.early,
        load.taken_cards,
        load.deleted,
        load.views,
        load.notifications,
        load.deliveries,
        load.requests,
        load.answered,
        load.repeated
    );
}

fn paces(verdict: &Verdict, text: &mut String) {
    let Paces { quiet, delayed } = &verdict.pace;
    let _ = writeln!(
        text,
        "  documented rate, 5 a second for a partner   partners  decisions  seconds  slowest  most in a second  refused"
    );
    for (line, pace) in [("a quick line", quiet), ("every request 0 to 80 ms late", delayed)] {
        let Pace { partners, sent, seconds, slowest, most, refused, .. } = pace;
        let _ = writeln!(
            text,
            "    {line:<40}{partners:>10}{sent:>11}{seconds:>9.1}{slowest:>7.2}/s{most:>18}{refused:>9}"
        );
    }
    text.push('\n');
}

fn broken(verdict: &Verdict, text: &mut String) {
    let mut names: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for finding in &verdict.findings {
        names.entry(&finding.name).or_default().push(&finding.detail);
    }
    for (name, details) in &names {
        let meaning = NAMES.iter().find(|(known, _)| known == name).map_or("", |(_, meaning)| meaning);
        let _ = writeln!(text, "  BROKEN {name}: {meaning}");
        for detail in details.iter().take(SHOWN) {
            let _ = writeln!(text, "    {detail}");
        }
        if details.len() > SHOWN {
            let _ = writeln!(text, "    and {} more", details.len() - SHOWN);
        }
    }
    if let Some(kept) = &verdict.kept {
        let _ = writeln!(text, "  databases and logs are kept in {}\n", kept.display());
    }
}
