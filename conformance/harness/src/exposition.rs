//! The judge's own reader of the text exposition format. It is stricter than any scraper: what it cannot read fails.

use std::collections::BTreeMap;

/// Families by name.
pub type Families = BTreeMap<String, Family>;

/// One family, its samples in canonical form.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Family {
    /// HELP text as written, if any.
    pub help: Option<String>,
    /// TYPE word.
    pub kind: String,
    /// `name{labels sorted by name} value`, sorted.
    pub samples: Vec<String>,
}

/// Reads an exposition.
///
/// # Errors
/// A text that names the first line that is out of place.
pub fn parse(text: &str) -> Result<Families, String> {
    let mut families = Families::new();
    let mut current = String::new();
    if !text.is_empty() && !text.ends_with('\n') {
        return Err("the last line is not ended".to_owned());
    }
    for line in text.lines() {
        let result = if let Some(rest) = line.strip_prefix("# HELP ") {
            let (name, help) = split_name(rest);
            current.clone_from(&name);
            families.entry(name).or_default().help = Some(help.to_owned());
            Ok(())
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = split_name(rest);
            current.clone_from(&name);
            let family = families.entry(name).or_default();
            if family.kind.is_empty() {
                Ok(())
            } else {
                Err("a second TYPE".to_owned())
            }
            .map(|()| family.kind = kind.to_owned())
        } else {
            sample(line).and_then(|(name, canonical)| {
                let family = families
                    .get_mut(&current)
                    .filter(|_| belongs(&name, &current));
                family
                    .ok_or_else(|| format!("a sample of `{name}` under `{current}`"))
                    .map(|family| family.samples.push(canonical))
            })
        };
        result.map_err(|reason| format!("{reason} in exposition line `{line}`"))?;
    }
    families
        .values_mut()
        .for_each(|family| family.samples.sort());
    Ok(families)
}

/// Writes families in one canonical text, for comparing and for showing differences.
#[must_use]
pub fn canonical(families: &Families) -> String {
    let mut text = String::new();
    for (name, family) in families {
        if let Some(help) = &family.help {
            text += &format!("# HELP {name} {help}\n");
        }
        text += &format!("# TYPE {name} {}\n", family.kind);
        for sample in &family.samples {
            text += &format!("{sample}\n");
        }
    }
    text
}

fn belongs(sample: &str, family: &str) -> bool {
    sample
        .strip_prefix(family)
        .is_some_and(|end| matches!(end, "" | "_sum" | "_count" | "_bucket"))
}

fn split_name(rest: &str) -> (String, &str) {
    let (name, rest) = match rest
        .strip_prefix('"')
        .and_then(|quoted| quoted.split_once("\" "))
    {
        Some(split) => split,
        None => rest.split_once(' ').unwrap_or((rest, "")),
    };
    (name.to_owned(), rest)
}

/// Reads one sample line into its name and its canonical form.
fn sample(line: &str) -> Result<(String, String), String> {
    let (head, value) = line.rsplit_once(' ').ok_or("no value")?;
    let value: f64 = value.parse().map_err(|_| "the value is no number")?;
    let (mut name, inner) = match head.split_once('{') {
        Some((name, rest)) => (
            name.to_owned(),
            rest.strip_suffix('}').ok_or("braces are not closed")?,
        ),
        None => (head.to_owned(), ""),
    };
    let mut labels = BTreeMap::new();
    let mut rest = inner;
    while !rest.is_empty() {
        let (label, after) = token(rest)?;
        if let Some(after) = after.strip_prefix("=\"") {
            let end = quote_end(after).ok_or("a label value is not closed")?;
            if labels.insert(label, &after[..end]).is_some() {
                return Err("a label twice".to_owned());
            }
            rest = &after[end + 1..];
        } else {
            name = label;
            rest = after;
        }
        rest = match rest.strip_prefix(',') {
            Some(more) => more,
            None if rest.is_empty() => rest,
            None => return Err("expected a comma between labels".to_owned()),
        };
    }
    let labels: Vec<String> = labels
        .iter()
        .map(|(label, value)| format!("{label}=\"{value}\""))
        .collect();
    let canonical = format!(
        "{name}{{{}}} {}",
        labels.join(","),
        crate::proto::format_double(value)
    );
    Ok((name, canonical))
}

/// Reads a name, quoted or not.
fn token(text: &str) -> Result<(String, &str), String> {
    if let Some(quoted) = text.strip_prefix('"') {
        let end = quote_end(quoted).ok_or("a name is not closed")?;
        return Ok((quoted[..end].to_owned(), &quoted[end + 1..]));
    }
    let end = text.find(['=', ',']).unwrap_or(text.len());
    Ok((text[..end].to_owned(), &text[end..]))
}

/// Finds the closing quote; a backslash takes the meaning from the character after it.
fn quote_end(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.bytes().position(|byte| {
        let closes = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })
}

#[cfg(test)]
mod tests {
    use super::{canonical, parse};

    #[test]
    fn order_of_labels_and_samples_does_not_matter() {
        let one = parse("# HELP m h\n# TYPE m gauge\nm{b=\"2\",a=\"1\"} 1e+06\nm 2\n").unwrap();
        let two = parse("# HELP m h\n# TYPE m gauge\nm 2.0\nm{a=\"1\",b=\"2\"} 1000000\n").unwrap();
        assert_eq!(canonical(&one), canonical(&two));
        let other = parse("# HELP m h\n# TYPE m gauge\nm{b=\"2\",a=\"1\"} 1000001\nm 2\n").unwrap();
        assert_ne!(canonical(&one), canonical(&other));
    }

    #[test]
    fn quoted_names_and_hostile_values_are_read() {
        let families =
            parse("# TYPE \"my.name\" gauge\n{\"my.name\",\"l.x\"=\"a,}\\\" b\"} NaN\n").unwrap();
        assert_eq!(
            families["my.name"].samples,
            ["my.name{l.x=\"a,}\\\" b\"} NaN"]
        );
    }

    #[test]
    fn samples_belong_to_the_family_above_them() {
        assert!(parse("# TYPE h histogram\nh_bucket{le=\"+Inf\"} 1\nh_sum 1\nh_count 1\n").is_ok());
        assert!(parse("# TYPE m gauge\nother 1\n").is_err());
        assert!(parse("m 1\n").is_err());
        assert!(parse("# TYPE m gauge\nm 1").is_err());
        assert!(parse("# TYPE m gauge\nm{a=\"1\" 1\n").is_err());
        assert!(parse("# TYPE m gauge\n# TYPE m gauge\n").is_err());
    }
}
