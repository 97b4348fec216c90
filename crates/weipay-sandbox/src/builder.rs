//! How a sandbox is to be before it starts.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;

use crate::control::{Access, Control, Front};
use crate::policy::Policy;
use crate::running::RunningWorld;
use crate::server::Port;
use crate::shared::Shared;
use crate::state::Beginning;
use crate::tls::{Authority, Tls};
use crate::world::World;
use crate::worlds::Worlds;
use crate::{Error, Sandbox, Snapshot, clockwork, server};

/// How the sandbox is to be; from [`Sandbox::builder`].
#[derive(Debug, Clone)]
pub struct Builder {
    listen: SocketAddr,
    seed: u64,
    world: World,
    journal: usize,
    rates: u32,
    answer_within: Duration,
    policy: Policy,
    business_time: Option<Timestamp>,
    snapshot: Option<Snapshot>,
    access: Access,
    backup: Option<SocketAddr>,
    authority: Option<Authority>,
}

impl Builder {
    /// The address to listen on; 127.0.0.1 and a free port if not said.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.listen = address;
        self
    }

    /// The address of the backup host; the same IP address and a free port if not said.
    pub fn backup(mut self, address: SocketAddr) -> Self {
        self.backup = Some(address);
        self
    }

    /// Answers HTTPS beside HTTP on both ports, for `api.mch.weixin.qq.com`, `api2.mch.weixin.qq.com`,
    /// `apihk.mch.weixin.qq.com`, `localhost`, 127.0.0.1 and `::1`, by TLS 1.2 or 1.3 and a certificate that this authority signs;
    /// and answers `CONNECT` to the hosts of the API by leading to itself. The same authority may serve again and again.
    pub fn tls(mut self, authority: Authority) -> Self {
        self.authority = Some(authority);
        self
    }

    /// The seed of all ids; 0 if not said. The same seed and the same requests give the same ids.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// What exists at the start; [`World::documentation`] if not said.
    pub fn world(mut self, world: World) -> Self {
        self.world = world;
        self
    }

    /// Business time stands still at this moment and is moved by [`RunningWorld::advance`] only. Not said: it runs along with
    /// the host's clock. With it, the same seed and the same requests give the same bodies.
    pub fn business_time(mut self, start: Timestamp) -> Self {
        self.business_time = Some(start);
        self
    }

    /// Goes on as a world that was saved, with its ids, clocks, notifications and keys. [`world`](Self::world),
    /// [`seed`](Self::seed) and [`business_time`](Self::business_time) say only what [`RunningWorld::reset`] goes back to.
    pub fn snapshot(mut self, snapshot: Snapshot) -> Self {
        self.snapshot = Some(snapshot);
        self
    }

    /// Answers only by rules and links; an operation that has neither answers 501.
    pub fn strict(mut self) -> Self {
        self.policy.strict = true;
        self
    }

    /// Lets operations that move money and have no rule be answered by the schema too, instead of 501. Such an answer
    /// says nothing about money: `Weipay-Sandbox-Basis` is `schema` or `linked`.
    pub fn allow_generated(mut self) -> Self {
        self.policy.allow_generated = true;
        self
    }

    /// Other answers than those of before, as far as it is said.
    pub(crate) fn answering(mut self, strict: Option<bool>, allow_generated: Option<bool>) -> Self {
        self.policy.strict = strict.unwrap_or(self.policy.strict);
        self.policy.allow_generated = allow_generated.unwrap_or(self.policy.allow_generated);
        self
    }

    /// Lets notifications go to `http://` addresses of other machines too. They are signed with public, worthless keys.
    pub fn notify_anywhere(mut self) -> Self {
        self.policy.notify_anywhere = true;
        self
    }

    /// Asks for this token wherever the control plane or the console is used, and then answers other machines too. Without
    /// it both answer this machine only.
    pub fn token(mut self, token: &str) -> Self {
        self.access = Access::by_token(token.to_owned());
        self
    }

    /// How many exchanges the journal keeps; 1000 if not said.
    pub fn journal(mut self, entries: usize) -> Self {
        self.journal = entries;
        self
    }

    /// Grants so many times the documented rates; 1 if not said. For work that is not about speed.
    pub fn rates(mut self, factor: u32) -> Self {
        self.rates = factor;
        self
    }

    /// How long a receiver may take to answer a notification, in host time; the documented 5 seconds if not said.
    pub fn notifications_answered_within(mut self, limit: Duration) -> Self {
        self.answer_within = limit;
        self
    }

    /// Starts it. Fails when a key of the world is unusable or the address cannot be bound.
    pub async fn start(self) -> Result<Sandbox, Error> {
        let worlds = Arc::new(Worlds::new(self.sibling()));
        let (_, world) = self.open(&worlds).await?;
        Ok(Sandbox { world, worlds })
    }

    /// Opens this world beside those of a running sandbox, with an address, a state, faults and a clock of its own.
    ///
    /// A request to any address of the sandbox goes to the world that knows the mchid or brand id of its
    /// `Authorization`, before all others to that of the address; a download without one to the world that gave out its
    /// token; everything else to the world of the address. Worlds for parallel tests may therefore be the same.
    pub async fn beside(self, sandbox: &Sandbox) -> Result<RunningWorld, Error> {
        self.open(&sandbox.worlds).await.map(|(_, world)| world)
    }

    /// One like this that can run at the same time: on the same IP address and free ports, from the beginning.
    pub(crate) fn sibling(&self) -> Self {
        let listen = SocketAddr::new(self.listen.ip(), 0);
        Self { listen, backup: None, snapshot: None, ..self.clone() }
    }

    /// The same with more seed data, as [`World::seeded`] reads it.
    pub(crate) fn seeded(mut self, yaml: &str) -> Result<Self, Error> {
        self.world = self.world.seeded(yaml)?;
        Ok(self)
    }

    /// Opens it and gives its number.
    pub(crate) async fn open(self, worlds: &Arc<Worlds>) -> Result<(u64, RunningWorld), Error> {
        let beginning = Beginning {
            world: self.world,
            seed: self.seed,
            rates: self.rates,
            journal: self.journal,
            policy: self.policy,
            business_time: self.business_time,
        };
        let shared = Arc::new(Shared::new(beginning, self.answer_within)?);
        if let Some(snapshot) = &self.snapshot {
            shared.load(snapshot)?;
        }
        let tls = self.authority.as_ref().map(Tls::new).transpose()?;
        let (main, address) = bind(self.listen).await?;
        let (other, backup) = bind(self.backup.unwrap_or(SocketAddr::new(address.ip(), 0))).await?;
        let ca_pem = tls.as_ref().map(|tls| Arc::clone(tls.ca_pem()));
        let world =
            RunningWorld { shared: Arc::clone(&shared), address, backup, ca_pem, pages: Arc::default() };
        let control = Control { world: world.clone(), worlds: Arc::clone(worlds) };
        worlds.furnish(&world, control.clone());
        let front = Front::new(control, Arc::clone(&world.pages), self.access);
        let (home, others) = (Arc::clone(&shared), Arc::clone(worlds));
        let main_port = Port { front, home, worlds: others, address, backup: false, tls };
        let backup_port = Port { backup: true, ..main_port.clone() };
        let tasks = [
            tokio::spawn(server::accept(main, main_port)),
            tokio::spawn(server::accept(other, backup_port)),
            tokio::spawn(clockwork::keep(shared)),
        ];
        let number = worlds.add(&world, tasks)?;
        Ok((number, world))
    }
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), Error> {
    let listener = TcpListener::bind(address).await.map_err(Error::Listen)?;
    let address = listener.local_addr().map_err(Error::Listen)?;
    Ok((listener, address))
}

impl Default for Builder {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed: 0,
            world: World::documentation(),
            journal: 1000,
            rates: 1,
            answer_within: Duration::from_secs(5),
            policy: Policy::default(),
            business_time: None,
            snapshot: None,
            access: Access::default(),
            backup: None,
            authority: None,
        }
    }
}
