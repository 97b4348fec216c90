//! Does a merchant's notification endpoint do what it must? One run, one report.

use std::fmt::{self, Write as _};
use std::time::Duration;

use http::Uri;
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::rt::TokioIo;

use crate::notify::address;
use crate::running::RunningWorld;
use crate::{Attempt, Error, Fault, Sandbox, Trigger, World};

/// How much longer than allowed an answer is waited for, so that a slow one is told from none.
const PATIENCE: u32 = 3;
/// A merchant that is nobody's.
const FOREIGN: &str = "1999999999";

/// A run against one endpoint: `Conformance::new("http://127.0.0.1:8080/notify").run().await?`.
///
/// The endpoint has to know the keys of [`World::documentation`] (or of the world that is given), as `weipay sandbox --env`
/// writes them. It gets about a dozen notifications of one event.
#[derive(Debug, Clone)]
pub struct Conformance {
    url: String,
    order: Trigger,
    within: Duration,
    effects: Option<String>,
    world: World,
}

/// What a run found.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Report {
    /// Where the notifications went.
    pub url: String,
    /// Every case, in the order in which it ran.
    pub cases: Vec<Case>,
}

/// One case of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Case {
    /// Its name: `valid`, `duplicate`, `tampered`, …
    pub name: &'static str,
    /// The fault of the catalogue that it stands for.
    pub fault: &'static str,
    /// What has to happen.
    pub expected: &'static str,
    /// How it went.
    pub verdict: Verdict,
}

/// How a case went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As it has to.
    Passed,
    /// Otherwise; says what was seen and what it means.
    Failed(String),
    /// It could not be judged; says why.
    Skipped(&'static str),
}

impl Conformance {
    /// Against this `http://` address of this machine, with `TRANSACTION.SUCCESS` to the world's default caller.
    pub fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            order: Trigger::new("TRANSACTION.SUCCESS"),
            within: Duration::from_secs(5),
            effects: None,
            world: World::documentation(),
        }
    }

    /// With this notification instead.
    pub fn event(mut self, order: impl Into<Trigger>) -> Self {
        self.order = order.into();
        self
    }

    /// With the keys and merchants of this world.
    pub fn world(mut self, world: World) -> Self {
        self.world = world;
        self
    }

    /// How long an answer may take; the documented 5 seconds if not said.
    pub fn within(mut self, limit: Duration) -> Self {
        self.within = limit;
        self
    }

    /// An `http://` address of this machine that answers GET with the number of effects so far, in decimal digits: without
    /// it nobody can see from outside whether a duplicate or a foreign event had one.
    pub fn effects_at(mut self, url: &str) -> Self {
        self.effects = Some(url.to_owned());
        self
    }

    /// Runs all cases, one after the other.
    pub async fn run(self) -> Result<Report, Error> {
        for url in [Some(&self.url), self.effects.as_ref()].into_iter().flatten() {
            address::check(url, false).map_err(Error::State)?;
        }
        let patience = self.within.saturating_mul(PATIENCE);
        let builder = Sandbox::builder().world(self.world.clone()).notifications_answered_within(patience);
        let sandbox = builder.start().await?;
        let run = Run { world: &sandbox, conformance: &self, slowest: Duration::ZERO };
        let cases = run.cases().await?;
        sandbox.stop().await;
        Ok(Report { url: self.url, cases })
    }
}

struct Run<'a> {
    world: &'a RunningWorld,
    conformance: &'a Conformance,
    slowest: Duration,
}

