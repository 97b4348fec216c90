//! The TCP stream under the HTTP connection: counts bytes, and resets or cuts an answer on command.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

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

/// A stream under control.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TcpStream,
    control: Arc<Control>,
}

impl Wire {
    pub(crate) fn new(stream: TcpStream) -> (Self, Arc<Control>) {
        let control = Arc::new(Control::default());
        (Self { stream, control: Arc::clone(&control) }, control)
    }
}

impl Wire {
    /// Waits until the other side gives up.
    fn silent(&self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut byte = [0];
        match ready!(self.stream.poll_peek(context, &mut ReadBuf::new(&mut byte))) {
            // It sent more and still waits for the rest; the time-out is its own.
            Ok(1..) => Poll::Pending,
            _ => Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
        }
    }
}

impl AsyncRead for Wire {
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
            this.stream.set_zero_linger()?;
            this.control.plan(Plan::Reset);
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        outcome
    }
}

impl AsyncWrite for Wire {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        this.control.measure(bytes);
        let admitted = match this.control.admit(bytes) {
            Ok(admitted) => admitted,
            Err(error) => {
                if error.kind() == io::ErrorKind::ConnectionReset {
                    // Closing without lingering sends RST instead of FIN.
                    this.stream.set_zero_linger()?;
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
        if *this.control.locked() == Plan::Reset {
            // A FIN would come before the RST.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.stream).poll_shutdown(context)
    }
}
