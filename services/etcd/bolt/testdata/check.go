// Judges our files and writes those of testdata, in a module that requires go.etcd.io/bbolt v1.5.0:
//
//	go run check.go check FILE    is the file sound, and what is the hash of all that is in it
//	go run check.go write FILE    writes upstream.db
//
// `etcdutl snapshot status FILE` and `etcdutl snapshot restore --skip-hash-check FILE` of 3.7.3 are asked too.
package main

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"os"

	bolt "go.etcd.io/bbolt"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func check(path string) {
	db, err := bolt.Open(path, 0o400, &bolt.Options{ReadOnly: true})
	must(err)
	hash := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	must(db.View(func(tx *bolt.Tx) error {
		for err := range tx.Check() {
			must(err)
		}
		return tx.ForEach(func(name []byte, bucket *bolt.Bucket) error {
			hash.Write(name)
			count := 0
			must(bucket.ForEach(func(key, value []byte) error {
				hash.Write(key)
				hash.Write(value)
				count++
				return nil
			}))
			fmt.Printf("%s: %d keys, depth %d\n", name, count, bucket.Stats().Depth)
			return nil
		})
	}))
	fmt.Printf("sound; hash %d\n", hash.Sum32())
}

func write(path string) {
	db, err := bolt.Open(path, 0o600, &bolt.Options{NoFreelistSync: true, PageSize: 4096})
	must(err)
	must(db.Update(func(tx *bolt.Tx) error {
		for _, name := range []string{"alarm", "key", "lease", "meta"} {
			_, err := tx.CreateBucket([]byte(name))
			must(err)
		}
		for number := 0; number < 500; number++ {
			must(tx.Bucket([]byte("key")).Put([]byte(fmt.Sprintf("key %04d", number)), bytes.Repeat([]byte("v"), 30)))
		}
		must(tx.Bucket([]byte("lease")).Put([]byte("long"), bytes.Repeat([]byte("l"), 10000)))
		return tx.Bucket([]byte("meta")).Put([]byte("small"), []byte("stands in its parent's page"))
	}))
	must(db.Update(func(tx *bolt.Tx) error {
		for number := 0; number < 500; number += 3 {
			must(tx.Bucket([]byte("key")).Delete([]byte(fmt.Sprintf("key %04d", number))))
		}
		return nil
	}))
	// What stands behind the last page was only allocated in advance.
	var size int64
	must(db.View(func(tx *bolt.Tx) error {
		size = tx.Size()
		return nil
	}))
	must(db.Close())
	must(os.Truncate(path, size))
}

func main() {
	switch os.Args[1] {
	case "check":
		check(os.Args[2])
	case "write":
		write(os.Args[2])
	}
}
