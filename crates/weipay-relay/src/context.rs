//! What ingress and engine share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::{Notify, Semaphore};

use crate::event::later;
use crate::job::NewJob;
use crate::store::Store;
use crate::upkeep::Keep;
use crate::work::Work;
use crate::{Clock, Merchant, Vault};

/// The relay, as its parts see it.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) vault: Vault,
    pub(crate) merchants: BTreeMap<String, Arc<Merchant>>,
    pub(crate) settings: Settings,
    /// There is work in the store that this process put there.
    pub(crate) work: Notify,
    /// A job came to its end in this process.
    pub(crate) ended: Notify,
    /// Places for checks: a few of those for all jobs.
    pub(crate) checks: Semaphore,
    /// The upkeep that was begun last, by merchant.
    pub(crate) begun: Mutex<BTreeMap<String, String>>,
    down: Mutex<BTreeMap<String, Down>>,
}

/// What can be set about the relay itself.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) worker: String,
    /// Jobs under way at once.
    pub(crate) concurrency: usize,
    pub(crate) lease: Duration,
    /// How far ahead a slot is taken: what is more urgent and comes meanwhile waits no longer than this.
    pub(crate) ahead: Duration,
    /// How long a stop waits for what is under way.
    pub(crate) drain: Duration,
    /// How often a process may disappear over one job.
    pub(crate) crashes: u32,
    /// Notifications being taken in at once; more are answered 503, and come again.
    pub(crate) intake: usize,
    /// Refused messages kept per merchant.
    pub(crate) refusals: u32,
    /// How long after its notification a decision is still sent. ASSUME: a record ends after 24 hours.
    pub(crate) record_life: Duration,
    /// How long what has ended is kept; for ever if not said.
    pub(crate) keep: Option<Keep>,
}

/// A hook that does not answer: others do not knock until then.
#[derive(Debug, Clone, Copy)]
struct Down {
    until: Timestamp,
    times: u32,
}

impl Context {
    pub(crate) fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        vault: Vault,
        merchants: BTreeMap<String, Arc<Merchant>>,
        settings: Settings,
    ) -> Self {
        Self {
            store,
            clock,
            vault,
            merchants,
            checks: Semaphore::new((settings.concurrency / 8).max(1)),
            settings,
            work: Notify::new(),
            ended: Notify::new(),
            begun: Mutex::default(),
            down: Mutex::default(),
        }
    }

    pub(crate) fn seal(&self, merchant: &str, key: &str, work: &Work) -> Vec<u8> {
        let text = serde_json::to_vec(work).expect("what a job does is plain data");
        self.vault.seal(&format!("{merchant}/{key}"), &text)
    }

    pub(crate) fn open(&self, job: &NewJob) -> Result<Work, String> {
        let text = self.vault.open(&format!("{}/{}", job.merchant, job.key), &job.payload);
        let text = text.map_err(|error| format!("the payload cannot be read: {error}"))?;
        serde_json::from_slice(&text).map_err(|_| "the payload was written by another version".to_owned())
    }

    /// Until when a hook is left alone.
    pub(crate) fn hook_down(&self, merchant: &str, now: Timestamp) -> Option<Timestamp> {
        let down = self.down.lock().unwrap_or_else(PoisonError::into_inner);
        down.get(merchant).map(|down| down.until).filter(|until| *until > now)
    }

    /// A hook did not answer: from 1 s to 30 s nobody else knocks. Answers how often in a row.
    pub(crate) fn hook_failed(&self, merchant: &str, now: Timestamp) -> u32 {
        let mut down = self.down.lock().unwrap_or_else(PoisonError::into_inner);
        let times = down.get(merchant).map_or(0, |down| down.times);
        let pause = Duration::from_secs(1 << times.min(5)).min(Duration::from_secs(30));
        let until = later(now, pause).unwrap_or(now);
        let times = times.saturating_add(1);
        down.insert(merchant.to_owned(), Down { until, times });
        times
    }

    pub(crate) fn hook_answered(&self, merchant: &str) {
        self.down.lock().unwrap_or_else(PoisonError::into_inner).remove(merchant);
    }
}
