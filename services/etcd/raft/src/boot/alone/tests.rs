use super::*;

#[test]
fn a_member_that_is_missing_is_added_before_the_others_go() {
    let changes = changes_to_alone(7, &BTreeSet::from([8, 9]), 3, 10);
    let changes: Vec<_> = changes
        .iter()
        .map(|entry| (entry.index(), node::conf_change(entry).unwrap()))
        .collect();
    let kinds = changes
        .iter()
        .map(|(index, change)| (*index, change.r#type(), change.node_id()));
    assert_eq!(
        kinds.collect::<Vec<_>>(),
        [
            (11, ConfChangeType::ConfChangeAddNode, 7),
            (12, ConfChangeType::ConfChangeRemoveNode, 8),
            (13, ConfChangeType::ConfChangeRemoveNode, 9),
        ]
    );
}