impl Run<'_> {
    async fn cases(mut self) -> Result<Vec<Case>, Error> {
        let mut cases = Vec::new();
        let valid = self.send(None, &self.conformance.order).await?;
        cases.push(accepted("valid", "N17", "a valid notification is acknowledged with 200 or 204", &valid));
        cases.extend(self.duplicates().await?);
        for (name, fault, expected) in [
            ("tampered", "N07", "one byte changed after signing is refused"),
            ("stale", "N06", "a timestamp of more than 300 seconds ago is refused"),
            ("probe", "N11", "a signature probe is refused"),
            ("unsigned", "N16", "a notification without signature headers is refused"),
            ("unknown-key", "N12", "an unknown serial is refused"),
            ("unopenable", "N08", "a resource that does not open is refused"),
        ] {
            let attempts = self.send(Some(fault), &self.conformance.order).await?;
            cases.push(refused(name, fault, expected, &attempts));
        }
        cases.push(self.foreign().await?);
        cases.push(self.in_time());
        Ok(cases)
    }

    /// Sends one notification and waits for its first answer, or for the two of a duplicate.
    async fn send(&mut self, fault: Option<&str>, order: &Trigger) -> Result<Vec<Attempt>, Error> {
        if let Some(fault) = fault {
            self.world.inject(Fault::new(fault)?);
        }
        let before = self.world.journal().count();
        let id = self.world.trigger(order.clone().at(&self.conformance.url))?;
        self.world.settled().await;
        self.world.clear_faults();
        // The repeats of the schedule would disturb the next case.
        self.world.shared.state().outbox.give_up(&id);
        for entry in self.world.journal().entries().iter().filter(|entry| entry.number > before) {
            if entry.status.is_some() || entry.duration >= self.conformance.within {
                self.slowest = self.slowest.max(entry.duration);
            }
        }
        let sent = self.world.deliveries().into_iter().filter(|delivery| delivery.id == id);
        Ok(sent.flat_map(|delivery| delivery.attempts).collect())
    }

    /// Two copies at the same time, each acknowledged, with one effect.
    async fn duplicates(&mut self) -> Result<[Case; 2], Error> {
        let before = self.effects().await?;
        let attempts = self.send(Some("N03"), &self.conformance.order).await?;
        let after = self.effects().await?;
        let both =
            accepted("duplicate", "N03", "both of two copies at the same time are acknowledged", &attempts);
        let verdict = match (before, after) {
            (Some(before), Some(after)) if after.saturating_sub(before) <= 1 => Verdict::Passed,
            (Some(before), Some(after)) => Verdict::Failed(format!(
                "two copies of one notification had {} effects; deduplicate by the business key, under a lock",
                after.saturating_sub(before)
            )),
            _ => Verdict::Skipped("no address that counts effects was given"),
        };
        let expected = "two copies of one notification have one effect";
        Ok([both, Case { name: "one-effect", fault: "N01", expected, verdict }])
    }

    /// An event about a merchant that is none of the receiver's.
    async fn foreign(&mut self) -> Result<Case, Error> {
        let (name, fault, expected) = ("foreign-tenant", "N18", "an event of another merchant has no effect");
        let skipped = |why| Ok(Case { name, fault, expected, verdict: Verdict::Skipped(why) });
        let Some(before) = self.effects().await? else {
            return skipped("no address that counts effects was given");
        };
        let order = &self.conformance.order;
        let mut sent = false;
        for member in ["sub_mchid", "mchid", "brand_id"] {
            if self.send(None, &order.clone().set(member, FOREIGN)).await.is_ok() {
                sent = true;
                break;
            }
        }
        if !sent {
            return skipped("this event names no merchant");
        }
        let verdict = match self.effects().await? {
            Some(after) if after > before => Verdict::Failed(
                "an event of a merchant that is none of yours had an effect; compare mchid, sub_mchid or brand_id"
                    .to_owned(),
            ),
            _ => Verdict::Passed,
        };
        Ok(Case { name, fault, expected, verdict })
    }

    fn in_time(&self) -> Case {
        let limit = self.conformance.within;
        let verdict = if self.slowest <= limit {
            Verdict::Passed
        } else {
            Verdict::Failed(format!(
                "the slowest answer took {} ms, {} are allowed; store the notification, acknowledge it, and work on it \
                 afterwards",
                self.slowest.as_millis(),
                limit.as_millis()
            ))
        };
        Case { name: "in-time", fault: "N13", expected: "every answer comes in time", verdict }
    }

    async fn effects(&self) -> Result<Option<u64>, Error> {
        let Some(url) = &self.conformance.effects else { return Ok(None) };
        let failed = |why: String| Error::State(format!("the number of effects cannot be read: {why}"));
        let text = get(url).await.map_err(failed)?;
        text.trim().parse().map(Some).map_err(|_| failed("the answer is no number".to_owned()))
    }
}

