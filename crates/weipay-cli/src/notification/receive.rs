//! `weipay notification receive`: takes one notification and keeps it as it came.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time;

use crate::output::{self, Failure};

/// The text above the options in `weipay notification receive --help`.
pub(super) const ABOUT: &str = "\
Waits for one notification, acknowledges it with 204 and writes it to FILE as `weipay notification open` reads it: the
raw HTTP request, byte for byte. Nothing is verified here; it is for a shell and a sandbox, not for production.";

/// More than any notification has.
const LARGEST: usize = 1 << 20;

/// What the command line says.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Where the raw HTTP request goes
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Address and port to listen on; any path is taken
    #[arg(long, value_name = "ADDR")]
    listen: SocketAddr,
    /// Seconds to wait for it
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    within: u64,
}

/// Takes the first whole request that comes; what is none is passed over.
pub(super) async fn run(args: Args) -> Result<bool, Failure> {
    let listener =
        TcpListener::bind(args.listen).await.map_err(|error| format!("{}: {error}", args.listen))?;
    let first = async {
        loop {
            let (stream, _) = listener.accept().await?;
            if let Some(request) = take(stream).await {
                return Ok::<_, std::io::Error>(request);
            }
        }
    };
    let Ok(request) = time::timeout(Duration::from_secs(args.within), first).await else {
        output::log(&format!("weipay: no notification came to {} within {} s", args.listen, args.within));
        return Ok(false);
    };
    std::fs::write(&args.file, request?)
        .map_err(|error| format!("{} cannot be written: {error}", args.file.display()))?;
    Ok(true)
}

/// A request from its first to its last byte, acknowledged.
async fn take(mut stream: TcpStream) -> Option<Vec<u8>> {
    let mut request = Vec::new();
    let mut buffer = [0; 8192];
    while !is_whole(&request) {
        let count = time::timeout(Duration::from_secs(5), stream.read(&mut buffer)).await.ok()?.ok()?;
        request.extend_from_slice(&buffer[..count]);
        if count == 0 || request.len() > LARGEST {
            return None;
        }
    }
    let acknowledged = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n";
    stream.write_all(acknowledged).await.ok()?;
    stream.shutdown().await.ok()?;
    Some(request)
}

/// Whether head and body are there.
fn is_whole(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&request[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    request.len() - (end + 4) >= length.unwrap_or(0)
}
