//! All that changes while the sandbox runs, behind the one lock.

use std::collections::VecDeque;

use crate::clock::Clock;
use crate::effect::Effect;
use crate::fault::Faults;
use crate::ids::Ids;
use crate::journal::Record;
use crate::limits::Limits;
use crate::notify::Outbox;
use crate::replay::Replies;
use crate::world::World;

/// How many signatures are remembered to recognise a request that is sent again unchanged.
const REMEMBERED_SIGNATURES: usize = 256;

/// The world as it is now, and everything around it.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) world: World,
    pub(crate) clock: Clock,
    pub(crate) ids: Ids,
    pub(crate) limits: Limits,
    pub(crate) faults: Faults,
    pub(crate) replies: Replies,
    pub(crate) effects: Vec<Effect>,
    pub(crate) outbox: Outbox,
    pub(crate) journal: Record,
    signatures: VecDeque<String>,
}

impl State {
    pub(crate) fn new(world: World, seed: u64, journal_capacity: usize) -> Self {
        Self {
            world,
            clock: Clock::new(),
            ids: Ids::new(seed),
            limits: Limits::default(),
            faults: Faults::default(),
            replies: Replies::default(),
            effects: Vec::new(),
            outbox: Outbox::default(),
            journal: Record::new(journal_capacity),
            signatures: VecDeque::new(),
        }
    }

    /// Whether this very signature was seen before; remembers it.
    pub(crate) fn seen(&mut self, signature: &str) -> bool {
        if self.signatures.iter().any(|known| known == signature) {
            return true;
        }
        if self.signatures.len() == REMEMBERED_SIGNATURES {
            self.signatures.pop_front();
        }
        self.signatures.push_back(signature.to_owned());
        false
    }
}
