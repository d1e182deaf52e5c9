#!/usr/bin/env bash
# The Kubernetes ways out of a refused port, accepted by a real API server: `scripts/conformance-kube.sh PROGRAM`.
# Takes the words from PROGRAM's own explanation, puts them into the manifests of
# services/pushgateway/tests/platforms/kubernetes, and has them judged with --dry-run=server in a namespace that enforces
# the restricted Pod security standard. The same manifests without a promise must be refused. The sysctl itself is then
# set in a network namespace. Builds etcd, kube-apiserver and kubectl once (about ten minutes); needs Go and root.
set -euo pipefail
cd "$(dirname "$0")/.."
program=$(realpath "$1")
manifests=services/pushgateway/tests/platforms/kubernetes
cache=${PEER_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/casemate-peers}

[ -x "$cache/kube/kubectl" ] || conformance/peers/kube/build.sh "$cache/kube" kube-apiserver kubectl
[ -x "$cache/etcd/peer/etcd" ] || PEERS_CACHE=$cache/etcd conformance/peers/etcd/build.sh peer

work=$(mktemp -d)
cp "$program" "$work/program"
chmod 755 "$work"
trap 'sh conformance/peers/kube/stop.sh "$work/state"; rm -rf "$work"' EXIT
ETCD_BIN=$cache/etcd/peer/etcd APISERVER_BIN=$cache/kube/kube-apiserver sh conformance/peers/kube/start.sh "$work/state"
export KUBECONFIG=$work/state/kubeconfig
kubectl() { "$cache/kube/kubectl" --namespace restricted "$@"; }
fail() {
    printf 'conformance-kube: %s\n' "$*" >&2
    exit 1
}

as_user=(setpriv --reuid 65532 --regid 65532 --clear-groups)
# Every way out stands in the report of the refused start.
unshare --net "${as_user[@]}" env GUARD_REPORT=stderr "$work/program" --web.listen-address=:80 2>"$work/log" && fail 'port 80 was not refused'
python3 - "$work/log" >"$work/fixes" <<'PYTHON'
import json, sys
report = next(json.loads(line) for line in open(sys.argv[1]) if line.startswith("{"))
finding = next(found for found in report["findings"] if found["id"] == "GRD-P01")
print("\n".join(finding["fix"]))
PYTHON
sysctls=$(sed -n 's/^Kubernetes: securityContext.sysctls: //p' "$work/fixes")
[ -n "$sysctls" ] || fail "no sysctl among: $(cat "$work/fixes")"
grep -qx 'Kubernetes: Service port: 80, targetPort: 8080' "$work/fixes" || fail "no Service among: $(cat "$work/fixes")"

"$cache/kube/kubectl" create namespace restricted
"$cache/kube/kubectl" label namespace restricted pod-security.kubernetes.io/enforce=restricted
sed "s|FIX|$sysctls|" "$manifests/sysctl.yaml" >"$work/sysctl.yaml"
cp "$manifests/high-port.yaml" "$work/high-port.yaml"
for manifest in high-port sysctl; do
    kubectl apply --dry-run=server --filename "$work/$manifest.yaml" || fail "$manifest.yaml is refused"
    # The judge can say no: without the promise, and with a sysctl that pods may not have.
    sed 's/runAsNonRoot: true/runAsNonRoot: false/' "$work/$manifest.yaml" >"$work/wrong.yaml"
    ! kubectl apply --dry-run=server --filename "$work/wrong.yaml" 2>"$work/why" || fail "$manifest.yaml as root is accepted"
    grep -q 'violates PodSecurity' "$work/why" || fail "refused for another reason: $(cat "$work/why")"
done
sed 's/net.ipv4.ip_unprivileged_port_start/net.core.somaxconn/' "$work/sysctl.yaml" >"$work/wrong.yaml"
! kubectl apply --dry-run=server --filename "$work/wrong.yaml" 2>"$work/why" || fail 'an unsafe sysctl is accepted'
grep -q 'forbidden sysctls' "$work/why" || fail "refused for another reason: $(cat "$work/why")"

# What a kubelet does with the sysctl, done here: the same words open the port.
setting=$(printf '%s' "$sysctls" | sed 's/.*name: \([^,]*\), value: "\([0-9]*\)".*/\1=\2/')
answer=$(unshare --net bash -c '
    ip link set lo up; sysctl -q -w "$1"; shift
    "$@" --web.listen-address=:80 2>/dev/null & trap "kill $!" EXIT
    curl --silent --max-time 10 --retry 20 --retry-connrefused --retry-delay 1 http://127.0.0.1:80/-/ready' bash "$setting" "${as_user[@]}" "$work/program")
[ "$answer" = OK ] || fail "port 80 does not answer with $setting: $answer"
printf 'conformance-kube: both ways out are accepted by Kubernetes %s, wrong ones refused, and %s opens port 80\n' \
    "$(kubectl version --output json | sed -n 's/.*"gitVersion": "\(v[0-9.]*\)".*/\1/p' | tail -1)" "$setting"
