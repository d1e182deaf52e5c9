//! Reading without a script: everything is there, behind plain links and forms.

use crate::open_page;

#[test]
fn groups_metrics_search_and_status_can_be_read() {
    let pushes = [
        ("job/a/instance/x", "# HELP m Help of m.\nm{l=\"v\"} 1\n"),
        ("job/b", "n 2\n"),
    ];
    open_page!(gateway, tab, &["--web.enable-admin-api"], pushes);
    tab.without_script();
    tab.go(&gateway.url("/"));
    assert_eq!(tab.count(".group"), 2);
    assert_eq!(
        tab.eval("document.querySelector('.group .delete').checkVisibility()"),
        false
    );
    tab.click(".group summary");
    tab.loading(|tab| tab.click(".group .inside a"));
    assert_eq!(tab.count(".group"), 1);
    tab.click(".family[data-name=m] summary");
    let family = tab.text(".family[data-name=m]");
    assert!(
        family.contains("Help of m.") && family.contains("l=\"v\""),
        "{family}"
    );
    tab.click(".by-hand summary");
    assert!(
        tab.text(".by-hand code")
            .starts_with("curl -X DELETE http://")
    );
    tab.loading(|tab| tab.click(".trail a"));
    tab.click("[name=q]");
    tab.write("job=b");
    tab.loading(|tab| tab.click("#find button"));
    assert_eq!(tab.text(".group .labels"), "job=\"b\"");
    tab.click("a[href='#status']");
    assert!(tab.text("#status").contains("Startup Flags"));
    assert_eq!(
        tab.eval("document.getElementById('metrics').checkVisibility()"),
        false
    );
}

#[test]
fn a_family_of_many_series_is_read_page_by_page() {
    let body: String = (0..700)
        .map(|number| format!("m{{n=\"{number}\"}} 1\n"))
        .collect();
    open_page!(gateway, tab, &[], [("job/a", &*body)]);
    tab.without_script();
    tab.go(&gateway.url("/"));
    tab.click(".group summary");
    tab.loading(|tab| tab.click(".group .inside a"));
    tab.click(".family[data-name=m] summary");
    assert_eq!(tab.count(".family[data-name=m] tbody tr"), 50);
    tab.loading(|tab| tab.click(".family[data-name=m] .more a"));
    assert_eq!(tab.count(".family tbody tr"), 500);
    tab.loading(|tab| tab.click(".pager a[rel=next]"));
    assert_eq!(tab.count(".family tbody tr"), 200);
    assert!(tab.text(".pager").contains("501–700 of 700 series"));
}
