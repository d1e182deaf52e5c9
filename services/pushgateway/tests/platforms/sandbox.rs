//! `GUARD_SANDBOX=all` and strict mode on the program itself: all it does works, and what it must not do is stopped.

use std::fs;

use crate::{
    fixes::report_in,
    place::{Place, can_use},
};

/// Serves TLS with a password, saves after every push, reloads a swapped certificate, and ends.
const EVERYTHING: &str = r#"
cert() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=$1 \
    -addext subjectAltName=IP:127.0.0.1 -keyout $2/tls.key -out $2/tls.crt 2>/dev/null; chmod 644 $2/*; }
mkdir -p $FOLDER/secret/..1 $FOLDER/config
cert one $FOLDER/secret/..1
ln -s ..1 $FOLDER/secret/..data
ln -s ..data/tls.crt $FOLDER/secret/tls.crt
ln -s ..data/tls.key $FOLDER/secret/tls.key
printf 'tls_server_config: {cert_file: ../secret/tls.crt, key_file: ../secret/tls.key}\n' > $FOLDER/config/web.yml
$START $PROGRAM --web.listen-address=127.0.0.1:19443 --web.config.file=$FOLDER/config/web.yml \
    --persistence.file=$FOLDER/data/snap --persistence.interval=0s 2>$FOLDER/log &
curl="curl --silent --show-error --insecure --max-time 10 --retry 40 --retry-connrefused --retry-delay 1"
echo 'a 1' | $curl --data-binary @- https://127.0.0.1:19443/metrics/job/x
$curl https://127.0.0.1:19443/metrics | grep -E '^(a|process_max_fds|process_start)' | cut -d' ' -f1
$curl https://127.0.0.1:19443/ | grep -c '<html'
subject() { openssl s_client -connect 127.0.0.1:19443 </dev/null 2>/dev/null | openssl x509 -noout -subject; }
subject
mkdir $FOLDER/secret/..2; cert two $FOLDER/secret/..2
ln -s ..2 $FOLDER/secret/..new; mv -T $FOLDER/secret/..new $FOLDER/secret/..data; rm -r $FOLDER/secret/..1
subject
kill %1; wait %1; echo "ended with $?"
ls $FOLDER/data; grep -c level=error $FOLDER/log
"#;

const AS_IT_SHOULD: &str = "\
a{instance=\"\",job=\"x\"}
process_max_fds
process_start_time_seconds
1
subject=CN = one
subject=CN = two
ended with 0
snap
0
";

#[track_caller]
fn everything_works(start: &str) -> String {
    let place = Place::new();
    place.data();
    let script = format!("START=\"{start}\"\nip link set lo up\n{EVERYTHING}");
    let ended = place.run(&["unshare", "-n"], &script);
    let log = fs::read_to_string(place.folder().join("log")).unwrap_or_default();
    assert_eq!(ended.stdout, AS_IT_SHOULD, "{ended:?}\n{log}");
    log
}

#[test]
fn everything_works_in_every_sandbox_and_in_strict_mode() {
    if !can_use(&["unshare", "setpriv", "curl", "openssl", "ip"]) {
        return;
    }
    everything_works("env");
    let log = everything_works("env GUARD_SANDBOX=all GUARD_REPORT=stderr");
    assert_eq!(report_in(&log)["landlock"]["level"], "full");
    assert_eq!(report_in(&log)["seccomp_profile"], "baseline");
    let log = everything_works("$AS_USER env GUARD_DROP=strict GUARD_REPORT=stderr");
    assert_eq!(report_in(&log)["seccomp_profile"], "strict");
}

#[test]
fn strict_refuses_to_start_without_its_data_directory() {
    if !can_use(&["setpriv"]) {
        return;
    }
    let place = Place::new();
    let script = "GUARD_DROP=strict exec $AS_USER $PROGRAM --persistence.file=$FOLDER/data/snap";
    let ended = place.run(&["env"], script);
    assert_eq!(ended.code, Some(77), "{ended:?}");
    let last = ended.stderr.lines().last().unwrap();
    assert!(
        last.contains("level=error") && last.contains("GRD-F03: "),
        "{last}"
    );
    assert!(
        !ended.stderr.contains("starting pushgateway"),
        "before anything else: {ended:?}"
    );
}
