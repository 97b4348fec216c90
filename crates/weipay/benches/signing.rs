//! Where should a local key sign: inline, in the async task, or on tokio's blocking pool?
//!
//! Drives concurrent calls over loopback, both ways in turn within one run, and prints the latency of the calls and the
//! lateness of an unrelated task that wants to run every millisecond. Compare the two ways, not two machines.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark reports on stdout and stops at any surprise"
)]

use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde_json::json;
use tokio::runtime::{Builder, Runtime};
use tokio::time::{MissedTickBehavior, interval};
use weipay::error::SignerError;
use weipay::wire::Signature;
use weipay::{Certificate, Client, ClientBuilder, PrivateKey, Signer, SignerFuture};
use weipay_testkit::vectors;
use weipay_testkit::wire::{Action, Answer, Platform, Server};

const NOW: i64 = 1_735_689_600;
const ROUNDS: usize = 5;
const CALLS_PER_ROUND: usize = 4096;

/// The way that is not the client's own: it comes in as a signer elsewhere.
#[derive(Debug)]
struct BlockingPool(PrivateKey);

impl Signer for BlockingPool {
    fn sign(&self, message: Bytes) -> SignerFuture<'_> {
        let key = self.0.clone();
        Box::pin(async move {
            let signing = tokio::task::spawn_blocking(move || key.sign(&message));
            signing.await.map(Signature::new).map_err(SignerError::new)
        })
    }
}

#[derive(Default)]
struct Figures {
    calls: Vec<Duration>,
    late: Vec<Duration>,
    elapsed: Duration,
    cpu: Duration,
}

fn main() {
    let server = server();
    let key =
        || PrivateKey::from_pem(vectors::text("/generated/merchant_key/private_key_pkcs8_pem")).unwrap();
    let mchid = vectors::text("/generated/merchant_key/mchid");
    let serial = vectors::text("/generated/merchant_key/serial_no");
    let inline = || build(Client::builder().merchant(mchid, serial, key()), &server);
    let pooled = || build(Client::builder().merchant_signer(mchid, serial, BlockingPool(key())), &server);
    println!(
        "runtime         calls at once  signing        calls/s CPU/call   call p50    p99  p99.9   tick late p50    p99  p99.9 (ms)"
    );
    for (name, runtime) in [("multi-thread", multi_thread()), ("current-thread", current_thread())] {
        for concurrency in [16, 256] {
            let (inline, pooled) = (inline(), pooled());
            let mut figures = [Figures::default(), Figures::default()];
            for client in [&inline, &pooled] {
                round(&runtime, client, concurrency, &mut Figures::default());
            }
            for _ in 0..ROUNDS {
                round(&runtime, &inline, concurrency, &mut figures[0]);
                round(&runtime, &pooled, concurrency, &mut figures[1]);
            }
            for (way, figures) in ["inline", "blocking pool"].into_iter().zip(figures) {
                report(name, concurrency, way, figures);
            }
        }
    }
}

fn multi_thread() -> Runtime {
    Builder::new_multi_thread().enable_all().build().unwrap()
}

fn current_thread() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap()
}

/// Gives one answer, signed once, to everything.
fn server() -> Server {
    let key = PrivateKey::from_pem(include_str!("../tests/keys/platform.key.pem")).unwrap();
    let serial = Certificate::from_pem(include_str!("../tests/keys/platform.cert.pem")).unwrap();
    let platform = Platform::new(serial.serial(), move |message| STANDARD.encode(key.sign(message)));
    let body =
        json!({ "stock_id": "98065001", "openid": "o", "wechatpay_use_time": "2025-01-01T08:00:00+08:00" });
    let answer = Answer::json(200, body.to_string()).signed(&platform, NOW).bytes();
    Server::answering(move |_| vec![Action::Write(answer.clone())])
}

fn build(builder: ClientBuilder<Client>, server: &Server) -> Client {
    builder
        .platform_certificate(Certificate::from_pem(include_str!("../tests/keys/platform.cert.pem")).unwrap())
        .base_url(server.url())
        .clock(|| NOW)
        .build()
        .unwrap()
}

/// Spreads the calls over `concurrency` tasks, beside one task that ticks.
fn round(runtime: &Runtime, client: &Client, concurrency: usize, figures: &mut Figures) {
    runtime.block_on(async {
        let (over, watching) = tokio::sync::watch::channel(());
        let ticking = tokio::spawn(tick(watching));
        let (started, cpu) = (Instant::now(), cpu_time());
        let tasks: Vec<_> = (0..concurrency)
            .map(|_| tokio::spawn(call(client.clone(), CALLS_PER_ROUND / concurrency)))
            .collect();
        for task in tasks {
            figures.calls.extend(task.await.unwrap());
        }
        figures.elapsed += started.elapsed();
        figures.cpu += cpu_time().saturating_sub(cpu);
        drop(over);
        figures.late.extend(ticking.await.unwrap());
    });
}

async fn call(client: Client, count: usize) -> Vec<Duration> {
    let body =
        json!({ "coupon_code": "sxxe34343434", "appid": "wx1234567889999", "use_request_no": "1002600620" });
    let mut latencies = Vec::with_capacity(count);
    for _ in 0..count {
        let started = Instant::now();
        client["v3/marketing/busifavor/coupons/use"].post(&body).await.unwrap();
        latencies.push(started.elapsed());
    }
    latencies
}

/// How late each tick of a millisecond comes, until the round is over.
async fn tick(round: tokio::sync::watch::Receiver<()>) -> Vec<Duration> {
    let mut late = Vec::new();
    let mut ticks = interval(Duration::from_millis(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while round.has_changed().is_ok() {
        let due = ticks.tick().await;
        late.push(due.elapsed());
    }
    late
}

/// Processor time of this process so far, the server's included; zero where there is no `/proc`.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    // In hundredths of a second, user and system.
    Duration::from_millis(10 * fields.filter_map(|field| field.parse::<u64>().ok()).sum::<u64>())
}

fn report(runtime: &str, concurrency: usize, way: &str, figures: Figures) {
    let Figures { calls, late, elapsed, cpu } = figures;
    #[expect(clippy::cast_precision_loss, reason = "some thousands of calls")]
    let count = calls.len() as f64;
    let (rate, cpu) = (count / elapsed.as_secs_f64(), cpu.as_secs_f64() * 1000.0 / count);
    let [call, late] = [calls, late].map(percentiles);
    println!("{runtime:<15} {concurrency:>13}  {way:<13} {rate:>8.0} {cpu:>8.3}   {call}   {late}");
}

fn percentiles(mut durations: Vec<Duration>) -> String {
    durations.sort_unstable();
    let at = |permille: usize| durations[(durations.len() - 1) * permille / 1000].as_secs_f64() * 1000.0;
    format!("{:>8.2} {:>6.2} {:>6.2}", at(500), at(990), at(999))
}
