//! Light and dark, wide and narrow.

use crate::{open_page, tab::Tab};

const PUSHES: [(&str, &str); 2] = [
    (
        "job/a/one/long-value-without-any-place-to-break-it-0123456789-0123456789-0123456789/two/b/three/c",
        "m 1\n",
    ),
    (
        "job/b",
        "n_with_quite_a_long_name_for_a_metric_seconds_total{label=\"a value\"} 123456789012345\n",
    ),
];

/// Returns how bright the page is, from 0 to 255.
fn brightness(tab: &mut Tab) -> i64 {
    let background = "parseInt(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])";
    tab.eval(background).as_i64().unwrap()
}

#[test]
fn colours_follow_the_system_until_the_reader_chooses() {
    open_page!(_gateway, tab, &[], PUSHES);
    tab.prefer("dark");
    assert!(brightness(&mut tab) < 60);
    tab.prefer("light");
    assert!(brightness(&mut tab) > 200);
    tab.click("#theme");
    assert!(brightness(&mut tab) < 60);
    assert_eq!(
        tab.eval("document.getElementById('theme').ariaPressed"),
        "true"
    );
    tab.reload();
    assert!(brightness(&mut tab) < 60, "the choice survives a reload");
    tab.click("#theme");
    assert!(brightness(&mut tab) > 200);
}

#[test]
fn nothing_is_wider_than_a_phone() {
    open_page!(_gateway, tab, &["--web.enable-admin-api"], PUSHES);
    tab.resize(360, 740);
    let overflow = "document.documentElement.scrollWidth - innerWidth";
    assert_eq!(tab.eval(overflow), 0);
    tab.click(".group summary");
    tab.wait("document.querySelector('.family')");
    tab.click(".family summary");
    assert_eq!(tab.eval(overflow), 0);
    tab.click(".group > .delete");
    assert_eq!(tab.eval(overflow), 0);
    tab.click("#confirm button[value=cancel]");
    tab.click("a[href='#status']");
    assert_eq!(tab.eval(overflow), 0);
}
