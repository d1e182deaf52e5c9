//! Cards of groups: what they tell closed, what they hold open, and that a reload changes neither.

use crate::open_page;

const BACKUP: (&str, &str) = (
    "job/backup/instance/db-1",
    "# HELP backup_bytes Size of the archive.\n# TYPE backup_bytes gauge\nbackup_bytes{disk=\"a\"} 1.5e9\nbackup_bytes{disk=\"b\"} 2\n",
);
const TIMES: (&str, &str) = (
    "job/times",
    "# TYPE took histogram\ntook_bucket{le=\"0.5\"} 3\ntook_bucket{le=\"+Inf\"} 4\ntook_sum 9\ntook_count 4\n\
     # TYPE rows summary\nrows{quantile=\"0.9\"} 7\nrows_sum 70\nrows_count 10\n",
);

#[test]
fn a_card_tells_who_it_is_before_it_is_opened() {
    open_page!(_gateway, tab, &[], [BACKUP, TIMES]);
    assert_eq!(tab.eval("document.title"), "Prometheus Pushgateway");
    assert_eq!(tab.count(".group"), 2);
    assert_eq!(
        tab.text(".group .labels"),
        "job=\"backup\"\ninstance=\"db-1\""
    );
    let facts = tab.text(".group .facts");
    assert!(
        facts.contains("ago") || facts.contains("just now"),
        "{facts}"
    );
    assert!(
        facts.contains("3 metrics") && facts.contains("4 series"),
        "{facts}"
    );
    assert_eq!(
        tab.eval("!isNaN(Date.parse(document.querySelector('.group time').title))"),
        true
    );
    assert_eq!(tab.count(".badge.failed"), 0);
}

#[test]
fn an_opened_card_shows_its_metrics_and_stays_open_over_a_reload() {
    open_page!(_gateway, tab, &[], [BACKUP, TIMES]);
    tab.click(".group summary");
    tab.wait("document.querySelector('.family')");
    tab.click(".family[data-name=backup_bytes] summary");
    let check = |tab: &mut crate::tab::Tab| {
        tab.wait("document.querySelector('.family[data-name=backup_bytes]')?.open");
        let family = tab.text(".family[data-name=backup_bytes]");
        for part in [
            "backup_bytes",
            "GAUGE",
            "Size of the archive.",
            "last pushed: 20",
            "disk=\"a\"",
            "1500000000",
        ] {
            assert!(family.contains(part), "{part} is missing in {family}");
        }
        assert_eq!(tab.count(".group > details[open]"), 1);
        assert_eq!(tab.count(".family[open]"), 1);
    };
    // The browser tells the page a moment after it opened or closed something; a reload before that comes too early.
    let remembered = |names: u32| {
        format!(
            "Object.values(sessionStorage).map(JSON.parse).some((names) => names.length === {names})"
        )
    };
    check(&mut tab);
    tab.wait(&remembered(2));
    tab.reload();
    check(&mut tab);
    tab.click(".group summary");
    tab.wait(&remembered(1));
    tab.reload();
    assert_eq!(tab.count(".group > details[open]"), 0);
}

#[test]
fn histograms_and_summaries_are_tables_in_their_row() {
    open_page!(_gateway, tab, &[], [TIMES]);
    tab.click(".group summary");
    tab.wait("document.querySelector('.family[data-name=took]')");
    tab.click(".family[data-name=took] summary");
    tab.click(".family[data-name=rows] summary");
    let took = tab
        .text(".family[data-name=took] .inner")
        .replace('\t', " ");
    assert_eq!(
        took,
        "Sample values ≤ 0.5 3\nSample values ≤ +Inf 4\nTotal sample Count 4\nSample Sum 9"
    );
    let rows = tab
        .text(".family[data-name=rows] .inner")
        .replace('\t', " ");
    assert_eq!(rows, "Quantile 0.9 7\nSample Count 10\nSample Sum 70");
}

#[test]
fn a_refused_push_shows_a_badge_and_the_reason() {
    open_page!(gateway, tab, &[], [BACKUP]);
    assert_eq!(
        gateway.push(BACKUP.0, "# TYPE backup_bytes counter\nbackup_bytes 1 5\n"),
        400
    );
    tab.reload();
    assert_eq!(tab.text(".group .badge"), "Last push failed!");
    assert!(
        tab.text(".group .refusal-line")
            .contains("must not have timestamps")
    );
    tab.click(".group summary");
    tab.wait("document.querySelector('.inside .refusal')");
    assert!(
        tab.text(".inside .refusal")
            .contains("pushed metrics must not have timestamps")
    );
}

#[test]
fn the_status_tells_build_and_flags() {
    open_page!(_gateway, tab, &["--push.enable-utf8-names"], [BACKUP]);
    assert_eq!(
        tab.eval("document.getElementById('status').checkVisibility()"),
        false
    );
    tab.click("a[href='#status']");
    assert_eq!(
        tab.eval("document.getElementById('metrics').checkVisibility()"),
        false
    );
    let status = tab.text("#status");
    for part in [
        "Started",
        "goVersion",
        "push.enable-utf8-names",
        "true",
        "web.listen-address",
    ] {
        assert!(status.contains(part), "{part} is missing in {status}");
    }
    tab.click("a[href='#metrics']");
    assert_eq!(
        tab.eval("document.getElementById('metrics').checkVisibility()"),
        true
    );
}

#[test]
fn an_empty_store_offers_a_command_that_names_this_address() {
    open_page!(gateway, tab, &["--web.route-prefix=/pg"], [("", ""); 0]);
    let command = tab.text(".command code");
    assert!(
        command.contains(&gateway.url("/metrics/job/my_first_job")),
        "{command}"
    );
    tab.click(".copy");
    tab.wait("document.getElementById('said').textContent === 'Copied'");
}
