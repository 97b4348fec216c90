//! Runs the small merchant against the environment that `weipay sandbox --env FILE` writes: `example-merchant [FOLDER]`.
//!
//! The till reads lines: `points OPENID`, or `redeem SALE FEN TIME OPENID COUPON`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints")]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use example_merchant::{Ledger, NAME, Sale, Shop, Till};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use weipay::{BoxError, Client};
use weipay_relay::store::{SqliteOptions, SqliteStore};
use weipay_relay::{ConfirmShape, Merchant, Relay, Vault};

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let folder = PathBuf::from(std::env::args().nth(1).unwrap_or_else(|| ".".to_owned()));
    let database = folder.join("merchant.db");
    let store = SqliteStore::open(SqliteOptions::new(&database)).await?;
    let ledger = Ledger::open(&database).await?;
    // Shape A: the coupons are the shop's own. The pages of confirm contradict each other, so it has to be said.
    let merchant =
        Merchant::new(NAME, Client::from_env()?, ConfirmShape::A, Shop).brand("1004").mchid("1234567890");
    let relay = Relay::builder(Arc::new(store), Vault::new(&seal_key(&folder)?)).merchant(merchant);
    let relay = Arc::new(relay.start().await?);
    println!("let WeChat Pay notify {}", relay.notify_url(NAME));

    let (appid, stock_id) = ("wx1234567889999".to_owned(), "100088".to_owned());
    let till = Till { relay: Arc::clone(&relay), appid, stock_id, minimum: 5_000 };
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    loop {
        let line = tokio::select! {
            line = lines.next_line() => line?,
            stopped = tokio::signal::ctrl_c() => break stopped?,
        };
        match line {
            Some(line) => match serve(&line, &ledger, &till).await {
                Ok(told) => println!("{told}"),
                Err(why) => eprintln!("{why}"),
            },
            None => break tokio::signal::ctrl_c().await?,
        }
    }
    drop(till);
    if let Some(relay) = Arc::into_inner(relay) {
        relay.stop().await;
    }
    Ok(())
}

async fn serve(line: &str, ledger: &Ledger, till: &Till) -> Result<String, BoxError> {
    match *line.split_whitespace().collect::<Vec<_>>() {
        ["points", openid] => {
            let account = ledger.account(openid).await?;
            Ok(format!("{} points, {} of them set aside", account.points, account.aside))
        }
        ["redeem", number, fen, time, openid, coupon_code] => {
            let sale = Sale { number, amount: fen.parse()?, time, openid, coupon_code };
            Ok(format!("{:?}", till.redeem(sale).await?))
        }
        _ => Err("say: points OPENID, or redeem SALE FEN TIME OPENID COUPON".into()),
    }
}

/// What the relay seals personal data with. Keep it apart from the database: `head -c 32 /dev/urandom > seal.key`.
fn seal_key(folder: &Path) -> Result<[u8; 32], BoxError> {
    let file = folder.join("seal.key");
    let bytes = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    bytes.try_into().map_err(|_| format!("{} has to have 32 random bytes", file.display()).into())
}
