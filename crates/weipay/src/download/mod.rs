//! Downloads: from a request to the file, in a writer or under its name.
//!
//! An operation whose answer only says where its file is takes two calls, which are one here. Bytes reach a writer
//! while they are being hashed; a file gets its name when its hash held.

mod awaited;
mod called;
mod file;
mod sink;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use weipay_core::error::{Failure, FailureKind, Phase};
use weipay_core::{Error, Fetched, VerifiedFile};

use crate::Client;
use crate::client::Core;
use crate::driver::{self, Delivery};

pub(crate) use sink::{Nowhere, Sink};

/// A file that can be fetched, as the download verbs give it. `F` says whether it has a published hash, `C` is the
/// client: of [`blocking::Client`](crate::blocking::Client), the same methods block.
///
/// ```no_run
/// # async fn example(client: weipay::Client) -> Result<(), weipay::Error> {
/// let bill = client
///     .chain("v3/bill/tradebill")
///     .query("bill_date", "2019-06-11")
///     .query("tar_type", "GZIP")
///     .download()
///     .progress(|received, total| eprintln!("{received} of {total:?} bytes"))
///     .to_file("bill-2019-06-11.csv")
///     .await?;
/// println!("{} bytes, SHA-1 {}", bill.bytes(), bill.hash());
/// # Ok(())
/// # }
/// ```
#[must_use = "a download does nothing until it is told where to write the file"]
pub struct Download<'c, F = VerifiedFile, C = Client> {
    core: &'c Arc<Core>,
    wanted: weipay_core::Download,
    progress: Option<Progress<'c>>,
    kind: PhantomData<fn() -> (F, C)>,
}

type Progress<'c> = Box<dyn FnMut(u64, Option<u64>) + Send + 'c>;

impl<'c, F: Fetched, C> Download<'c, F, C> {
    pub(crate) fn new(core: &'c Arc<Core>, wanted: weipay_core::Download) -> Self {
        Self { core, wanted, progress: None, kind: PhantomData }
    }

    /// Is told how many bytes were received so far, and how many there will be if the server said so. Of a compressed
    /// file both are compressed bytes.
    pub fn progress(mut self, tell: impl FnMut(u64, Option<u64>) + Send + 'c) -> Self {
        self.progress = Some(Box::new(tell));
        self
    }

    /// How many bytes the (inflated) file may have, in place of the client's limit of 1 GiB.
    pub fn max_bytes(mut self, max: u64) -> Self {
        self.wanted.max_bytes(max);
        self
    }

    /// Bounds each call, in place of the client's limit of 15 minutes for a file.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.wanted.call_mut().timeout(timeout);
        self
    }

    /// Adds a header to the request.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.wanted.call_mut().header(name, value);
        self
    }

    /// Carries out what has to be: one call or two.
    async fn run<S: Sink>(&mut self, sink: &mut S) -> Result<F, Error> {
        let Core { engine, credential } = &**self.core;
        let mut call = self.wanted.first(&engine.settings);
        if self.wanted.is_led_to() {
            let answer = driver::run(engine, credential, call).await?;
            call = self.wanted.then(&answer, &engine.settings)?;
        }
        let mut delivery = Delivery::new(sink);
        if let Some(tell) = &mut self.progress {
            delivery.progress = Some(&mut **tell);
        }
        let answer = driver::deliver(engine, credential, call, &mut delivery).await?;
        let bytes = delivery.bytes;
        Ok(F::of(answer, bytes))
    }

    /// The error of a file that could not be written here.
    fn unwritten(&self, phase: Phase, cause: std::io::Error) -> Error {
        self.wanted.failed(Failure::new(phase, FailureKind::Sink).because(cause))
    }
}

impl<F, C> fmt::Debug for Download<'_, F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}
