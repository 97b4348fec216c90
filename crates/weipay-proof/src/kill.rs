//! Who dies, when, and where.

use std::time::{Duration, Instant};

use fastrand::Rng;
use futures_util::future::select_all;

use crate::Error;
use crate::process::Process;
use crate::verdict::Kills;

/// The relay's points, in the order in which a notification passes them. A relay that does not know one does not start.
const RELAY: &[&str] = &[
    "ingress-before-store",
    "ingress-after-store",
    "after-claim",
    "before-send",
    "after-send",
    "after-answer",
    "before-finish",
    "after-finish",
];

/// How long an armed process may wait for its point before it is killed like any other.
const ARMED: Duration = Duration::from_millis(1500);

/// How long a process that was started again may take to be there before the next one dies.
const BEGINS: Duration = Duration::from_secs(2);
/// So long after the database server came back, a process that gave up at its start is started again, as its supervisor
/// would.
const SUPERVISED: Duration = Duration::from_secs(10);

/// Kills relays and shop by turns.
pub(crate) struct Killer {
    rng: Rng,
    kills: Kills,
    server_back: Option<Instant>,
    /// The points that are still to come in this round: every one has its turn.
    relay: Vec<&'static str>,
    shop: Vec<&'static str>,
}

impl Killer {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            rng: Rng::with_seed(seed),
            kills: Kills::default(),
            server_back: None,
            relay: Vec::new(),
            shop: Vec::new(),
        }
    }

    pub(crate) fn server_restarted(&mut self) {
        self.kills.server_restarts += 1;
        self.server_back = Some(Instant::now());
    }

    pub(crate) fn kills(self) -> Kills {
        self.kills
    }

    /// Lets processes die until so many have.
    pub(crate) async fn work(
        &mut self,
        processes: &mut [Process],
        wanted: u64,
        tell: &(dyn Fn(u64) + Sync),
    ) -> Result<(), Error> {
        while self.kills.all() < wanted {
            let pause = Duration::from_millis(self.rng.u64(20..500));
            let died = tokio::select! {
                died = any_died(processes) => Some(died),
                () = tokio::time::sleep(pause) => None,
            };
            let victim = match died {
                Some(victim) => victim,
                None => match self.choose(processes) {
                    Some(victim) => victim,
                    None => continue,
                },
            };
            self.bury(&mut processes[victim], died.is_some()).await?;
            let point = self.point(&processes[victim]);
            processes[victim] = Process::start(processes[victim].recipe.clone(), point)?;
            tell(self.kills.all());
            if self.rng.u8(0..4) > 0 {
                // Most lives begin in peace; the others may end before they have begun. That it ends here is seen above.
                let _ = tokio::time::timeout(BEGINS, processes[victim].ready()).await;
            }
        }
        Ok(())
    }

    /// Somebody who does not wait at a point, or has waited there too long.
    fn choose(&mut self, processes: &[Process]) -> Option<usize> {
        let ripe =
            |process: &Process| process.armed.as_ref().is_none_or(|(_, since)| since.elapsed() > ARMED);
        let ripe: Vec<_> = (0..processes.len()).filter(|at| ripe(&processes[*at])).collect();
        self.rng.choice(ripe)
    }

    async fn bury(&mut self, process: &mut Process, died: bool) -> Result<(), Error> {
        let name = process.recipe.name.clone();
        if died {
            let status = process.ended().await.unwrap_or_default();
            if status.code().is_some() && self.server_back.is_some_and(|back| back.elapsed() < SUPERVISED) {
                return Ok(());
            }
            let Some((point, _)) = process.armed.as_ref().filter(|_| aborted(status)) else {
                return Err(process.unexpected(status));
            };
            let point = point.split(':').next().unwrap_or_default();
            let kind = name.split(' ').next().unwrap_or_default();
            *self.kills.at_points.entry(format!("{kind} {point}")).or_default() += 1;
        } else {
            process.kill().await;
            self.kills.at_random += 1;
        }
        *self.kills.of.entry(name).or_default() += 1;
        Ok(())
    }

    /// In half of the cases the next life ends at a point, at its first to fourth passage.
    fn point(&mut self, process: &Process) -> Option<String> {
        if self.rng.bool() {
            return None;
        }
        let (left, all) = match process.recipe.name.as_str() {
            "shop" => (&mut self.shop, weipay_shop::FAIL_POINTS),
            _ => (&mut self.relay, RELAY),
        };
        if left.is_empty() {
            left.extend(all);
            self.rng.shuffle(left);
        }
        left.pop().map(|point| format!("{point}:{}", self.rng.u32(1..=4)))
    }
}

/// The first that ends by itself.
async fn any_died(processes: &mut [Process]) -> usize {
    let lives = processes.iter_mut().map(|process| Box::pin(process.ended()));
    select_all(lives).await.1
}

#[cfg(unix)]
fn aborted(status: std::process::ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    const SIGABRT: i32 = 6;
    status.signal() == Some(SIGABRT)
}

#[cfg(not(unix))]
fn aborted(status: std::process::ExitStatus) -> bool {
    !status.success()
}
