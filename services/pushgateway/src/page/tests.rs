use kit_metrics::model::{Family, MetricType};

use super::*;
use crate::{
    flags,
    store::{
        Mode, Store,
        pushed::Pushed,
        testing::{Sample, families, family, key, store},
    },
};

const ONE: Sample<'_> = (&[], 1.0);

fn view(query: &str) -> View {
    View {
        prefix: String::new(),
        admin_api: false,
        build: flags::build_info(),
        flags: vec![("web.telemetry-path".to_owned(), "/metrics".to_owned())],
        started: Moment::now(),
        query: query.to_owned(),
    }
}

fn push(store: &Store, labels: &[(&str, &str)], families: Vec<Family>) {
    let pushed = Pushed::new(
        &store.state(),
        key(labels),
        Mode::Merge,
        Moment::now(),
        families,
    );
    store.push_blocking(pushed).unwrap();
}

fn shown(view: &View, store: &Store) -> String {
    text(render(view, &store.state()))
}

fn text(response: Response) -> String {
    let Body::One(bytes) = response.into_body() else {
        panic!("a page is one piece")
    };
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Returns the query that leads to a group.
fn alone(labels: &[(&str, &str)]) -> String {
    let group = Some(group_path::encoded(&key(labels), NameScheme::Legacy));
    Query {
        group,
        ..Query::default()
    }
    .text()
}

#[track_caller]
fn check_contains(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "{part} is missing in:\n{page}");
    }
}

#[test]
fn an_empty_store_shows_how_to_push() {
    let page = shown(&view(""), &store());
    check_contains(
        &page,
        &[
            "Nothing has been pushed yet",
            "curl --data-binary @-",
            "/metrics/job/my_first_job",
        ],
    );
    assert!(!page.contains("Delete All"));
}

#[test]
fn a_group_is_a_card_with_the_job_first() {
    let store = store();
    push(
        &store,
        &[("job", "backup"), ("host", "a")],
        families(&[("x", &[ONE])]),
    );
    let page = shown(&view(""), &store);
    let job = page
        .find("<bdi class=\"name\">job</bdi>=&quot;<bdi class=\"value\">backup</bdi>&quot;")
        .unwrap();
    let host = page
        .find("<bdi class=\"name\">host</bdi>=&quot;<bdi class=\"value\">a</bdi>&quot;")
        .unwrap();
    assert!(job < host);
    check_contains(
        &page,
        &[
            "data-path=\"job@base64/YmFja3Vw/host@base64/YQ=\"",
            "3 metrics",
            "3 series",
        ],
    );
    assert!(!page.contains("Last push failed!"));
}

#[test]
fn nothing_pushed_can_become_markup() {
    let hostile = "\"><script>alert(1)</script>&'";
    let store = store();
    let mut evil = family("x", MetricType::Gauge, &[(&[("l", hostile)], 1.0)]);
    evil.help = Some(hostile.into());
    push(&store, &[("job", hostile), ("a", hostile)], vec![evil]);
    let query = alone(&[("job", hostile), ("a", hostile)]);
    for query in [
        "",
        "q=%3Cscript%3E",
        "q=%22%3E%3Cscript%3Enothing",
        "group=%22%3E%3Cscript%3E",
        &query,
    ] {
        let page = shown(&view(query), &store);
        assert!(!page.contains("<script>"), "{query}");
    }
    check_contains(
        &shown(&view(&query), &store),
        &["&lt;script&gt;alert(1)&lt;/script&gt;&amp;&#39;"],
    );
}

#[test]
fn a_page_may_run_nothing_but_our_own_script() {
    let response = render(&view(""), &store().state());
    let policy = response.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.starts_with("default-src 'none'; script-src 'self';") && !policy.contains("unsafe"),
        "{policy}"
    );
    let page = text(response);
    assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains(" onclick="));
}

#[test]
fn a_refused_push_is_told_with_its_reason() {
    let store = store();
    let labels = [("job", "a")];
    let mut refused = Pushed::new(
        &store.state(),
        key(&labels),
        Mode::Merge,
        Moment::now(),
        Vec::new(),
    );
    refused.timestamped = true;
    store.push_blocking(refused).unwrap_err();
    for query in ["", &alone(&labels)] {
        check_contains(
            &shown(&view(query), &store),
            &[
                "Last push failed!",
                "pushed metrics must not have timestamps",
            ],
        );
    }
}

