//! The world as one document, to be loaded again.

use super::Control;
use crate::{Error, Snapshot};

impl Control {
    /// The world as it is now.
    pub fn save(&self) -> Result<Snapshot, Error> {
        self.world.save()
    }

    /// Goes on as a world that was saved.
    pub fn load(&self, snapshot: &Snapshot) -> Result<(), Error> {
        self.world.load(snapshot)
    }
}
