use std::io::Write;
use std::path::Path;

use weipay_core::error::Phase;
use weipay_core::{Error, Fetched};

use super::Download;
use super::file::PartFile;
use super::sink::Called;
use crate::blocking::{self, wait};

impl<F: Fetched> Download<'_, F, blocking::Client> {
    /// Fetches the file into `writer`; the async client's `to_writer` says more.
    ///
    /// **Bytes are written before the hash is known.** After an error, throw away what was written.
    pub fn to_writer<W: Write>(mut self, writer: &mut W) -> Result<F, Error> {
        let file = wait(self.run(&mut Called(writer)))?;
        writer.flush().map_err(|cause| self.unwritten(Phase::ReadingBody, cause))?;
        Ok(file)
    }

    /// Fetches the file to `path`, which gets it when it is complete and its hash held; the async
    /// client's `to_file` says more.
    pub fn to_file(mut self, path: impl AsRef<Path>) -> Result<F, Error> {
        let created = PartFile::create(path.as_ref());
        let (part, mut file) = created.map_err(|cause| self.unwritten(Phase::NotConnected, cause))?;
        let fetched = wait(self.run(&mut Called(&mut file)))?;
        part.finish(&file).map_err(|cause| self.unwritten(Phase::ReadingBody, cause))?;
        Ok(fetched)
    }
}
