//! The page without a mouse, and for those who listen.

use crate::{
    open_page,
    tab::{ENTER, SLASH, TAB, Tab},
};

const TWO: [(&str, &str); 2] = [("job/a", "m 1\n"), ("job/b", "m 2\n")];

/// Presses Tab until the focus is on such an element.
#[track_caller]
fn tab_to(tab: &mut Tab, selector: &str) {
    for _ in 0..30 {
        tab.press(TAB);
        if tab.eval(&format!("document.activeElement.matches(\"{selector}\")")) == true {
            let outlined = "getComputedStyle(document.activeElement).outlineStyle !== 'none'";
            assert_eq!(tab.eval(outlined), true, "the focus is seen");
            return;
        }
    }
    panic!("no key leads to {selector}");
}

#[test]
fn everything_can_be_done_with_keys() {
    open_page!(gateway, tab, &[], TWO);
    tab_to(&mut tab, ".skip");
    tab_to(&mut tab, ".group summary");
    tab.press(ENTER);
    tab.wait("document.querySelector('.family')");
    tab_to(&mut tab, ".family summary");
    tab.press(ENTER);
    tab.wait("document.querySelector('.family').open");
    tab_to(&mut tab, ".group > .delete");
    tab.press(ENTER);
    tab.wait("document.getElementById('confirm').open");
    // The way out comes first: a second Enter must not delete.
    assert_eq!(tab.eval("document.activeElement.value"), "cancel");
    tab_to(&mut tab, "#confirm-yes");
    tab.press(ENTER);
    tab.wait("document.querySelectorAll('.group').length === 1");
    assert!(!gateway.get("/metrics").contains("job=\"a\""));
    tab.wait("document.activeElement.matches('.group summary')");
}

#[test]
fn a_slash_leads_to_the_search_and_enter_searches() {
    open_page!(_gateway, tab, &[], TWO);
    tab.press(SLASH);
    assert_eq!(tab.eval("document.activeElement.name"), "q");
    tab.press(SLASH);
    tab.write("nothing");
    tab.press(ENTER);
    tab.wait("document.querySelector('.empty')");
    assert_eq!(tab.eval("document.activeElement.value"), "/nothing");
}

#[test]
fn every_control_has_a_name_and_every_part_a_landmark() {
    open_page!(_gateway, tab, &["--web.enable-admin-api"], TWO);
    let nameless = "[...document.querySelectorAll('a, button, input, select, summary')].filter((it) => \
         !(it.ariaLabel || it.textContent.trim() || it.labels?.[0]?.textContent.trim())).map((it) => it.outerHTML)";
    assert_eq!(tab.eval(nameless).as_array().unwrap().len(), 0);
    for landmark in [
        "header",
        "nav[aria-label]",
        "main",
        "form[role=search]",
        "section[aria-labelledby]",
        "[role=status]",
    ] {
        assert!(tab.count(landmark) > 0, "{landmark}");
    }
    let levels = "[...document.querySelectorAll('#metrics :is(h2, h3, h4)')].map((it) => it.localName).join()";
    assert_eq!(tab.eval(levels), "h2,h3,h3");
    assert_eq!(tab.eval("document.documentElement.lang"), "en");
}
