use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};

use super::Received;

/// What a server does next on a connection. After the last action it closes.
#[derive(Clone, Debug)]
pub enum Action {
    /// Reads one whole request and keeps it for [`Server::requests`].
    Read,
    /// Writes these bytes.
    Write(Vec<u8>),
    /// Waits for [`Server::release`].
    Stall,
    /// Ends the connection by RST.
    Reset,
    /// Answers a `CONNECT` with 200 and passes bytes to and from this address.
    Tunnel(SocketAddr),
}

/// A server on 127.0.0.1 and a free port, with a thread of its own. Dropping it ends every connection.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    release: watch::Sender<bool>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

type Next = dyn Fn(&Received) -> Vec<Action> + Send + Sync;

/// What a connection plays.
enum Play {
    Script(Vec<Action>),
    Forever(Arc<Next>),
}

#[derive(Default)]
struct Shared {
    seen: Mutex<Seen>,
    changed: Condvar,
}

#[derive(Default)]
struct Seen {
    connections: usize,
    requests: Vec<Received>,
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn see(&self, change: impl FnOnce(&mut Seen)) {
        change(&mut self.seen());
        self.changed.notify_all();
    }
}

impl Server {
    /// A server whose first connection plays the first script, and so on; those beyond the last are closed at once.
    pub fn start(scripts: impl IntoIterator<Item = Vec<Action>>) -> Self {
        let scripts: Vec<_> = scripts.into_iter().collect();
        Self::run(move |place| Play::Script(scripts.get(place).cloned().unwrap_or_default()))
    }

    /// A server that reads request after request on every connection and does what `next` says about each.
    pub fn answering(next: impl Fn(&Received) -> Vec<Action> + Send + Sync + 'static) -> Self {
        let next: Arc<Next> = Arc::new(next);
        Self::run(move |_| Play::Forever(Arc::clone(&next)))
    }

    fn run(play: impl Fn(usize) -> Play + Send + 'static) -> Self {
        let listener = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a non-blocking listener");
        let address = listener.local_addr().expect("a bound listener");
        let shared = Arc::new(Shared::default());
        let (release, released) = watch::channel(false);
        let (stop, stopped) = oneshot::channel();
        let serving = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async move {
                tokio::select! {
                    () = accept(listener, play, serving, released) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, shared, release, stop: Some(stop), thread: Some(thread) }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it listens, as `http://127.0.0.1:port`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many connections were accepted so far.
    pub fn connections(&self) -> usize {
        self.shared.seen().connections
    }

    /// The requests that were read so far, in the order of their ends.
    pub fn requests(&self) -> Vec<Received> {
        self.shared.seen().requests.clone()
    }

    /// Blocks until `count` requests were read.
    pub fn wait_for_requests(&self, count: usize) {
        let mut seen = self.shared.seen();
        while seen.requests.len() < count {
            seen = self.shared.changed.wait(seen).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Ends every [`Action::Stall`], present and to come.
    pub fn release(&self) {
        self.release.send_replace(true);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic of the server's thread has been printed; the test that waits for it fails by itself.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("address", &self.address).finish_non_exhaustive()
    }
}

async fn accept(
    listener: std::net::TcpListener,
    play: impl Fn(usize) -> Play,
    shared: Arc<Shared>,
    released: watch::Receiver<bool>,
) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    for place in 0.. {
        let Ok((stream, _)) = listener.accept().await else { return };
        shared.see(|seen| seen.connections += 1);
        let connection = Connection {
            stream,
            buffer: Vec::new(),
            shared: Arc::clone(&shared),
            released: released.clone(),
        };
        // What breaks a connection is the client's affair here.
        tokio::spawn(connection.play(play(place)));
    }
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    shared: Arc<Shared>,
    released: watch::Receiver<bool>,
}

impl Connection {
    async fn play(mut self, play: Play) -> io::Result<()> {
        match play {
            Play::Script(actions) => self.act(actions).await.map(drop),
            Play::Forever(next) => {
                while let Some(request) = self.read().await? {
                    let actions = next(&request);
                    self.shared.see(|seen| seen.requests.push(request));
                    if !self.act(actions).await? {
                        break;
                    }
                }
                Ok(())
            }
        }
    }

    /// Carries out `actions`; `false` when the connection is over.
    async fn act(&mut self, actions: Vec<Action>) -> io::Result<bool> {
        for action in actions {
            match action {
                Action::Read => match self.read().await? {
                    Some(request) => self.shared.see(|seen| seen.requests.push(request)),
                    None => return Ok(false),
                },
                Action::Write(bytes) => self.stream.write_all(&bytes).await?,
                Action::Stall => drop(self.released.wait_for(|released| *released).await),
                Action::Reset => {
                    self.stream.set_zero_linger()?;
                    return Ok(false);
                }
                Action::Tunnel(address) => {
                    let mut far = TcpStream::connect(address).await?;
                    self.stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
                    copy_bidirectional(&mut self.stream, &mut far).await?;
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// Reads one request; `None` when the client has closed before it was complete.
    async fn read(&mut self) -> io::Result<Option<Received>> {
        loop {
            if let Some((request, length)) = parse(&self.buffer) {
                self.buffer.drain(..length);
                return Ok(Some(request));
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                return Ok(None);
            }
        }
    }
}

/// The first whole request of `buffer` and how many bytes it has. Clients of ours announce lengths.
fn parse(buffer: &[u8]) -> Option<(Received, usize)> {
    let head = buffer.windows(4).position(|window| window == b"\r\n\r\n")?;
    let request = Received::new(&buffer[..head], Vec::new());
    let length = request.header("Content-Length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let end = head + 4 + length;
    let body = buffer.get(head + 4..end)?.to_vec();
    Some((Received::new(&buffer[..head], body), end))
}
