//! The files of `catalogue/`, as JSON values in document order.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::{Map, Number, Value};
use serde_yaml_ng::Value as Yaml;

use crate::error::{Problem, Problems};
use crate::node::Node;

/// Everything that the generator reads, by file name relative to the root.
#[derive(Debug)]
pub(crate) struct Sources {
    /// `catalogue/areas.yaml`.
    pub(crate) areas: (String, Value),
    /// `catalogue/openapi/*.yaml`, one per area, and `webhooks.yaml`.
    pub(crate) openapi: BTreeMap<String, Value>,
    /// `catalogue/overlay/*.yaml`.
    pub(crate) overlays: BTreeMap<String, Value>,
    /// `catalogue/facts/*.yaml`.
    pub(crate) facts: BTreeMap<String, Value>,
}

/// Where the OpenAPI files are.
pub(crate) const OPENAPI: &str = "catalogue/openapi";

/// Reads all files; those of one folder in the order of their names.
pub(crate) fn sources(root: &Path) -> Result<Sources, Problems> {
    let areas = "catalogue/areas.yaml".to_owned();
    let mut problems = Problems::default();
    let sources = (
        problems.keep(file(root, &areas)),
        folder(root, OPENAPI, &mut problems),
        folder(root, "catalogue/overlay", &mut problems),
        folder(root, "catalogue/facts", &mut problems),
    );
    let (areas_value, openapi, overlays, facts) = problems.or(sources)?;
    Ok(Sources { areas: (areas, areas_value.unwrap_or_default()), openapi, overlays, facts })
}

impl Sources {
    /// The roots of files, as nodes.
    pub(crate) fn nodes(files: &BTreeMap<String, Value>) -> impl Iterator<Item = Node<'_>> {
        files.iter().map(|(file, value)| Node::root(file, value))
    }
}

fn folder(root: &Path, folder: &str, problems: &mut Problems) -> BTreeMap<String, Value> {
    let mut files = BTreeMap::new();
    let entries = match fs::read_dir(root.join(folder)) {
        Ok(entries) => entries,
        Err(error) => {
            problems.push(Problem::of_file(folder, format!("cannot be listed: {error}")));
            return files;
        }
    };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{folder}/{name}");
        if name.strip_suffix(".yaml").is_none() {
            problems.push(Problem::of_file(path, "only `.yaml` files belong here"));
        } else if let Some(value) = problems.keep(file(root, &path)) {
            files.insert(path, value);
        }
    }
    files
}

fn file(root: &Path, path: &str) -> Result<Value, Problem> {
    let problem = |message: String| Problem::of_file(path, message);
    let text =
        fs::read_to_string(root.join(path)).map_err(|error| problem(format!("cannot be read: {error}")))?;
    // Through YAML's own value: it refuses duplicate keys, which a JSON map would silently merge.
    let yaml: Yaml =
        serde_yaml_ng::from_str(&text).map_err(|error| problem(format!("is no YAML: {error}")))?;
    json(yaml).map_err(problem)
}

/// YAML as JSON. What JSON cannot say is refused, not converted.
fn json(yaml: Yaml) -> Result<Value, String> {
    Ok(match yaml {
        Yaml::Null => Value::Null,
        Yaml::Bool(flag) => Value::Bool(flag),
        Yaml::String(text) => Value::String(text),
        Yaml::Number(number) => {
            let float = || number.as_f64().and_then(Number::from_f64);
            let whole = number.as_i64().map(Number::from).or_else(|| number.as_u64().map(Number::from));
            Value::Number(whole.or_else(float).ok_or_else(|| format!("`{number}` is no JSON number"))?)
        }
        Yaml::Sequence(items) => Value::Array(items.into_iter().map(json).collect::<Result<_, _>>()?),
        Yaml::Mapping(members) => {
            let mut map = Map::new();
            for (key, value) in members {
                let Yaml::String(key) = key else {
                    return Err(format!("the key `{key:?}` must be a quoted string"));
                };
                map.insert(key, json(value)?);
            }
            Value::Object(map)
        }
        Yaml::Tagged(tagged) => return Err(format!("the YAML tag `{}` is not used here", tagged.tag)),
    })
}
