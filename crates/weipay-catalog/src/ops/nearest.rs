use super::templates;

/// The template that was probably meant by `path`, for messages; `None` where nothing comes close.
///
/// The distance is counted in characters, segment by segment, so that a parameter of another name, or a value in
/// its place, costs little, and a missing or additional segment costs about its length.
/// It looks at every template: use it where a look-up has failed, not in a look-up.
pub fn nearest(path: &str) -> Option<&'static str> {
    let wanted: Vec<&str> = path.strip_prefix('/').unwrap_or(path).split('/').collect();
    let (cost, found) = templates()
        .iter()
        .map(|template| (path_distance(&wanted, template.path), template.path))
        .min_by_key(|(cost, _)| *cost)?;
    // More than half of it would have to change: that is another path, not a misspelt one.
    (cost * 2 <= path.chars().count()).then_some(found)
}

fn path_distance(wanted: &[&str], template: &str) -> usize {
    let segments: Vec<&str> = template[1..].split('/').collect();
    let whole = |segment: &str| segment.chars().count() + 1;
    edit_distance(wanted, &segments, whole, segment_distance)
}

fn segment_distance(wanted: &str, template: &str) -> usize {
    let is_parameter = |segment: &str| segment.starts_with('{');
    match (is_parameter(wanted), is_parameter(template)) {
        _ if wanted == template => 0,
        (true, true) => 1,
        (false, true) => 2,
        _ => {
            let (wanted, template): (Vec<char>, Vec<char>) =
                (wanted.chars().collect(), template.chars().collect());
            let distance = edit_distance(&wanted, &template, |_| 1, |a, b| usize::from(a != b));
            // Two words that share less than half are not one word misspelt.
            let other_word = distance * 2 > wanted.len().max(template.len());
            if other_word { wanted.len() + template.len() + 2 } else { distance }
        }
    }
}

/// Levenshtein distance with a cost per omitted item and per replacement, in one row of memory.
fn edit_distance<T: Copy>(
    from: &[T],
    to: &[T],
    omit: impl Fn(T) -> usize,
    replace: impl Fn(T, T) -> usize,
) -> usize {
    let mut row = vec![0];
    for &item in to {
        row.push(row[row.len() - 1] + omit(item));
    }
    for &a in from {
        let mut diagonal = row[0];
        row[0] += omit(a);
        for (column, &b) in to.iter().enumerate() {
            let best = (diagonal + replace(a, b)).min(row[column] + omit(b)).min(row[column + 1] + omit(a));
            diagonal = row[column + 1];
            row[column + 1] = best;
        }
    }
    row[to.len()]
}
