//! What goes out of the process: results to stdout, logs to stderr, a failure in one line, the exit code.

use std::io::{self, Write as _};
use std::process::ExitCode;

use clap::error::ErrorKind;

/// Why a command could not do its work. `Display` is the line that the user reads.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Arguments that can be parsed and still mean nothing. As a [`Failure`] it ends with 2.
#[derive(Debug)]
pub(crate) struct Misuse(String);

impl Misuse {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl std::fmt::Display for Misuse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Misuse {}

/// The end of `--help`.
pub(crate) const EXIT_CODES: &str = "\
Results go to stdout, logs to stderr. Exit codes: 0 held, 1 failed, 2 misuse.";

/// Writes a result to stdout, at once. That nobody reads it any more is not a failure.
pub(crate) fn result(text: &str) {
    let mut stdout = io::stdout().lock();
    let _ = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
}

/// Writes a line of log to stderr. Control characters are escaped, since parts of the line come from callers.
pub(crate) fn log(line: &str) {
    let _ = writeln!(io::stderr(), "{}", one_line(line));
}

/// The exit code of a command, after its reason in one line if it failed.
pub(crate) fn exit(outcome: &Result<bool, Failure>) -> ExitCode {
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(reason) => {
            log(&format!("weipay: {reason}"));
            if reason.is::<Misuse>() { ExitCode::from(2) } else { ExitCode::FAILURE }
        }
    }
}

/// Arguments that cannot be understood: one line and 2. Help and version are asked for in the same way: text and 0.
pub(crate) fn misuse(error: &clap::Error) -> ExitCode {
    if matches!(error.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
        result(error.render().to_string().trim_end());
        return ExitCode::SUCCESS;
    }
    let text = error.render().to_string();
    log(&format!("weipay: {}; see `weipay --help`", reason(&text)));
    ExitCode::from(2)
}

/// The reason and the tips of clap's message, without its usage and its pointer to the help.
fn reason(message: &str) -> String {
    let lines =
        message.lines().take_while(|line| !line.starts_with("Usage:") && !line.starts_with("For more"));
    let mut reason = String::new();
    for line in lines.map(str::trim).filter(|line| !line.is_empty()) {
        if !reason.is_empty() {
            reason.push_str(if line.starts_with("tip:") { "; " } else { " " });
        }
        reason.push_str(line.strip_prefix("error: ").unwrap_or(line));
    }
    reason
}

/// The text with control characters escaped.
pub(crate) fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_control() {
            line.extend(char.escape_default());
        } else {
            line.push(char);
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::{one_line, reason};

    #[test]
    fn a_message_of_clap_becomes_one_line() {
        let message = "error: unexpected argument '--sed' found\n\n  tip: a similar argument exists: '--seed'\n\n\
                       Usage: weipay sandbox --seed <N>\n\nFor more information, try '--help'.\n";
        assert_eq!(
            reason(message),
            "unexpected argument '--sed' found; tip: a similar argument exists: '--seed'"
        );
    }

    #[test]
    fn a_caller_cannot_forge_a_line_of_log() {
        assert_eq!(one_line("a\r\n--> b\u{1b}[31m 积分"), "a\\r\\n--> b\\u{1b}[31m 积分");
    }
}
