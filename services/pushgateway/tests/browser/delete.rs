//! Deleting: after a question, by the right address, and visible at once.

use crate::{open_page, tab::ESCAPE};

const TWO: [(&str, &str); 2] = [("job/a/instance/x", "m 1\n"), ("job/b", "m 2\n")];

#[test]
fn a_group_is_deleted_after_confirmation_only() {
    open_page!(gateway, tab, &[], TWO);
    tab.click(".group .delete");
    let question = "Do you really want to delete all metrics of group {job=\"a\", instance=\"x\"}?";
    assert_eq!(tab.text("#confirm-text"), question);
    tab.click("#confirm button[value=cancel]");
    tab.click(".group .delete");
    tab.press(ESCAPE);
    assert_eq!(tab.eval("document.getElementById('confirm').open"), false);
    assert!(
        gateway
            .get("/metrics")
            .contains("m{instance=\"x\",job=\"a\"} 1")
    );
    tab.click(".group .delete");
    tab.click("#confirm-yes");
    tab.wait("document.querySelectorAll('.group').length === 1");
    assert_eq!(tab.text(".group .labels"), "job=\"b\"");
    assert_eq!(
        tab.text("#said"),
        "Deleted group {job=\"a\", instance=\"x\"}"
    );
    let metrics = gateway.get("/metrics");
    assert!(
        !metrics.contains("job=\"a\"") && metrics.contains("m{instance=\"\",job=\"b\"} 2"),
        "{metrics}"
    );
}

#[test]
fn empty_and_odd_values_are_deleted_under_a_prefix() {
    let odd = (
        "job@base64/YS9iIGMmP_CfmoA/empty@base64/=/name/..%2520",
        "m 1\n",
    );
    open_page!(
        gateway,
        tab,
        &[
            "--web.route-prefix=/pg",
            "--web.external-url=http://example.org/pg/"
        ],
        [odd]
    );
    assert!(tab.text(".group .labels").contains("job=\"a/b c&?🚀\""));
    tab.click(".group .delete");
    tab.click("#confirm-yes");
    tab.wait("document.querySelector('.empty')");
    assert!(!gateway.get("/metrics").contains("\nm{"));
}

#[test]
fn names_beyond_the_classic_ones_are_deleted_too() {
    let dotted = ("job/a/U__my_2e_label/x", "{\"my.metric\"} 1\n");
    open_page!(gateway, tab, &["--push.enable-utf8-names"], [dotted]);
    assert!(tab.text(".group .labels").contains("\"my.label\"=\"x\""));
    tab.click(".group .delete");
    tab.click("#confirm-yes");
    tab.wait("document.querySelector('.empty')");
    assert!(!gateway.get("/metrics").contains("my_metric"));
}

#[test]
fn a_refused_deletion_is_told() {
    open_page!(gateway, tab, &[], TWO);
    drop(gateway);
    tab.click(".group .delete");
    tab.click("#confirm-yes");
    tab.wait("!document.getElementById('confirm-error').hidden");
    assert!(
        tab.text("#confirm-error")
            .starts_with("Deleting metric group failed: ")
    );
    assert_eq!(tab.count(".group"), 2);
}

#[test]
fn all_groups_are_deleted_with_the_admin_api_only() {
    open_page!(_gateway, tab, &[], TWO);
    assert_eq!(tab.count("#delete-all"), 0);
    open_page!(gateway, tab, &["--web.enable-admin-api"], TWO);
    assert_eq!(tab.text("#delete-all"), "Delete All 2 Groups");
    tab.click("#delete-all");
    assert_eq!(
        tab.text("#confirm-text"),
        "Do you really want to delete all metrics from all metric groups?"
    );
    tab.click("#confirm-yes");
    tab.wait("document.querySelector('.empty')");
    assert_eq!(tab.text("#delete-all"), "Delete All 0 Groups");
    assert_eq!(
        tab.eval("document.getElementById('delete-all').disabled"),
        true
    );
    assert!(!gateway.get("/metrics").contains("\nm{"));
}
