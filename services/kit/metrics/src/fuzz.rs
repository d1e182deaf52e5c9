//! What the fuzz targets in `fuzz/` call, and what a test replays on their corpora: bodies from outside, and what must hold of them.

use crate::{
    escape::EscapingScheme,
    model::{Family, Label},
    name::{NameScheme, is_legacy_metric_name},
    proto, text,
};

/// Parses text with both naming schemes. What is accepted must come out as text that is accepted again, metric for metric.
///
/// # Panics
/// When that does not hold.
pub fn fuzz_text(data: &[u8]) {
    for scheme in [NameScheme::Legacy, NameScheme::Utf8] {
        let Ok(families) = text::parse(data, scheme) else {
            continue;
        };
        for family in &families {
            let bound = 16 * data.len();
            assert!(
                family.metrics.heap_bytes() <= bound,
                "{} bytes of {}",
                family.metrics.heap_bytes(),
                data.len()
            );
            let body = as_text(family).expect("a parsed value fits its family");
            if shapes_are_readable(family) {
                let again = text::parse(&body, scheme).expect("written text is readable");
                assert_eq!(again.len(), 1);
                assert_eq!((&again[0].name, again[0].kind), (&family.name, family.kind));
                assert_eq!(again[0].metrics.len(), family.metrics.len());
            }
        }
    }
}

/// Decodes a delimited stream. What is accepted must come out as bytes that decode and come out the same.
///
/// # Panics
/// When that does not hold.
pub fn fuzz_proto(data: &[u8]) {
    let Ok(families) = proto::decode(data) else {
        return;
    };
    for family in &families {
        let once = as_protobuf(family);
        let again = proto::decode_family(&once).expect("written bytes are readable");
        assert_eq!(as_protobuf(&again), once);
        let _ = proto::text::family_indented(&once);
        let _ = as_text(family);
    }
}

/// Turns names from outside into classic ones and back.
///
/// # Panics
/// When a classic name is changed, or what `values` wrote cannot be read back.
pub fn fuzz_names(data: &[u8]) {
    for scheme in EscapingScheme::ALL {
        let escaped = scheme.escape(data);
        assert!(!is_legacy_metric_name(data) || *escaped == *data);
    }
    let escaped = EscapingScheme::Values.escape(data);
    let in_reach = str::from_utf8(data).is_ok_and(|name| {
        name.chars()
            .all(|character| u32::from(character) < 0x10_0000)
    });
    if in_reach && !is_legacy_metric_name(data) {
        assert_eq!(*crate::escape::unescape(&escaped), *data);
    }
    let _ = crate::escape::unescape(data);
}

/// A label name with a colon is written without quotes, here as upstream, and then not read.
fn shapes_are_readable(family: &Family) -> bool {
    !family
        .metrics
        .shapes()
        .flatten()
        .any(|name| name.contains(&b':'))
}

fn as_text(family: &Family) -> Result<Vec<u8>, text::encode::EncodeError> {
    let mut out = Vec::new();
    let escaping = EscapingScheme::AllowUtf8;
    text::encode::header(
        &mut out,
        &family.name,
        family.help.as_deref(),
        family.kind,
        escaping,
    )?;
    for index in 0..family.metrics.len() {
        let (labels, value) = (family.metrics.labels(index), family.metrics.value(index));
        text::encode::metric(
            &mut out,
            &family.name,
            family.kind,
            labels,
            &value,
            escaping,
        )?;
    }
    Ok(out)
}

fn as_protobuf(family: &Family) -> Vec<u8> {
    let mut out = Vec::new();
    let metrics = (0..family.metrics.len()).map(|index| {
        let labels: Vec<Label<'_>> = family.metrics.labels(index).collect();
        (labels, family.metrics.value(index))
    });
    let (help, unit) = (family.help.as_deref(), family.unit.as_deref());
    proto::encode::family(&mut out, &family.name, help, family.kind, unit, metrics);
    out
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use proptest::{collection::vec, prelude::*};

    use super::{fuzz_names, fuzz_proto, fuzz_text};

    #[track_caller]
    fn replay(target: &str, run: fn(&[u8])) {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("fuzz/corpus")
            .join(target);
        let mut count = 0;
        for entry in fs::read_dir(corpus).unwrap() {
            run(&fs::read(entry.unwrap().path()).unwrap());
            count += 1;
        }
        assert!(count >= 10, "{count} inputs of {target}");
    }

    #[test]
    fn the_corpora_are_replayed() {
        replay("text", fuzz_text);
        replay("proto", fuzz_proto);
        replay("names", fuzz_names);
    }

    proptest! {
        #[test]
        fn the_targets_hold_for_random_bytes(data in vec(any::<u8>(), 0..64)) {
            fuzz_text(&data);
            fuzz_proto(&data);
            fuzz_names(&data);
        }
    }
}
