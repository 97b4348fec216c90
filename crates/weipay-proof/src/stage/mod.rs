//! Where it plays: the sandbox in this process, and how the others are started.

mod configuration;
pub(crate) mod world;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;

use jiff::Timestamp;
use weipay_sandbox::Sandbox;

use crate::line::Line;
use crate::process::{Process, Recipe};
use crate::{Error, Plan};
use world::Partner;

/// The token of the relay's effects API.
pub(crate) const TOKEN: &str = "proof-token-of-the-tills";
/// What relay and shop share.
const SECRET: &str = "a-secret-of-relay-and-shop";
/// Exchanges are kept in the journal for the judge.
const JOURNAL: usize = 2_000_000;

/// The sandbox, and the addresses of the others.
pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    /// Where the relays meet it, if not directly.
    pub(crate) line: Option<Line>,
    pub(crate) partners: Vec<Partner>,
    pub(crate) folder: PathBuf,
    pub(crate) relays: Vec<SocketAddr>,
    pub(crate) shop: SocketAddr,
    /// So many coupons are there for the till.
    pub(crate) tills: usize,
}

/// How fast the server of a stage may be asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rates {
    /// As documented, and as the relay keeps them without being told.
    Documented,
    /// Many times as fast: it is not about speed.
    Raised,
}

/// What is set up.
pub(crate) struct Setting {
    pub(crate) folder: PathBuf,
    /// The store's URL.
    pub(crate) database: String,
    pub(crate) rates: Rates,
    pub(crate) partners: Vec<Partner>,
    /// The relays meet WeChat Pay over a [`Line`].
    pub(crate) line: bool,
    /// Business time does not run by itself, so that WeChat Pay repeats nothing.
    pub(crate) time_stands: bool,
}

/// So many times the documented rates are granted where it is not about speed.
const RAISED: u32 = 100;

impl Stage {
    /// Sets it up, and starts shop and relays.
    pub(crate) async fn set(plan: &Plan, setting: Setting) -> Result<(Self, Vec<Process>), Error> {
        let Setting { folder, database, rates, partners, line, time_stands } = setting;
        std::fs::create_dir_all(&folder).map_err(Error::io(folder.display()))?;
        let tills = usize::try_from(plan.kills).unwrap_or_default() * 10 + 100;
        let world = world::world(&partners, tills, u64::from(plan.kills) * 2 + 20);
        let factor = if rates == Rates::Raised { RAISED } else { 1 };
        let mut sandbox = Sandbox::builder().world(world).seed(plan.seed).journal(JOURNAL).rates(factor);
        if time_stands {
            sandbox = sandbox.business_time(Timestamp::now());
        }
        let sandbox = sandbox.start().await?;
        let line = match line {
            true => Some(
                Line::start(sandbox.addr(), plan.seed).await.map_err(Error::io("the line to WeChat Pay"))?,
            ),
            false => None,
        };
        let addresses = free_addresses(plan.relays() + 1).map_err(Error::io("free ports"))?;
        let (shop, relays) = (addresses[0], addresses[1..].to_vec());
        let stage = Self { sandbox, line, partners, folder, relays, shop, tills };
        let mut recipes = vec![stage.shop_recipe(plan)?];
        for number in 0..stage.relays.len() {
            recipes.push(stage.relay_recipe(plan, number, &database, rates)?);
        }
        // Not before all files are written: they share some.
        let started: Result<Vec<_>, _> =
            recipes.into_iter().map(|recipe| Process::start(recipe, None)).collect();
        let mut processes = started?;
        for process in &mut processes {
            process.ready().await?;
        }
        Ok((stage, processes))
    }

    /// Notifications go to this relay from now on.
    pub(crate) fn notify(&self, relay: SocketAddr) -> Result<(), Error> {
        for partner in &self.partners {
            self.sandbox
                .set_notify_url(&partner.mchid, &format!("http://{relay}/notify/{}", partner.name))?;
        }
        Ok(())
    }

    /// Where the relays meet WeChat Pay.
    fn wechat_pay(&self) -> String {
        self.line.as_ref().map_or_else(|| self.sandbox.url(), |line| format!("http://{}", line.address))
    }

    fn shop_recipe(&self, plan: &Plan) -> Result<Recipe, Error> {
        let forgetful = plan.sabotage == Some(crate::Sabotage::Recompute);
        let text = configuration::shop(self, forgetful);
        let file = self.write("shop.json", &text)?;
        Ok(Recipe {
            name: "shop".to_owned(),
            program: plan.program.clone(),
            arguments: vec!["shop".into(), "--config".into(), file.into()],
            environment: Vec::new(),
            variable: "WEIPAY_SHOP_FAIL",
            address: self.shop,
            health: "/healthz",
            log: self.folder.join("shop.log"),
        })
    }

    fn relay_recipe(
        &self,
        plan: &Plan,
        number: usize,
        database: &str,
        rates: Rates,
    ) -> Result<Recipe, Error> {
        let name = match self.relays.len() {
            1 => "relay".to_owned(),
            _ => format!("relay {}", number + 1),
        };
        let text = configuration::relay(self, number, database, rates)?;
        let file = self.write(&format!("relay-{}.toml", number + 1), &text)?;
        let sabotage = plan.sabotage.filter(|sabotage| *sabotage != crate::Sabotage::Recompute);
        let environment = sabotage.map(|sabotage| ("WEIPAY_RELAY_SABOTAGE", sabotage.name().to_owned()));
        Ok(Recipe {
            name,
            program: plan.program.clone(),
            arguments: vec!["relay".into(), "serve".into(), "--config".into(), file.into()],
            environment: environment.into_iter().collect(),
            variable: "WEIPAY_RELAY_FAIL",
            address: self.relays[number],
            health: "/readyz",
            log: self.folder.join(format!("relay-{}.log", number + 1)),
        })
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf, Error> {
        let path = self.folder.join(name);
        std::fs::write(&path, text).map_err(Error::io(path.display()))?;
        Ok(path)
    }
}

/// Addresses that nobody has now; a process that dies and comes back keeps its own.
fn free_addresses(count: usize) -> std::io::Result<Vec<SocketAddr>> {
    let listeners: Vec<_> = (0..count).map(|_| TcpListener::bind("127.0.0.1:0")).collect::<Result<_, _>>()?;
    listeners.iter().map(TcpListener::local_addr).collect()
}
