"""A Kubernetes API server at work on an etcd: carry.py STATE_DIR ETCD whole|speed  (after start.sh STATE_DIR).

whole: 2,000 objects while etcd is killed three times, watched from the cache and straight from etcd; changes, deletions,
pages, a custom resource, leases, events that end, a continue token that compaction ends. Nothing may be lost or doubled.
speed: how long a create takes. One line of JSON on stdout. Standard library only. start.sh must have been given
    APISERVER_ARGS='--watch-cache-sizes secrets#0 --event-ttl 20s --etcd-compaction-interval 10s'
"""

import http.client
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

STATE, ETCD, WHAT = sys.argv[1:4]
SETTINGS = dict(line.strip().split("=", 1) for line in open(f"{STATE}/env"))
TOKEN = open(f"{STATE}/token").read().strip()
TLS = ssl.create_default_context(cafile=f"{STATE}/ca.crt")
LOCAL = threading.local()
PATIENCE = 60


def connection():
    return http.client.HTTPSConnection("127.0.0.1", int(SETTINGS["API_PORT"]), context=TLS, timeout=PATIENCE)


def ask(verb, path, body=None):
    """Returns status and reply; (0, ...) when the connection went."""
    data = None if body is None else json.dumps(body)
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    try:
        if not hasattr(LOCAL, "connection"):
            LOCAL.connection = connection()
        LOCAL.connection.request(verb, path, data, headers)
        response = LOCAL.connection.getresponse()
        return response.status, json.loads(response.read())
    except (OSError, http.client.HTTPException, ValueError) as error:
        LOCAL.__dict__.pop("connection", None)
        return 0, {"message": str(error)}


def insist(verb, path, body=None, also=()):
    """Asks until it is done; while etcd is away the API server says no in many ways."""
    end = time.monotonic() + PATIENCE
    while True:
        status, reply = ask(verb, path, body)
        if 200 <= status < 300 or status in also:
            return status, reply
        if time.monotonic() > end or 400 <= status < 500 and status not in (408, 409, 429):
            sys.exit(f"carry: {verb} {path}: {status} {json.dumps(reply)[:400]}")
        time.sleep(0.05)


def place(kind, name=""):
    return f"/api/v1/namespaces/load/{kind}" + (f"/{name}" if name else "")


def thing(name, value):
    return {"metadata": {"name": name, "labels": {"value": value}}, "stringData" if name[0] == "s" else "data": {"v": value * 20}}


class Watch(threading.Thread):
    """Follows one kind from a revision on, and again from the last it saw whenever the connection ends."""

    def __init__(self, kind):
        super().__init__(daemon=True)
        self.path = place(kind)
        self.revision = insist("GET", self.path + "?limit=1")[1]["metadata"]["resourceVersion"]
        self.seen = []
        self.start()

    def run(self):
        while True:
            try:
                link = connection()
                target = f"{self.path}?watch=1&resourceVersion={self.revision}&allowWatchBookmarks=false"
                link.request("GET", target, headers={"Authorization": f"Bearer {TOKEN}"})
                for line in link.getresponse():
                    self.hear(json.loads(line))
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(0.02)

    def hear(self, event):
        if event["type"] == "ERROR":
            # The API server ends watches when its own ends. That is no fault; a gap shows in what was seen.
            raise ValueError(event["object"].get("message"))
        about = event["object"]["metadata"]
        self.revision = about["resourceVersion"]
        self.seen.append((event["type"], about["name"], int(self.revision)))


def etcd_again(pause):
    """Ends etcd at once, and starts it as start.sh did."""
    pid = int(open(f"{STATE}/etcd.pid").read())
    words = open(f"/proc/{pid}/cmdline").read().split("\0")[:-1]
    os.kill(pid, signal.SIGKILL)
    while os.path.exists(f"/proc/{pid}") and open(f"/proc/{pid}/stat").read().split()[2] != "Z":
        time.sleep(0.01)
    time.sleep(pause)
    words[0] = ETCD
    with open(f"{STATE}/etcd.log", "ab") as log:
        process = subprocess.Popen(words, stdout=log, stderr=log, start_new_session=True)
    with open(f"{STATE}/etcd.pid", "w") as file:
        file.write(str(process.pid))


def create(kind, name):
    # A create that was not answered may have been done.
    started = time.monotonic()
    insist("POST", place(kind), thing(name, "one"), also=(409,))
    return time.monotonic() - started


def check(holds, text):
    if not holds:
        sys.exit(f"carry: {text}")


def under_kills():
    """Creates, changes and deletes objects of two kinds while etcd is killed three times."""
    watches = {kind: Watch(kind) for kind in ("configmaps", "secrets")}
    names = [(kind, f"{kind[0]}{number:04}") for number in range(1000) for kind in watches]
    done = Counter()

    def killer():
        for at in (300, 900, 1500):
            while done["created"] < at:
                time.sleep(0.01)
            etcd_again(0.2)

    def one(pair):
        create(*pair)
        done["created"] += 1

    thread = threading.Thread(target=killer)
    thread.start()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(one, names))
        thread.join()
        list(pool.map(lambda pair: insist("PUT", place(*pair), thing(pair[1], "two")), names[:400]))
        list(pool.map(lambda pair: insist("DELETE", place(*pair)), names[200:400]))
    wanted = Counter()
    for number, (kind, name) in enumerate(names):
        wanted["ADDED", kind, name] += 1
        wanted["MODIFIED", kind, name] += number < 400
        wanted["DELETED", kind, name] += 200 <= number < 400
    return watches, wanted, names


