//! The stream under the HTTP connection, TCP or TLS over it: counts bytes, and resets or cuts an answer on command.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::server::TlsStream;

/// What happens to the bytes of the answer under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Plan {
    /// They pass.
    #[default]
    Pass,
    /// The connection is reset (RST) before any of them.
    Reset,
    /// The head and so many bytes of the body pass, then the connection ends.
    CutBody(usize),
    /// So many bytes pass, then the connection ends.
    Cut(usize),
    /// The head and so many bytes of the body pass, then nothing more does.
    StallBody(usize),
    /// So many bytes pass, then nothing more does.
    Stall(usize),
    /// All of them pass, and the connection is reset (RST) when the next request comes on it.
    CloseOnReuse,
}

/// How an exchange steers the stream below it.
#[derive(Debug, Default)]
pub(crate) struct Control {
    plan: Mutex<Plan>,
    read: AtomicU64,
    written: AtomicU64,
}

impl Control {
    /// Decides the fate of the answer that is written next.
    pub(crate) fn plan(&self, plan: Plan) {
        *self.locked() = plan;
    }

    /// Bytes received and sent on this connection so far.
    pub(crate) fn counts(&self) -> (u64, u64) {
        (self.read.load(Ordering::Relaxed), self.written.load(Ordering::Relaxed))
    }

    /// How many of these bytes may pass now; an error ends the connection.
    fn admit(&self, bytes: &[u8]) -> io::Result<usize> {
        match *self.locked() {
            Plan::Pass | Plan::CutBody(_) | Plan::StallBody(_) | Plan::CloseOnReuse => Ok(bytes.len()),
            Plan::Reset => Err(io::ErrorKind::ConnectionReset.into()),
            Plan::Cut(0) => Err(io::ErrorKind::BrokenPipe.into()),
            Plan::Cut(left) | Plan::Stall(left) => Ok(left.min(bytes.len())),
        }
    }

    /// Counts what has passed.
    fn passed(&self, count: usize) {
        self.written.fetch_add(count as u64, Ordering::Relaxed);
        let mut plan = self.locked();
        if let Plan::Cut(left) | Plan::Stall(left) = &mut *plan {
            *left = left.saturating_sub(count);
        }
    }

    /// Turns "so much of the body" into "so many bytes", once the end of the head is in sight. The head of an answer
    /// is always written in one piece.
    fn measure(&self, bytes: &[u8]) {
        let mut plan = self.locked();
        if let Plan::CutBody(keep) | Plan::StallBody(keep) = *plan
            && let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n")
        {
            let kept = at + 4 + keep;
            *plan = if matches!(*plan, Plan::CutBody(_)) { Plan::Cut(kept) } else { Plan::Stall(kept) };
        }
    }

    fn locked(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What an HTTP connection can run over.
pub(crate) trait Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static {
    /// The TCP connection under it.
    fn tcp(&mut self) -> &mut TcpStream;
}

impl Stream for TcpStream {
    fn tcp(&mut self) -> &mut TcpStream {
        self
    }
}

impl Stream for Box<TlsStream<TcpStream>> {
    fn tcp(&mut self) -> &mut TcpStream {
        self.get_mut().0
    }
}

/// A stream under control.
#[derive(Debug)]
pub(crate) struct Wire<S> {
    stream: S,
    control: Arc<Control>,
}

impl<S: Stream> Wire<S> {
    pub(crate) fn new(stream: S) -> (Self, Arc<Control>) {
        let control = Arc::new(Control::default());
        (Self { stream, control: Arc::clone(&control) }, control)
    }

    pub(crate) fn into_stream(self) -> S {
        self.stream
    }

    /// Waits until the other side gives up. What it still sends is lost: nothing more happens on this connection.
    fn silent(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut lost = [0; 256];
        loop {
            let mut lost = ReadBuf::new(&mut lost);
            match ready!(Pin::new(&mut self.stream).poll_read(context, &mut lost)) {
                Ok(()) if !lost.filled().is_empty() => {}
                _ => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            }
        }
    }
}

impl<S: Stream> AsyncRead for Wire<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut this.stream).poll_read(context, buffer);
        let count = buffer.filled().len() - before;
        this.control.read.fetch_add(count as u64, Ordering::Relaxed);
        if count > 0 && *this.control.locked() == Plan::CloseOnReuse {
            this.stream.tcp().set_zero_linger()?;
            this.control.plan(Plan::Reset);
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        outcome
    }
}

impl<S: Stream> AsyncWrite for Wire<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.control.measure(bytes);
        let admitted = match this.control.admit(bytes) {
            Ok(admitted) => admitted,
            Err(error) => {
                if error.kind() == io::ErrorKind::ConnectionReset {
                    // Closing without lingering sends RST instead of FIN.
                    this.stream.tcp().set_zero_linger()?;
                }
                return Poll::Ready(Err(error));
            }
        };
        if admitted == 0 && !bytes.is_empty() {
            return this.silent(context);
        }
        let written = ready!(Pin::new(&mut this.stream).poll_write(context, &bytes[..admitted]))?;
        this.control.passed(written);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let plan = *this.control.locked();
        match plan {
            // A FIN would come before the RST.
            Plan::Reset => Poll::Ready(Ok(())),
            // Under TLS an end that was not announced; TLS's own would say that nothing is missing.
            Plan::Cut(_) => Pin::new(this.stream.tcp()).poll_shutdown(context),
            _ => Pin::new(&mut this.stream).poll_shutdown(context),
        }
    }
}
