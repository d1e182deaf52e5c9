// Reads a log of ours as upstream does: `go run judge.go FOLDER` in a module that requires go.etcd.io/etcd/server/v3 v3.7.3.
package main

import (
	"fmt"
	"os"

	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.etcd.io/etcd/server/v3/storage/wal/walpb"
	"go.uber.org/zap"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	lg := zap.NewNop()
	snapshots, err := wal.ValidSnapshotEntries(lg, os.Args[1])
	check(err)
	newest := snapshots[len(snapshots)-1]
	for _, start := range []*walpb.Snapshot{{}, newest} {
		w, err := wal.OpenForRead(lg, os.Args[1], start)
		check(err)
		metadata, state, entries, err := w.ReadAll()
		check(err)
		last := entries[len(entries)-1]
		fmt.Printf("from %d: metadata %x, state %v, %d entries to index %d of term %d, for etcd %s\n", start.GetIndex(), metadata,
			state, len(entries), last.GetIndex(), last.GetTerm(), wal.MinimalEtcdVersion(entries))
	}
	state, err := wal.Verify(lg, os.Args[1], newest)
	check(err)
	fmt.Println("sound:", state)
}
