use super::parse;
use crate::name::NameScheme;

#[test]
fn smoke() {
    let f = parse(b"# TYPE a gauge\na{l=\"v\"} 1\na{l=\"w\"} 2\n# HELP s x\n# TYPE s summary\ns{quantile=\"0.5\"} 1\ns_sum 3\ns_count 4\n{\"b\"} 7\n", NameScheme::Legacy).unwrap();
    assert_eq!(f.len(), 3, "{f:?}");
}
