//! What strangers push is text, never markup, and cannot turn the page around.

use crate::open_page;

/// `<script>window.hit=1</script>`, `"><img src=x onerror=hit=1>`, and a right-to-left override, in base64.
const GROUP: &str = "job@base64/PHNjcmlwdD53aW5kb3cuaGl0PTE8L3NjcmlwdD4/a@base64/Ij48aW1nIHNyYz14IG9uZXJyb3I9aGl0PTE-/\
     b@base64/4oCuZ25wLmV4ZQ";
const METRIC: &str = "# HELP m </span><script>window.hit=1</script>\n# TYPE m gauge\n\
     m{l=\"</td><svg onload=hit=1>\",k=\"'\\\";hit=1//\"} 1\n";

#[test]
fn hostile_labels_and_texts_stay_text() {
    open_page!(_gateway, tab, &[], [(GROUP, METRIC)]);
    tab.click(".group summary");
    tab.wait("document.querySelector('.family[data-name=m]')");
    tab.click(".family[data-name=m] summary");
    let inside = tab.text(".family[data-name=m]");
    assert!(
        inside.contains("</td><svg onload=hit=1>") && inside.contains("</span><script>"),
        "{inside}"
    );
    tab.click(".group .delete");
    let question = tab.text("#confirm-text");
    assert!(
        question
            .contains("{job=\"<script>window.hit=1</script>\", a=\"\"><img src=x onerror=hit=1>\""),
        "{question}"
    );
    assert_eq!(
        tab.count("main img, main script, .inside svg, #confirm img, #confirm script"),
        0
    );
    assert_eq!(tab.eval("typeof window.hit"), "undefined");
    tab.click("#confirm-yes");
    tab.wait("document.querySelector('.empty')");
    assert_eq!(tab.count("#said img, #said script"), 0);
    assert_eq!(tab.eval("typeof window.hit"), "undefined");
}

#[test]
fn right_to_left_values_leave_their_surroundings_alone() {
    open_page!(_gateway, tab, &[], [(GROUP, METRIC)]);
    let order = "(() => { const place = (part) => document.querySelector(`.label:nth-of-type(3) ${part}`).getBoundingClientRect();\
         return place('.name').right <= place('.value').left; })()";
    assert_eq!(tab.eval(order), true, "the name stands before its value");
    let isolated =
        "getComputedStyle(document.querySelector('.label:nth-of-type(3) .value')).unicodeBidi";
    assert_eq!(tab.eval(isolated), "isolate");
}

#[test]
fn markup_in_the_query_stays_text() {
    open_page!(gateway, tab, &[], [("job/a", "m 1\n")]);
    for query in [
        "?q=%22%3E%3Cimg%20src%3Dx%20onerror%3Dhit%3D1%3E",
        "?group=%3Cscript%3Ehit=1%3C/script%3E",
    ] {
        tab.go(&gateway.url(&format!("/{query}")));
        tab.wait("document.querySelector('.empty')");
        assert_eq!(tab.count("main img, main script"), 0);
        assert_eq!(tab.eval("typeof window.hit"), "undefined");
    }
}

#[test]
fn a_script_that_slipped_in_could_not_run() {
    open_page!(_gateway, tab, &[], [("job/a", "m 1\n")]);
    let slip = "(() => { const script = document.createElement('script'); script.textContent = 'window.hit = 1';\
         document.body.append(script); const { hit } = window; const problems = window.problems; window.problems = [];\
         return new Promise((done) => setTimeout(() => done([typeof hit, [...problems, ...window.problems].splice(0)]), 100)\
         ).finally(() => window.problems = []); })()";
    let outcome = tab.eval(slip);
    assert_eq!(outcome[0], "undefined");
    assert!(
        outcome[1][0].as_str().unwrap().starts_with("script-src"),
        "{outcome}"
    );
}
