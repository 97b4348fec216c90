//! `weipay upload`: uploads a file.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use weipay::catalog::ops::Method;
use weipay::{Call, Envelope, Error, Handle as _, UploadFile};

use crate::call::{body, pair, print, template, told};
use crate::environment;
use crate::output::Failure;

/// The text above the options in `weipay upload --help`.
pub(crate) const ABOUT: &str = "\
Uploads a file and prints the verified answer, which holds its media_id or URL.

The JSON part `meta` is made of the file: its name and its digest. What an operation wants beside that is given by -d.
An empty file, one that is too large or of a type that the operation does not take is refused before anything is sent.
Reads the keys from the environment, as `weipay call` does.";

/// What the command line says.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The file; its name's extension says what it is
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The operation's path, with {names} for parameters
    #[arg(long, value_name = "PATH", default_value = "v3/merchant/media/upload")]
    to: String,
    /// A path parameter, in plain text
    #[arg(short, long = "param", value_name = "NAME=VALUE", value_parser = pair)]
    params: Vec<(String, String)>,
    /// Further members of the JSON part; @FILE reads a file, - reads stdin
    #[arg(short, long, value_name = "JSON|@FILE|-", allow_hyphen_values = true)]
    data: Option<String>,
    /// Print the body byte for byte on a terminal too
    #[arg(long)]
    raw: bool,
    /// Read the environment from this dotenv file instead
    #[arg(long, value_name = "FILE")]
    env: Option<PathBuf>,
}

/// Uploads and prints.
pub(crate) async fn run(args: Args) -> Result<bool, Failure> {
    let named = |error| format!("{}: {error}", args.file.display());
    let bytes = fs::read(&args.file).map_err(named)?;
    let name = args.file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let client = environment::client(args.env.as_deref())?;
    let mut call = Call::new(Method::Post, template(Method::Post, &args.to));
    args.params.iter().for_each(|(name, value)| call.param(name, value));
    if let Some(data) = &args.data {
        call.body(&body(data)?);
    }
    call.upload(UploadFile::new(name, bytes));
    let answer: Result<Envelope<Value>, Error> = client.send(call).await;
    match answer {
        Ok(envelope) => print(&envelope, args.raw).map(|()| true),
        Err(error) => {
            told(&error, Method::Post);
            Ok(false)
        }
    }
}
