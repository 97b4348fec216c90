//! What ingress and engine share.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::{Notify, Semaphore};

use crate::engine::Hooks;
use crate::job::NewJob;
use crate::store::{Store, Want};
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
    pub(crate) hooks: Hooks,
    /// Places for checks: a few of those for all jobs.
    pub(crate) checks: Semaphore,
    /// The upkeep that was begun last, by merchant.
    pub(crate) begun: Mutex<BTreeMap<String, String>>,
}

/// What can be set about the relay itself.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) worker: String,
    /// Calls under way at once, and questions.
    pub(crate) concurrency: u32,
    /// Questions under way at once to one merchant's hook.
    pub(crate) per_hook: u32,
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
            checks: Semaphore::new((settings.concurrency as usize / 8).max(1)),
            settings,
            work: Notify::new(),
            ended: Notify::new(),
            begun: Mutex::default(),
            hooks: Hooks::default(),
        }
    }

    /// What this process claims, without places.
    pub(crate) fn want(&self) -> Want {
        Want {
            worker: self.settings.worker.clone(),
            calls: 0,
            questions: 0,
            per_hook: self.settings.per_hook,
            rooms: BTreeMap::new(),
            lease: self.settings.lease,
            ahead: self.settings.ahead,
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
}
