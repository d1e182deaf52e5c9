//! Finding one group among thousands.

use crate::{open_page, tab::Tab};

const THREE: [(&str, &str); 3] = [
    ("job/zeta", "rows 1\n"),
    ("job/alpha", "bytes 1\nfiles 1\n"),
    ("job/mid/host/h", "rows 1\n"),
];

fn jobs(tab: &mut Tab) -> Vec<String> {
    let jobs = tab.eval(
        "[...document.querySelectorAll('.label.job .value')].map((value) => value.textContent)",
    );
    jobs.as_array()
        .unwrap()
        .iter()
        .map(|job| job.as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn typing_finds_groups_by_label_and_by_metric() {
    open_page!(_gateway, tab, &[], THREE);
    tab.click("[name=q]");
    tab.write("ROWS");
    tab.wait("document.querySelectorAll('.group').length === 2");
    assert_eq!(jobs(&mut tab), ["mid", "zeta"]);
    assert_eq!(tab.text("#said"), "1–2 of 2 groups found");
    assert!(tab.text(".matches").contains("rows"));
    tab.write(" host=h");
    tab.wait("document.querySelectorAll('.group').length === 1");
    assert_eq!(tab.eval("location.search"), "?q=ROWS+host%3Dh");
    tab.reload();
    assert_eq!(jobs(&mut tab), ["mid"]);
    assert_eq!(
        tab.eval("document.querySelector('[name=q]').value"),
        "ROWS host=h"
    );
    tab.write(" nothing");
    tab.click("[name=q]");
    tab.write(" nothing");
    tab.wait("document.querySelector('.empty')");
    assert!(tab.text(".empty").contains("No group matches"));
    tab.loading(|tab| tab.click(".empty a"));
    assert_eq!(tab.count(".group"), 3);
}

#[test]
fn groups_are_sorted_as_chosen() {
    open_page!(_gateway, tab, &[], THREE);
    // By grouping key a label before `job` counts first.
    assert_eq!(jobs(&mut tab), ["mid", "alpha", "zeta"]);
    let choose = |sort: &str| {
        format!(
            "(() => {{ const sort = document.querySelector('[name=sort]'); sort.value = '{sort}'; \
             sort.dispatchEvent(new Event('input', {{ bubbles: true }})); }})()"
        )
    };
    for (sort, order) in [
        ("job", ["alpha", "mid", "zeta"]),
        ("oldest", ["zeta", "alpha", "mid"]),
        ("newest", ["mid", "alpha", "zeta"]),
        ("size", ["alpha", "mid", "zeta"]),
    ] {
        tab.eval(&choose(sort));
        tab.wait(&format!("location.search === '?sort={sort}'"));
        assert_eq!(jobs(&mut tab), order, "{sort}");
    }
}

#[test]
fn five_thousand_groups_are_painted_within_a_second() {
    let Some(mut tab) = Tab::open() else { return };
    let gateway = crate::gateway::Gateway::start(&[]);
    for number in 0..5000 {
        gateway.push(&format!("job/many/instance/host-{number:04}"), "rows 1\n");
    }
    let paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime";
    // The best of three: what else runs on the machine is no matter of the page.
    let painted = (0..3).map(|_| {
        tab.go(&gateway.url("/"));
        tab.wait(&format!("{paint} !== undefined"));
        tab.eval(paint).as_f64().unwrap()
    });
    let painted = painted.fold(f64::INFINITY, f64::min);
    assert!(painted < 1000.0, "first paint after {painted} ms");
    assert_eq!(tab.count(".group"), 50);
    tab.click("[name=q]");
    tab.write("host-4999");
    tab.wait("document.querySelectorAll('.group').length === 1");
    tab.go(&gateway.url("/"));
    tab.loading(|tab| tab.click(".pager a[rel=next]"));
    assert_eq!(tab.text(".label .value"), "many");
    assert!(tab.text(".pager").contains("Page 2 of 100"));
    assert!(tab.text(".group .labels").contains("host-0050"));
}
