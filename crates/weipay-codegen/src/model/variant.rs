//! The forms of one notification, and what tells them apart.

use super::schema::Builder;
use super::{Condition, Kind, Variant};
use crate::error::Problem;
use crate::node::Node;

/// Reads `x-resource`: one object, or `oneOf` several, each with `x-variant` and `x-when`.
pub(super) fn all<'a>(
    resource: &Node<'a>,
    original_types: &[String],
    builder: &mut Builder<'a>,
) -> Result<Vec<Variant>, Problem> {
    if resource.get("oneOf").is_none() {
        return Ok(vec![one(String::new(), resource, Vec::new(), builder)?]);
    }
    resource.only(&["oneOf"])?;
    let mut variants: Vec<Variant> = Vec::new();
    for node in resource.items("oneOf")? {
        let name = node.need_text("x-variant")?;
        if variants.iter().any(|other| other.name == name) {
            return Err(node.problem(format!("the variant `{name}` is there already")));
        }
        let conditions = node.get("x-when").map_or_else(|| Ok(Vec::new()), |when| conditions(&when))?;
        let variant = one(name, &node, conditions, builder)?;
        fits(&variant, &node, original_types, builder)?;
        if let Some(other) = variants.iter().find(|other| ties(&variant, other, builder)) {
            let (a, b) = (&other.name, &variant.name);
            let message =
                format!("one notification can be `{a}` and `{b}` alike: give one of them more of `x-when`");
            return Err(node.problem(message));
        }
        variants.push(variant);
    }
    Ok(variants)
}

fn one<'a>(
    name: String,
    node: &Node<'a>,
    conditions: Vec<Condition>,
    builder: &mut Builder<'a>,
) -> Result<Variant, Problem> {
    let schema = builder.schema(node)?;
    let decrypted = builder.pointers(&schema, |schema| schema.decrypted);
    let Kind::Object(resource) = schema.kind else {
        return Err(node.problem("must be an object with properties"));
    };
    Ok(Variant { name, conditions, resource, decrypted })
}

/// Reads `x-when`: `has` names members that are there (a list, or one), `original_type` is that of the envelope, and any
/// other key is a member that equals the text. A name that begins with a slash is a pointer.
fn conditions(when: &Node<'_>) -> Result<Vec<Condition>, Problem> {
    let mut conditions = Vec::new();
    let pointer = |name: &str| if name.starts_with('/') { name.to_owned() } else { format!("/{name}") };
    let mut add = |document, pointer, equals| conditions.push(Condition { document, pointer, equals });
    for (key, node) in when.members()? {
        match key {
            "has" if node.value.is_array() => {
                when.texts("has")?.iter().for_each(|name| add("Resource", pointer(name), None));
            }
            "has" => add("Resource", pointer(node.text()?), None),
            "original_type" => {
                add("Envelope", "/resource/original_type".to_owned(), Some(node.text()?.to_owned()));
            }
            member => add("Resource", pointer(member), Some(node.text()?.to_owned())),
        }
    }
    Ok(conditions)
}

/// Refuses conditions that no notification of this form can meet.
fn fits(
    variant: &Variant,
    node: &Node<'_>,
    original_types: &[String],
    builder: &Builder<'_>,
) -> Result<(), Problem> {
    for condition in &variant.conditions {
        let possible = match (condition.document, &condition.equals) {
            ("Envelope", Some(value)) => original_types.contains(value),
            _ => can_meet(&variant.resource, condition, builder),
        };
        if !possible {
            let message = format!("x-when: no notification of this form has `{}` so", condition.pointer);
            return Err(node.problem(message));
        }
    }
    Ok(())
}

/// Whether both can be the choice for one notification: with equally many conditions, none of which exclude each other,
/// and a notification that one describes could meet those of the other.
fn ties(a: &Variant, b: &Variant, builder: &Builder<'_>) -> bool {
    let excluded = a.conditions.iter().any(|one| b.conditions.iter().any(|other| exclude(one, other)));
    let all = |title: &str, conditions: &[Condition]| {
        let mut in_resource = conditions.iter().filter(|condition| condition.document == "Resource");
        in_resource.all(|condition| can_meet(title, condition, builder))
    };
    a.conditions.len() == b.conditions.len()
        && !excluded
        && (all(&a.resource, &b.conditions) || all(&b.resource, &a.conditions))
}

fn exclude(a: &Condition, b: &Condition) -> bool {
    let place = |condition: &Condition| (condition.document, condition.pointer.clone());
    place(a) == place(b) && a.equals.is_some() && b.equals.is_some() && a.equals != b.equals
}

/// Whether the object of this title can meet the condition, as documented.
fn can_meet(title: &str, condition: &Condition, builder: &Builder<'_>) -> bool {
    let mut title = title;
    let mut names = condition.pointer.split('/').skip(1).peekable();
    while let Some(name) = names.next() {
        let Some(property) = builder.property(title, name) else { return false };
        match (&property.schema.kind, names.peek()) {
            (_, None) => {
                let values = &property.schema.values;
                return condition
                    .equals
                    .as_ref()
                    .is_none_or(|value| values.is_empty() || values.contains(value));
            }
            (Kind::Object(inner), Some(_)) => title = inner,
            _ => return false,
        }
    }
    false
}
