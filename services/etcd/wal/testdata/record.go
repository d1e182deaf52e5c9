// Records the log in testdata/upstream: `go run record.go FOLDER` in a module that requires go.etcd.io/etcd/server/v3 v3.7.3.
package main

import (
	"fmt"
	"os"

	"go.etcd.io/etcd/server/v3/storage/wal"
	"go.etcd.io/etcd/server/v3/storage/wal/walpb"
	"go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

func check(err error) {
	if err != nil {
		panic(err)
	}
}

func main() {
	wal.SegmentSizeBytes = 1024
	w, err := wal.Create(nil, os.Args[1], []byte{8, 1, 16, 2})
	check(err)
	for index := uint64(1); index <= 40; index++ {
		term := 1 + index/20
		entry := &raftpb.Entry{Type: raftpb.EntryNormal.Enum(), Term: proto.Uint64(term), Index: proto.Uint64(index), Data: []byte(fmt.Sprintf("entry %d", index))}
		if index == 30 {
			// Replaced by the next.
			wrong := proto.Clone(entry).(*raftpb.Entry)
			wrong.Data = []byte("never committed")
			check(w.Save(&raftpb.HardState{Term: proto.Uint64(term), Vote: proto.Uint64(1), Commit: proto.Uint64(29)}, []*raftpb.Entry{wrong}))
		}
		check(w.Save(&raftpb.HardState{Term: proto.Uint64(term), Vote: proto.Uint64(1), Commit: proto.Uint64(index)}, []*raftpb.Entry{entry}))
	}
	check(w.SaveSnapshot(&walpb.Snapshot{Index: proto.Uint64(20), Term: proto.Uint64(2), ConfState: &raftpb.ConfState{Voters: []uint64{1}, AutoLeave: proto.Bool(false)}}))
	check(w.Close())
}