fn accepted(name: &'static str, fault: &'static str, expected: &'static str, attempts: &[Attempt]) -> Case {
    let bad = attempts.iter().find(|attempt| !attempt.acknowledged);
    let verdict = match bad {
        _ if attempts.is_empty() => Verdict::Failed("it could not be delivered".to_owned()),
        None => Verdict::Passed,
        Some(attempt) => Verdict::Failed(format!("{}; only 200 and 204 acknowledge", seen(attempt))),
    };
    Case { name, fault, expected, verdict }
}

fn refused(name: &'static str, fault: &'static str, expected: &'static str, attempts: &[Attempt]) -> Case {
    let verdict = match attempts.first() {
        None => Verdict::Failed("it could not be delivered".to_owned()),
        Some(attempt) if attempt.acknowledged => Verdict::Failed(format!(
            "{}; whoever knows the address could have sent it: verify signature, serial and time, then decrypt, then \
             acknowledge",
            seen(attempt)
        )),
        Some(Attempt { status: Some(_), .. }) => Verdict::Passed,
        Some(attempt) => Verdict::Failed(format!("{}; answer 4xx or 5xx", seen(attempt))),
    };
    Case { name, fault, expected, verdict }
}

fn seen(attempt: &Attempt) -> String {
    match (attempt.status, &attempt.error) {
        (Some(status), _) => format!("answered {status}"),
        (None, Some(error)) => error.clone(),
        (None, None) => "not answered".to_owned(),
    }
}

async fn get(url: &str) -> Result<String, String> {
    let uri: Uri = address::check(url, false)?;
    let stream = crate::courier::connect(&uri).await.map_err(|error| error.to_string())?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| error.to_string())?;
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let host = uri.authority().map(ToString::to_string).unwrap_or_default();
    let request = http::Request::get(target).header("host", host).body(Empty::<bytes::Bytes>::new());
    let request = request.map_err(|error| error.to_string())?;
    let connection = tokio::spawn(connection);
    let answer = sender.send_request(request).await.map_err(|error| error.to_string())?;
    let body = Limited::new(answer.into_body(), 1024).collect().await.map_err(|error| error.to_string())?;
    connection.abort();
    String::from_utf8(body.to_bytes().to_vec()).map_err(|error| error.to_string())
}

impl Report {
    /// Whether nothing failed; what was skipped does not count.
    pub fn passed(&self) -> bool {
        self.cases.iter().all(|case| !matches!(case.verdict, Verdict::Failed(_)))
    }

    /// The report as `JUnit` XML, one test case per case.
    pub fn junit(&self) -> String {
        let count = |is: fn(&Verdict) -> bool| self.cases.iter().filter(|case| is(&case.verdict)).count();
        let (failures, skipped) = (
            count(|verdict| matches!(verdict, Verdict::Failed(_))),
            count(|verdict| matches!(verdict, Verdict::Skipped(_))),
        );
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"weipay conformance\" tests=\"{}\" \
             failures=\"{failures}\" skipped=\"{skipped}\">\n",
            self.cases.len()
        );
        for case in &self.cases {
            let name = escaped(&format!("{} ({}): {}", case.name, case.fault, case.expected));
            let _ = write!(xml, "  <testcase classname=\"weipay.conformance\" name=\"{name}\"");
            let _ = match &case.verdict {
                Verdict::Passed => writeln!(xml, "/>"),
                Verdict::Failed(why) => writeln!(xml, "><failure message=\"{}\"/></testcase>", escaped(why)),
                Verdict::Skipped(why) => writeln!(xml, "><skipped message=\"{}\"/></testcase>", escaped(why)),
            };
        }
        xml.push_str("</testsuite>\n");
        xml
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// One line per case.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Case { name, fault, expected, verdict } in &self.cases {
            match verdict {
                Verdict::Passed => writeln!(f, "passed   {fault} {name:<15} {expected}")?,
                Verdict::Failed(why) => writeln!(f, "FAILED   {fault} {name:<15} {why}")?,
                Verdict::Skipped(why) => writeln!(f, "skipped  {fault} {name:<15} {why}")?,
            }
        }
        Ok(())
    }
}