def events_are_whole(watches, wanted):
    end = time.monotonic() + PATIENCE
    count = sum(wanted.values())
    while sum(len(watch.seen) for watch in watches.values()) < count and time.monotonic() < end:
        time.sleep(0.05)
    time.sleep(1)
    seen = Counter((what, kind, name) for kind, watch in watches.items() for what, name, _ in watch.seen)
    lost, more = +wanted - seen, seen - wanted
    check(not lost, f"{sum(lost.values())} events lost, as {list(lost)[:5]}")
    check(not more, f"{sum(more.values())} events too many, as {list(more)[:5]}")
    for watch in watches.values():
        revisions = [revision for _, _, revision in watch.seen]
        check(revisions == sorted(set(revisions)), "events out of order")
    return count


def pages(kind, wanted):
    seen, token, revisions = [], "", set()
    while True:
        _, page = insist("GET", place(kind) + f"?limit=97&continue={token}")
        seen += [item["metadata"]["name"] for item in page["items"]]
        revisions.add(page["metadata"]["resourceVersion"])
        token = page["metadata"].get("continue")
        if not token:
            break
    check(seen == sorted(wanted), f"{len(seen)} {kind} in pages, not {len(wanted)}")
    check(len(revisions) == 1, "pages of more than one revision")


def custom_resource():
    name = "things.example.org"
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"plural": "things", "singular": "thing", "kind": "Thing"}
    spec = {"group": "example.org", "scope": "Namespaced", "names": names, "versions": [version]}
    base = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    insist("POST", base, {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": name}, "spec": spec})
    path = "/apis/example.org/v1/namespaces/load/things"
    end = time.monotonic() + PATIENCE
    while ask("GET", path)[0] != 200:
        check(time.monotonic() < end, "the custom resource is not served")
        time.sleep(0.1)
    for number in range(50):
        insist("POST", path, {"apiVersion": "example.org/v1", "kind": "Thing", "metadata": {"name": f"t{number}"}, "spec": {"n": number}})
    check(len(insist("GET", path)[1]["items"]) == 50, "custom objects are missing")
    insist("DELETE", f"{base}/{name}")


def leases():
    base = "/apis/coordination.k8s.io/v1/namespaces/load/leases"
    for number in range(20):
        _, lease = insist("POST", base, {"metadata": {"name": f"l{number}"}, "spec": {"holderIdentity": "a", "leaseDurationSeconds": 15}})
        for turn in range(5):
            lease["spec"]["leaseTransitions"] = turn
            _, lease = insist("PUT", f"{base}/l{number}", lease)
    check(len(insist("GET", base)[1]["items"]) == 20, "leases are missing")


def events_end():
    base = place("events")
    about = {"kind": "ConfigMap", "namespace": "load", "name": "c0000"}
    for number in range(30):
        insist("POST", base, {"metadata": {"name": f"e{number}"}, "involvedObject": about, "reason": "Test", "message": "m", "type": "Normal"})
    check(len(insist("GET", base)[1]["items"]) == 30, "events are missing")
    _, page = insist("GET", place("configmaps") + "?limit=10")
    token, started = page["metadata"]["continue"], time.monotonic()
    while insist("GET", base)[1]["items"]:
        check(time.monotonic() < started + 90, "events outlive their lease")
        time.sleep(1)
    check(time.monotonic() > started + 15, "events ended before their time")
    while True:
        # The store is changed, so that there is something to compact.
        insist("PUT", place("configmaps", "c0001"), thing("c0001", f"x{time.monotonic_ns()}"))
        status, reply = ask("GET", place("configmaps") + f"?limit=10&continue={token}")
        if status == 410 and reply["reason"] == "Expired":
            break
        check(status == 200 and time.monotonic() < started + 120, f"the old continue token: {status} {reply}")
        time.sleep(1)


def whole():
    watches, wanted, names = under_kills()
    count = events_are_whole(watches, wanted)
    left = [pair for pair in names if wanted["DELETED", pair[0], pair[1]] == 0]
    for kind in watches:
        pages(kind, [name for of, name in left if of == kind])
    custom_resource()
    leases()
    events_end()
    print(json.dumps({"objects": len(names), "events": count, "kills": 3}))


def speed():
    names = [f"c{number:05}" for number in range(3000)]
    for name in names[:200]:
        create("configmaps", name)
    started = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        took = sorted(pool.map(lambda name: create("configmaps", name), names[200:]))
    elapsed = time.monotonic() - started
    print(json.dumps({"p50_ms": round(took[len(took) // 2] * 1000, 2), "p99_ms": round(took[len(took) * 99 // 100] * 1000, 2), "per_second": round(len(took) / elapsed)}))


insist("POST", "/api/v1/namespaces", {"metadata": {"name": "load"}}, also=(409,))
{"whole": whole, "speed": speed}[WHAT]()
