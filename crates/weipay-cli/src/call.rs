//! `weipay call`: one call from the terminal.

use std::error::Error as _;
use std::fs;
use std::io::{self, IsTerminal as _, Write as _};
use std::path::PathBuf;

use serde_json::Value;
use serde_json::value::RawValue;
use weipay::catalog::ops::Method;
use weipay::error::BuildReason;
use weipay::{Call, Envelope, Error, Handle as _, Outcome};

use crate::environment;
use crate::output::{self, Failure, Misuse};
use crate::reference::{Wanted, named};

/// The text above the options in `weipay call --help`.
pub(crate) const ABOUT: &str = "\
One call as the environment says who calls: WEIPAY_MCHID, WEIPAY_PRIVATE_KEY_FILE and the rest, or the same names in a
file given by --env, such as `weipay sandbox --env FILE` writes.

stdout is the verified body and nothing else: indented on a terminal; byte for byte where it is piped, or with --raw.
A refusal is told on stderr with its outcome, which says whether the operation may have happened, and ends with 1.";

/// What the command line says.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// GET, POST, PUT, PATCH or DELETE
    #[arg(value_name = "METHOD", value_parser = method)]
    method: Method,
    /// The path, with {names} for parameters; or the end of one of the catalogue, such as coupons/use
    #[arg(value_name = "PATH")]
    path: String,
    /// A path parameter, in plain text: it is percent-encoded here
    #[arg(short, long = "param", value_name = "NAME=VALUE", value_parser = pair)]
    params: Vec<(String, String)>,
    /// A query parameter, in plain text: it is percent-encoded here
    #[arg(short, long = "query", value_name = "NAME=VALUE", value_parser = pair)]
    query: Vec<(String, String)>,
    /// The JSON body, sent as it stands; @FILE reads a file, - reads stdin
    #[arg(short, long, value_name = "JSON|@FILE|-", allow_hyphen_values = true)]
    data: Option<String>,
    /// Print the body byte for byte on a terminal too
    #[arg(long)]
    raw: bool,
    /// Print only the member at this JSON pointer, such as `/prepay_id`; a text without its quotes
    #[arg(long, value_name = "POINTER", conflicts_with = "raw")]
    only: Option<String>,
    /// Read the environment from this dotenv file instead
    #[arg(long, value_name = "FILE")]
    env: Option<PathBuf>,
}

fn method(name: &str) -> Result<Method, &'static str> {
    Method::parse(&name.to_uppercase()).ok_or("expected GET, POST, PUT, PATCH or DELETE")
}

pub(crate) fn pair(text: &str) -> Result<(String, String), &'static str> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    if name.is_empty() { Err("the name before = is empty") } else { Ok((name.to_owned(), value.to_owned())) }
}

/// Calls and prints.
pub(crate) async fn run(args: Args) -> Result<bool, Failure> {
    let body = args.data.as_deref().map(body).transpose()?;
    let client = environment::client(args.env.as_deref())?;
    let mut call = Call::new(args.method, template(args.method, &args.path));
    args.params.iter().for_each(|(name, value)| call.param(name, value));
    args.query.iter().for_each(|(name, value)| call.query(name, value));
    if let Some(body) = &body {
        call.body(body);
    }
    let documented = call.operation().is_some_and(|operation| operation.success.contains(&202));
    let answer: Result<Envelope<Value>, Error> = client.send(call).await;
    match answer {
        Ok(envelope) => {
            match &args.only {
                Some(pointer) => output::result(&member(envelope.value(), pointer)?),
                None => print(&envelope, args.raw)?,
            }
            let finished = envelope.status() != 202 || documented;
            if !finished {
                output::log(
                    "weipay: HTTP 202, taken but not finished; repeat it with identical parameters (outcome: accepted)",
                );
            }
            Ok(finished)
        }
        Err(error) => {
            told(&error, args.method);
            Ok(false)
        }
    }
}

/// The path itself, unless it is the end of exactly one path of the catalogue.
pub(crate) fn template(method: Method, path: &str) -> String {
    if path.contains("://") || path.starts_with('/') || path.starts_with("v3/") || path.starts_with("brand/")
    {
        return path.to_owned();
    }
    match named(&format!("{method} {path}")) {
        Ok(Wanted::Operations(operations)) if operations.len() == 1 => operations[0].template.to_owned(),
        _ => path.to_owned(),
    }
}

/// The body as it was given, byte for byte, if it is JSON.
pub(crate) fn body(data: &str) -> Result<Box<RawValue>, Failure> {
    let (text, from) = match data.strip_prefix('@') {
        Some(file) => {
            let text =
                fs::read_to_string(file).map_err(|error| format!("the body's file {file}: {error}"))?;
            (text, file)
        }
        None if data == "-" => (io::read_to_string(io::stdin().lock())?, "stdin"),
        None => (data.to_owned(), "--data"),
    };
    RawValue::from_string(text.trim().to_owned()).map_err(|error| {
        // Without serde's own text, which may quote the body.
        let (line, column) = (error.line(), error.column());
        Misuse::new(format!("the body of {from} is no JSON from line {line}, column {column} on")).into()
    })
}

/// What stands at a pointer, for a shell's variable.
fn member(answer: &Value, pointer: &str) -> Result<String, Failure> {
    match answer.pointer(pointer) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(other) => Ok(other.to_string()),
        None => Err(format!("the verified answer has nothing at {pointer:?}").into()),
    }
}

pub(crate) fn print(envelope: &Envelope<Value>, raw: bool) -> Result<(), Failure> {
    let bytes = envelope.answer().bytes();
    let mut stdout = io::stdout().lock();
    if raw || !stdout.is_terminal() {
        // That nobody reads it any more is not a failure.
        let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
        return Ok(());
    }
    drop(stdout);
    if bytes.is_empty() {
        output::log(&format!("HTTP {}, no body", envelope.status()));
    } else {
        output::result(&serde_json::to_string_pretty(envelope.value())?);
    }
    Ok(())
}

/// At most three lines: what happened, its cause, and what to do where nobody knows whether the operation happened.
pub(crate) fn told(error: &Error, method: Method) {
    let text = error.to_string();
    let outcome = error.outcome();
    let said = text.contains("outcome:");
    output::log(&if said {
        format!("weipay: {text}")
    } else {
        format!("weipay: {text} (outcome: {outcome})")
    });
    if let Error::Build(build) = error
        && let BuildReason::MissingParam(name) = build.reason()
    {
        output::log(&format!("give it by -p {name}=VALUE"));
    }
    let mut causes = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        let text = error.to_string();
        if causes.last() != Some(&text) {
            causes.push(text);
        }
        cause = error.source();
    }
    if !causes.is_empty() {
        output::log(&format!("because: {}", causes.join(": ")));
    }
    match (outcome, method) {
        (Outcome::Unknown, Method::Get) => output::log("it only reads: ask again"),
        (Outcome::Unknown, _) => {
            output::log(
                "it may have happened: repeat it only with the same numbers and body, or query first",
            );
        }
        _ => {}
    }
}
