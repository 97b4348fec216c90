//! The line between the relays and WeChat Pay, which takes its time: what goes over it, either way, is late by a random
//! while.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use fastrand::Rng;
use tokio::io::AsyncWriteExt as _;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// Longer than any request or answer of the proof.
const PIECE: usize = 256 * 1024;

/// A proxy of connections. It ends when it is dropped.
pub(crate) struct Line {
    pub(crate) address: SocketAddr,
    /// At most so late, in microseconds.
    late: Arc<AtomicU64>,
    task: JoinHandle<()>,
}

impl Line {
    /// A line to `target` that is as quick as this machine.
    pub(crate) async fn start(target: SocketAddr, seed: u64) -> std::io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let late = Arc::new(AtomicU64::new(0));
        let task = tokio::spawn(serve(listener, target, Arc::clone(&late), Rng::with_seed(seed)));
        Ok(Self { address, late, task })
    }

    /// From now on every request and every answer is late by 0 to `most`, each by a while of its own.
    pub(crate) fn late(&self, most: Duration) {
        self.late.store(u64::try_from(most.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, target: SocketAddr, late: Arc<AtomicU64>, mut rng: Rng) {
    let mut pieces = JoinSet::new();
    loop {
        let Ok((near, _)) = listener.accept().await else { continue };
        let Ok(far) = TcpStream::connect(target).await else { continue };
        let _ = (near.set_nodelay(true), far.set_nodelay(true));
        let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
        pieces.spawn(pass(near_in, far_out, Arc::clone(&late), rng.fork()));
        pieces.spawn(pass(far_in, near_out, Arc::clone(&late), rng.fork()));
        while pieces.try_join_next().is_some() {}
    }
}

/// One direction of one connection. A request is one piece, however many packets it came in: it waits once.
async fn pass(from: OwnedReadHalf, mut to: OwnedWriteHalf, late: Arc<AtomicU64>, mut rng: Rng) {
    let mut piece = vec![0; PIECE];
    loop {
        if from.readable().await.is_err() {
            return;
        }
        let most = late.load(Ordering::Relaxed);
        if most > 0 {
            tokio::time::sleep(Duration::from_micros(rng.u64(0..=most))).await;
        }
        match from.try_read(&mut piece) {
            Ok(0) => return,
            Ok(read) => {
                if to.write_all(&piece[..read]).await.is_err() {
                    return;
                }
            }
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use tokio::io::AsyncReadExt as _;

    use super::*;

    /// Sends and gets back so many pieces, and says how long that took.
    async fn echoed(line: &Line, pieces: u8) -> Duration {
        let mut stream = TcpStream::connect(line.address).await.unwrap();
        let begun = Instant::now();
        for number in 0..pieces {
            let mut back = [0; 3];
            stream.write_all(&[number, 1, 2]).await.unwrap();
            stream.read_exact(&mut back).await.unwrap();
            assert_eq!(back, [number, 1, 2]);
        }
        begun.elapsed()
    }

    #[tokio::test]
    async fn what_goes_over_the_line_is_whole_and_late_both_ways() {
        let echo = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let line = Line::start(echo.local_addr().unwrap(), 1).await.unwrap();
        let echoing = tokio::spawn(async move {
            loop {
                let (mut stream, _) = echo.accept().await.unwrap();
                let (mut from, mut to) = stream.split();
                let _ = tokio::io::copy(&mut from, &mut to).await;
            }
        });
        echoed(&line, 10).await;
        line.late(Duration::from_millis(40));
        // Forty delays of 20 ms on average, drawn from a seed.
        let took = echoed(&line, 20).await;
        assert!(took > Duration::from_millis(500), "{took:?}");
        echoing.abort();
    }
}