#[test]
fn a_group_alone_shows_its_metrics_and_how_to_delete_it() {
    let store = store();
    let labels = [("job", "a b"), ("empty", "")];
    let mut gauge = family(
        "temperature",
        MetricType::Gauge,
        &[(&[("room", "kitchen")], 21.5)],
    );
    gauge.help = Some("How warm it is.".into());
    push(&store, &labels, vec![gauge]);
    let page = shown(&view(&alone(&labels)), &store);
    check_contains(
        &page,
        &[
            "temperature",
            "GAUGE",
            "How warm it is.",
            "last pushed: <time",
            "<bdi class=\"name\">room</bdi>=&quot;<bdi class=\"value\">kitchen</bdi>&quot;",
            "<td class=\"number\">21.5</td>",
            "/metrics/job/a%20b/empty@base64/=",
        ],
    );
}

#[test]
fn a_group_that_is_not_there_is_not_found() {
    for query in ["group=job@base64/eA", "group=nonsense", "group="] {
        let response = render(&view(query), &store().state());
        assert_eq!(response.status(), StatusCode::NOT_FOUND);
        check_contains(&text(response), &["This group does not exist"]);
    }
}

#[test]
fn many_series_come_in_pages() {
    let store = store();
    let values: Vec<_> = (0..1200).map(|number| number.to_string()).collect();
    let labels: Vec<_> = values.iter().map(|value| [("n", value.as_str())]).collect();
    let samples: Vec<Sample<'_>> = labels.iter().map(|labels| (&labels[..], 7.0)).collect();
    push(
        &store,
        &[("job", "a")],
        vec![family("many", MetricType::Gauge, &samples)],
    );
    let group = alone(&[("job", "a")]);
    let among_others = shown(&view(&group), &store);
    assert_eq!(
        among_others.matches("<td class=\"number\">7</td>").count(),
        50
    );
    check_contains(&among_others, &["The first 50 of 1,200 series"]);
    let mut seen = 0;
    for from in ["0", "500", "1000"] {
        let page = shown(&view(&format!("{group}&family=many&from={from}")), &store);
        seen += page.matches("<td class=\"number\">7</td>").count();
    }
    assert_eq!(seen, 1200);
    let behind = shown(
        &view(&format!("{group}&family=many&from=4000000000")),
        &store,
    );
    assert_eq!(behind.matches("<td class=\"number\">7</td>").count(), 0);
}

#[test]
fn names_and_values_as_long_as_a_push_allows_do_not_fill_the_page() {
    let long = "n".repeat(1 << 20);
    let store = store();
    push(
        &store,
        &[("job", "a")],
        families(&[(&long, &[(&[("l", &long)], 1.0)])]),
    );
    for query in ["", "q=nnn", &alone(&[("job", "a")])] {
        assert!(shown(&view(query), &store).len() < 30_000, "{query}");
    }
}

#[test]
fn five_thousand_groups_are_a_page_of_fifty() {
    let store = store();
    let pushed = |number: usize| {
        let labels = [("job", "many"), ("instance", &*format!("host-{number:04}"))];
        Pushed::new(
            &store.state(),
            key(&labels),
            Mode::Merge,
            Moment::now(),
            families(&[("x", &[ONE])]),
        )
    };
    (0..5000).for_each(|number| store.push_blocking(pushed(number)).unwrap());
    let page = shown(&view("q=host&sort=newest"), &store);
    assert_eq!(page.matches("<article").count(), 50);
    assert!(page.len() < 100_000, "{} bytes", page.len());
    check_contains(
        &page,
        &[
            "Page 1 of 100",
            "1–50 of 5,000 groups found",
            "q=host&amp;sort=newest&amp;page=2",
        ],
    );
}

#[test]
fn links_carry_the_prefix() {
    let view = View {
        prefix: "/pg".to_owned(),
        ..view("")
    };
    let page = shown(&view, &store());
    check_contains(
        &page,
        &[
            "href=\"/pg/static/page.css?v=",
            "action=\"/pg/\"",
            "http://localhost:9091/pg</span>/metrics",
            "<code>/pg/metrics</code>",
        ],
    );
}

#[test]
fn the_status_tells_build_start_and_flags() {
    let mut view = view("");
    view.flags
        .push(("web.external-url".to_owned(), "<&>".to_owned()));
    let page = shown(&view, &store());
    check_contains(
        &page,
        &[
            "Started",
            "goVersion",
            &view.build.version,
            "web.external-url",
            "&lt;&amp;&gt;",
        ],
    );
}

#[test]
fn the_wipe_is_offered_with_the_admin_api_and_something_to_wipe() {
    let store = store();
    let view = View {
        admin_api: true,
        ..view("")
    };
    check_contains(&shown(&view, &store), &[" disabled>Delete All 0 Groups"]);
    push(&store, &[("job", "a")], families(&[("x", &[ONE])]));
    check_contains(
        &shown(&view, &store),
        &["needs-script\">Delete All 1 Groups"],
    );
}
