//! A client from a dotenv file, with the names that the library reads from the environment.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use weipay::{ApiV3Key, Client, ClientBuilder, PrivateKey, PublicKey};

use crate::output::Failure;

/// The variables of one file.
struct Variables<'a> {
    file: &'a Path,
    values: HashMap<String, String>,
}

/// A client as the file describes it, or the process's environment.
pub(crate) fn client(file: Option<&Path>) -> Result<Client, Failure> {
    let client = match file {
        Some(file) => of_file(file)?.build(),
        None => Client::from_env(),
    };
    client.map_err(|error| {
        format!("{error}; for a sandbox: `weipay sandbox --env FILE`, then give this command --env FILE")
            .into()
    })
}

/// A client as the file describes it. The process's own environment plays no part.
///
/// # Errors
///
/// Names the file and the variable, and never a value.
fn of_file(file: &Path) -> Result<ClientBuilder<Client>, Failure> {
    let text =
        fs::read_to_string(file).map_err(|error| format!("{} cannot be read: {error}", file.display()))?;
    let variables = Variables { file, values: parse(&text) };
    let mut builder = Client::builder();
    if let Some(base_url) = variables.get("WEIPAY_BASE_URL") {
        builder = builder.base_url(base_url);
    }
    let private_key = PrivateKey::from_pem(variables.key("WEIPAY_PRIVATE_KEY")?);
    builder = builder.merchant(
        variables.needed("WEIPAY_MCHID")?,
        variables.needed("WEIPAY_MERCHANT_SERIAL")?,
        private_key.map_err(|error| variables.failure("WEIPAY_PRIVATE_KEY", &error))?,
    );
    let platform = "WEIPAY_PLATFORM_PUBLIC_KEY";
    if variables.has_key(platform) || variables.get("WEIPAY_PLATFORM_KEY_ID").is_some() {
        let key = PublicKey::from_pem(variables.key(platform)?);
        let key = key.map_err(|error| variables.failure(platform, &error))?;
        builder = builder.platform_public_key(variables.needed("WEIPAY_PLATFORM_KEY_ID")?, key);
    } else {
        builder = builder.download_certificates();
    }
    let apiv3 = "WEIPAY_APIV3_KEY";
    if variables.has_key(apiv3) {
        let key = ApiV3Key::new(variables.key(apiv3)?.trim());
        builder = builder.apiv3_key(key.map_err(|error| variables.failure(apiv3, &error))?);
    }
    Ok(builder)
}

impl Variables<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    fn needed(&self, name: &str) -> Result<&str, Failure> {
        self.get(name).ok_or_else(|| format!("{} does not set {name}", self.file.display()).into())
    }

    fn has_key(&self, name: &str) -> bool {
        self.get(name).is_some() || self.get(&format!("{name}_FILE")).is_some()
    }

    /// The value itself, or the text of the file that `…_FILE` names.
    fn key(&self, name: &str) -> Result<String, Failure> {
        if let Some(value) = self.get(name) {
            return Ok(value.to_owned());
        }
        let path = self.get(&format!("{name}_FILE"));
        let path =
            path.ok_or_else(|| format!("{} sets neither {name} nor {name}_FILE", self.file.display()))?;
        fs::read_to_string(path).map_err(|error| format!("{name}_FILE, {path}: {error}").into())
    }

    fn failure(&self, name: &str, error: &dyn std::error::Error) -> String {
        format!("{name} in {} is not usable: {error}", self.file.display())
    }
}

/// The form that shells and dotenv parsers agree on: `NAME=value`, plain, in single or in double quotes, the latter two
/// over several lines if need be; comments and `export` are passed over. Nothing is expanded.
fn parse(text: &str) -> HashMap<String, String> {
    let mut values = HashMap::new();
    let mut rest = text;
    while let Some((line, after)) = rest.split_once('\n').or_else(|| (!rest.is_empty()).then_some((rest, "")))
    {
        let assignment = line.trim_start().trim_start_matches("export ");
        let Some((name, value)) = assignment.split_once('=').filter(|_| !assignment.starts_with('#')) else {
            rest = after;
            continue;
        };
        let value = value.trim();
        let quote = value.chars().next().filter(|first| matches!(first, '"' | '\''));
        // Where the value begins in what is left, behind its quote.
        let quoted = quote.and_then(|quote| {
            let start = rest.find('=')? + 1;
            let start = start + rest[start..].find(quote)? + 1;
            let end = start + rest[start..].find(quote)?;
            Some((rest[start..end].to_owned(), &rest[end + 1..]))
        });
        if let Some((value, left)) = quoted {
            values.insert(name.trim().to_owned(), value);
            rest = left.split_once('\n').map_or("", |(_, next)| next);
        } else {
            let plain = value.split(" #").next().unwrap_or_default().trim_end();
            values.insert(name.trim().to_owned(), plain.to_owned());
            rest = after;
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn every_form_of_a_value_is_read() {
        let values = parse(
            "# a comment=1\n\nA=plain # why\nexport B='a b'\nKEY=\"-----BEGIN X-----\nQUJD=\n-----END X-----\"\nC=\"c\" # end\nD=",
        );
        assert_eq!(values["A"], "plain");
        assert_eq!((values["B"].as_str(), values["C"].as_str(), values["D"].as_str()), ("a b", "c", ""));
        assert_eq!(values["KEY"], "-----BEGIN X-----\nQUJD=\n-----END X-----");
        assert_eq!(values.len(), 5);
    }
}
