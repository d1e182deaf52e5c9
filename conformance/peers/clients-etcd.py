"""Python's etcd3 at work on a member: clients-etcd.py PORT. Says what it did; fails with an assertion."""

import sys
import threading

import etcd3

client = etcd3.client(host="127.0.0.1", port=int(sys.argv[1]), timeout=10)

client.put("py/a", "1")
assert client.get("py/a")[0] == b"1"
assert client.replace("py/a", "1", "2") and not client.replace("py/a", "1", "3")
client.put("py/b", "x")
assert [meta.key for _, meta in client.get_prefix("py/", sort_order="descend")] == [b"py/b", b"py/a"]
done, replies = client.transaction(
    compare=[client.transactions.value("py/a") == "2", client.transactions.version("py/none") == 0],
    success=[client.transactions.put("py/c", "new"), client.transactions.get("py/a")],
    failure=[client.transactions.delete("py/a")],
)
assert done and replies[1][0][0] == b"2"

seen, enough = [], threading.Event()


def hear(response):
    seen.extend(response.events)
    if len(seen) >= 3:
        enough.set()


watch = client.add_watch_prefix_callback("py/w", hear)
client.put("py/w1", "a")
client.put("py/w1", "b")
client.delete("py/w1")
assert enough.wait(10), seen
client.cancel_watch(watch)
assert [type(event).__name__ for event in seen] == ["PutEvent", "PutEvent", "DeleteEvent"]

lease = client.lease(30)
client.put("py/leased", "l", lease)
assert lease.remaining_ttl > 25 and lease.keys == [b"py/leased"]
assert [reply.TTL for reply in client.refresh_lease(lease.id)] == [30]
lease.revoke()
assert client.get("py/leased")[0] is None

with client.lock("py", ttl=10) as lock:
    assert lock.is_acquired()
assert client.delete_prefix("py/").deleted == 3
assert client.status().version == "3.7.3"
revision = client.put("py/last", "x").header.revision
client.compact(revision)
assert client.get("py/last")[0] == b"x"
print("etcd3", etcd3.__version__)
