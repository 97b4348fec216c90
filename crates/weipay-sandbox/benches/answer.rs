//! What an answer costs the sandbox, beside the cryptography that it cannot do without: one RSA verification of the request
//! and one RSA signature of the answer, by the same library with keys of the same size, in the same run.
//!
//! `just bench-sandbox`. The sandbox has a thread to itself, whose processor time Linux tells; requests are signed beforehand
//! and come over kept-alive connections. Cryptography and answers take turns, so that what else the machine does meets both. Ends
//! with 1 if an answer costs more than 1.2 times the cryptography.

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints, and stops where it cannot go on"
)]

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::process::ExitCode;
use std::sync::mpsc;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    KeyPair as _, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use weipay_sandbox::{Credentials, Sandbox};

/// Of each, after one that does not count.
const ROUNDS: usize = 10;
const CALLS: usize = 300;
const LIMIT: f64 = 1.2;
const STOCK: &str = "/v3/marketing/busifavor/stocks/100088";
const USE: &str = "/v3/marketing/busifavor/coupons/use";
const USE_BODY: &str = r#"{"coupon_code":"sxxe34343434","stock_id":"100088","appid":"wx1234567889999","use_time":"2015-05-20T13:29:35+08:00","use_request_no":"1002600620019090123143254435","openid":"xsd3434454567676"}"#;

fn main() -> ExitCode {
    let (url, credentials, task) = sandbox();
    let key = key(&credentials);
    #[expect(clippy::cast_precision_loss, reason = "a few thousand")]
    let micros = |seconds: f64| seconds * 1e6 / (ROUNDS * CALLS) as f64;
    let mut held = true;
    for (method, target, body) in [("GET", STOCK, ""), ("POST", USE, USE_BODY)] {
        let (mut floor, mut answers) = (0.0, 0.0);
        for round in 0..=ROUNDS {
            let numbers = round * CALLS..(round + 1) * CALLS;
            let requests: Vec<_> =
                numbers.map(|number| request(&credentials, &key, method, target, body, number)).collect();
            let cryptography = cryptography(&key);
            let before = spent(&task);
            answered(&url, &requests);
            if round > 0 {
                floor += cryptography;
                answers += spent(&task) - before;
            }
        }
        held &= answers <= LIMIT * floor;
        println!(
            "{method} {target}: {:.1} µs of processor time per verified and signed answer, {:.2} times the {:.1} µs of one \
             RSA-2048 signature and one verification",
            micros(answers),
            answers / floor,
            micros(floor)
        );
    }
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A sandbox on a thread of its own: its address, who may call, and the thread's folder under /proc.
fn sandbox() -> (String, Credentials, String) {
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let sandbox = Sandbox::builder().rates(u32::MAX).start().await.unwrap();
            let task = fs::read_link("/proc/thread-self").unwrap().display().to_string();
            tell.send((sandbox.url(), sandbox.credentials(), format!("/proc/{task}"))).unwrap();
            std::future::pending::<()>().await;
        });
    });
    told.recv().unwrap()
}

/// Seconds of processor time that a thread has used.
fn spent(task: &str) -> f64 {
    let text = fs::read_to_string(format!("{task}/schedstat")).unwrap();
    let nanoseconds: f64 = text.split(' ').next().unwrap().parse().unwrap();
    nanoseconds / 1e9
}

fn key(credentials: &Credentials) -> RsaKeyPair {
    let text: String = credentials.private_key_pem.lines().filter(|line| !line.starts_with('-')).collect();
    RsaKeyPair::from_pkcs8(&STANDARD.decode(text).unwrap()).unwrap()
}

fn signature(key: &RsaKeyPair, text: &str) -> Vec<u8> {
    let mut signature = vec![0; key.public_modulus_len()];
    key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature).unwrap();
    signature
}

/// Seconds of this thread for as many signatures and verifications as a round has calls.
fn cryptography(key: &RsaKeyPair) -> f64 {
    let public = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.public_key().as_ref());
    let once = || public.verify(USE_BODY.as_bytes(), &signature(key, USE_BODY)).unwrap();
    let before = spent("/proc/thread-self");
    (0..CALLS).for_each(|_| once());
    spent("/proc/thread-self") - before
}

fn request(
    credentials: &Credentials,
    key: &RsaKeyPair,
    method: &str,
    target: &str,
    body: &str,
    number: usize,
) -> Vec<u8> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let nonce = format!("BENCH{method}{number:024}");
    let signed = STANDARD.encode(signature(key, &format!("{method}\n{target}\n{now}\n{nonce}\n{body}\n")));
    let Credentials { mchid, merchant_serial, .. } = credentials;
    format!(
        "{method} {target} HTTP/1.1\r\nHost: bench\r\nAccept: application/json\r\nUser-Agent: bench\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\nAuthorization: WECHATPAY2-SHA256-RSA2048 \
         mchid=\"{mchid}\",nonce_str=\"{nonce}\",signature=\"{signed}\",timestamp=\"{now}\",\
         serial_no=\"{merchant_serial}\"\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// Sends the requests one after the other over one connection; each has to be answered by a signed 200.
fn answered(url: &str, requests: &[Vec<u8>]) {
    let mut stream = TcpStream::connect(url.strip_prefix("http://").unwrap()).unwrap();
    stream.set_nodelay(true).unwrap();
    let mut buffer = vec![0; 64 * 1024];
    for request in requests {
        stream.write_all(request).unwrap();
        let mut length = 0;
        loop {
            let count = stream.read(&mut buffer[length..]).unwrap();
            assert!(count > 0, "the connection ended");
            length += count;
            let text = std::str::from_utf8(&buffer[..length]).unwrap();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let head = head.to_ascii_lowercase();
                let wanted = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
                if body.len() == wanted.parse::<usize>().unwrap() {
                    assert!(
                        head.starts_with("http/1.1 200") && head.contains("wechatpay-signature"),
                        "{text}"
                    );
                    break;
                }
            }
        }
    }
}
