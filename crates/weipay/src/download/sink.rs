//! Where the bytes of a file go.

use std::future::Future;
use std::io::{self, Write};

use tokio::io::{AsyncWrite, AsyncWriteExt as _};

/// What takes the bytes of a download, in order.
pub(crate) trait Sink {
    fn write(&mut self, bytes: &[u8]) -> impl Future<Output = io::Result<()>>;
}

/// For answers that are no files.
pub(crate) struct Nowhere;

impl Sink for Nowhere {
    async fn write(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

pub(super) struct Awaited<'a, W>(pub(super) &'a mut W);

impl<W: AsyncWrite + Unpin> Sink for Awaited<'_, W> {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes).await
    }
}

pub(super) struct Called<'a, W>(pub(super) &'a mut W);

impl<W: Write> Sink for Called<'_, W> {
    async fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }
}
