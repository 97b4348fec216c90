use std::path::Path;

use tokio::io::{AsyncWrite, AsyncWriteExt as _};
use tokio::task::spawn_blocking;
use weipay_core::error::Phase;
use weipay_core::{Error, Fetched};

use super::Download;
use super::file::PartFile;
use super::sink::Awaited;
use crate::Client;

impl<F: Fetched> Download<'_, F, Client> {
    /// Fetches the file into `writer`, a `Vec<u8>` for example.
    ///
    /// **Bytes are written before the hash is known.** After an error, throw away what was written: only the returned
    /// value says that the whole file is right.
    ///
    /// # Errors
    ///
    /// Those of any call; [`VerifyReason::WrongHash`](crate::error::VerifyReason::WrongHash) for a file that is not the
    /// published one; 4xx where the address has expired, which lives for 30 seconds: fetch again, which asks for a new
    /// one; [`FailureKind::Sink`](crate::exchange::FailureKind::Sink) where `writer` failed.
    pub async fn to_writer<W: AsyncWrite + Unpin>(mut self, writer: &mut W) -> Result<F, Error> {
        let file = self.run(&mut Awaited(writer)).await?;
        match writer.flush().await {
            Ok(()) => Ok(file),
            Err(cause) => Err(self.unwritten(Phase::ReadingBody, cause)),
        }
    }

    /// Fetches the file to `path`, in place of what stands there.
    ///
    /// It is written beside its name and gets it once it is complete and its hash held; else, nothing is left behind and
    /// what stood there before still does. Only this user can read it: bills hold personal data.
    ///
    /// # Errors
    ///
    /// As of [`to_writer`](Self::to_writer).
    pub async fn to_file(mut self, path: impl AsRef<Path>) -> Result<F, Error> {
        let path = path.as_ref().to_owned();
        let created = blocking(move || PartFile::create(&path)).await;
        let (part, file) = created.map_err(|cause| self.unwritten(Phase::NotConnected, cause))?;
        let mut file = tokio::fs::File::from_std(file);
        let fetched = self.run(&mut Awaited(&mut file)).await?;
        let finished = match file.flush().await {
            Ok(()) => {
                let file = file.into_std().await;
                blocking(move || part.finish(&file)).await
            }
            Err(cause) => Err(cause),
        };
        finished.map(|()| fetched).map_err(|cause| self.unwritten(Phase::ReadingBody, cause))
    }
}

/// Runs what touches the disk where it holds up nobody else.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> std::io::Result<T> {
    spawn_blocking(work).await.unwrap_or_else(|error| Err(std::io::Error::other(error)))
}
