//! What the demo prints: for people as text, for scripts one JSON object per line.

use std::fmt;
use std::time::Duration;

use serde_json::{Value, json};

use unicode_width::UnicodeWidthStr as _;

use crate::output::result;

pub(super) struct Report {
    json: bool,
    held: bool,
    rows: usize,
    steps: usize,
    troubles: usize,
}

/// One call of the table.
pub(super) struct Row {
    pub(super) title: &'static str,
    pub(super) path: &'static str,
    pub(super) style: &'static str,
    pub(super) status: u16,
    pub(super) members: String,
    pub(super) elapsed: Duration,
    pub(super) ok: bool,
}

/// One step of the customer's journey.
pub(super) struct Step {
    pub(super) what: &'static str,
    pub(super) call: String,
    /// What the relay did about it.
    pub(super) relay: Worked,
    /// The shop's ledger after it.
    pub(super) shop: String,
    /// WeChat Pay's ledger after it.
    pub(super) wechat: String,
    pub(super) ok: bool,
}

/// What the relay did.
pub(super) struct Worked {
    /// Such as `confirm`; empty when it was not asked.
    pub(super) job: String,
    pub(super) state: String,
    pub(super) attempts: u32,
    /// As many attempts as there should be.
    pub(super) ok: bool,
}

impl Worked {
    pub(super) fn not_asked() -> Self {
        Self { job: String::new(), state: "not asked".to_owned(), attempts: 0, ok: true }
    }
}

impl fmt::Display for Worked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { job, state, .. } = self;
        match self.attempts {
            0 if job.is_empty() => f.write_str(state),
            0 => write!(f, "{job} {state}"),
            1 => write!(f, "{job} {state}, 1 attempt"),
            many => write!(f, "{job} {state}, {many} attempts"),
        }
    }
}

/// One thing that goes wrong.
pub(super) struct Trouble {
    pub(super) what: &'static str,
    /// What the client says, and what was done then.
    pub(super) told: Vec<String>,
    pub(super) ok: bool,
}

impl Report {
    pub(super) fn new(json: bool) -> Self {
        Self { json, held: true, rows: 0, steps: 0, troubles: 0 }
    }

    /// Whether everything has held so far.
    pub(super) fn held(&self) -> bool {
        self.held
    }

    pub(super) fn head(&self, url: &str) {
        self.text(&format!(
            "weipay demo: a sandbox at {url}, a relay, a small shop and clients in one process\n\n\
             1. The four operations as their documentation pages print them, in the six styles of those pages\n"
        ));
    }

    /// Opens the rows of one operation.
    pub(super) fn operation(&self, title: &str, shape: &str) {
        self.text(&format!("  {title}{shape}"));
    }

    pub(super) fn row(&mut self, row: &Row) {
        self.rows += 1;
        self.held &= row.ok;
        let mark = if row.ok { "ok" } else { "FAILED" };
        let millis = row.elapsed.as_secs_f64() * 1000.0;
        self.text(&format!(
            "   {:<15} {} {:<8} {millis:>5.1} ms {mark} POST {}",
            row.style, row.status, row.members, row.path
        ));
        self.object(&json!({"row": self.rows, "title": row.title, "path": row.path, "style": row.style,
            "status": row.status, "members": row.members, "milliseconds": millis, "ok": row.ok}));
    }

    pub(super) fn journey(&self) {
        self.text(
            "\n2. One customer's journey through the relay, with both ledgers after each step;\n   an operator holds the relay's work in 1, 6 and 7, to show what waits\n",
        );
    }

    pub(super) fn step(&mut self, step: &Step) {
        self.steps += 1;
        self.held &= step.ok;
        let mark = if step.ok { "ok" } else { "FAILED" };
        let (shop, relay) = (format!("shop: {}", step.shop), format!("relay: {}", step.relay));
        self.text(&format!("  {:>2}  {:<66} {mark:>6}", self.steps, step.what));
        self.text(&format!("      {} {relay}", padded(&step.call, 37)));
        self.text(&format!("      {shop:<37} WeChat Pay: {}", step.wechat));
        let Worked { job, state, attempts, .. } = &step.relay;
        self.object(&json!({"step": self.steps, "what": step.what, "call": step.call, "shop": step.shop,
            "wechat_pay": step.wechat, "relay": {"job": job, "state": state, "attempts": attempts}, "ok": step.ok}));
    }

    pub(super) fn troubles(&self) {
        self.text("\n3. Three troubles, as the client tells them");
    }

    pub(super) fn trouble(&mut self, trouble: &Trouble) {
        self.troubles += 1;
        self.held &= trouble.ok;
        let mark = if trouble.ok { "held" } else { "FAILED" };
        self.text(&format!("\n   {} ({mark})", trouble.what));
        for line in &trouble.told {
            self.text(&format!("     {line}"));
        }
        self.object(&json!({"trouble": trouble.what, "told": trouble.told, "ok": trouble.ok}));
    }

    pub(super) fn end(&self, elapsed: Duration) {
        let seconds = elapsed.as_secs_f64();
        let verdict = if self.held { "everything held" } else { "NOT everything held" };
        self.text(&format!(
            "\n{verdict}: {} calls of the table, {} steps, {} troubles, in {seconds:.1} s\n\n\
             What this proved: every request was signed here and verified by a server that shares no code with the client;\n\
             every answer was verified before it was handed out; the members sent are those of the pages, byte for byte; points,\n\
             coupon and card agree on both sides after each step; what lost its answer was settled once, by the relay too.\n\
             What it did not: nobody has run this against a live merchant account yet.\n\n\
             Next: `weipay sandbox --env sandbox.env` starts the same server for a program of yours, in any language.",
            self.rows, self.steps, self.troubles
        ));
        self.object(
            &json!({"held": self.held, "rows": self.rows, "steps": self.steps, "troubles": self.troubles,
            "seconds": seconds}),
        );
    }

    fn text(&self, text: &str) {
        if !self.json {
            result(text);
        }
    }

    fn object(&self, value: &Value) {
        if self.json {
            result(&value.to_string());
        }
    }
}

/// Arrows and dots are one column wide, and three bytes long.
fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(text.width())))
}
