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

#[test]
fn what_who_votes_alone_has_on_disk_is_committed_until_another_votes() {
    let change = |index, kind, id| {
        let change = ConfChange {
            id: None,
            r#type: Some(kind as i32),
            node_id: Some(id),
            context: None,
        };
        change_entry(&change, 2, index)
    };
    let normal = |index| Entry {
        index: Some(index),
        ..Entry::default()
    };
    let joins = ConfChangeType::ConfChangeAddNode;
    let entries = [
        change(1, joins, 7),
        normal(2),
        change(3, ConfChangeType::ConfChangeAddLearnerNode, 8),
        normal(4),
        change(5, joins, 9),
        normal(6),
    ];
    let nobody = ConfState::default();
    let committed = |this, known| committed(this, &nobody, 0, known, &entries).unwrap();
    assert_eq!(committed(7, 1), 5);
    assert_eq!(committed(7, 6), 6);
    assert_eq!(committed(9, 1), 1);
    assert_eq!(committed(7, 0), 0, "nobody votes before the first change");
}
