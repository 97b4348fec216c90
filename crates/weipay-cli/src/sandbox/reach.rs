//! Where a running sandbox is.

use std::path::PathBuf;

use weipay_sandbox::control::Client;

use crate::environment;
use crate::output::{Failure, Misuse};

/// How a command reaches a running sandbox.
#[derive(clap::Args)]
pub(crate) struct Reach {
    /// The sandbox's address; else `WEIPAY_BASE_URL`
    #[arg(long, value_name = "URL", global = true)]
    url: Option<String>,
    /// The dotenv file that `weipay sandbox --env FILE` wrote, for its address
    #[arg(long = "from", value_name = "FILE", global = true)]
    file: Option<PathBuf>,
    /// The token that the sandbox asks for wherever it is steered; to reach it, else `WEIPAY_SANDBOX_TOKEN`
    #[arg(long, value_name = "TOKEN", global = true)]
    token: Option<String>,
}

impl Reach {
    /// The token for a sandbox that is started; it has no address yet.
    pub(super) fn only_token(&self) -> Result<Option<&str>, Misuse> {
        if self.url.is_some() || self.file.is_some() {
            return Err(Misuse::new(
                "--url and --from belong to a command for a sandbox that runs, such as status",
            ));
        }
        Ok(self.token.as_deref())
    }

    /// Its control plane.
    pub(crate) fn client(&self) -> Result<Client, Failure> {
        let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
        let url = match (&self.url, &self.file) {
            (Some(url), _) => Some(url.clone()),
            (None, Some(file)) => Some(environment::base_url(file)?),
            (None, None) => set("WEIPAY_BASE_URL"),
        };
        let url = url.ok_or_else(|| {
            Misuse::new("no sandbox is named; give --url http://127.0.0.1:PORT, or --from FILE, or set WEIPAY_BASE_URL")
        })?;
        Ok(Client::new(&url, self.token.clone().or_else(|| set("WEIPAY_SANDBOX_TOKEN")).as_deref()))
    }
}
