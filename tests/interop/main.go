// What this project and Go's sumdb/note and sumdb/tlog hand each other, in a folder whose layout
// exchange.cc draws:
//
//	main make DIR ENTRIES    writes it
//	main check DIR           verifies one that this project wrote; exit status 1 says what is wrong
//
// Go's packages have no C2SP paths, checkpoints or proof files: the few lines that write and read
// their text are here, all hashing, signing and verifying is theirs.
package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	mathrand "math/rand"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	origin     = "go.example/interop"
	tileHeight = 8
)

func require(ok bool, what string, args ...interface{}) {
	if !ok {
		fmt.Fprintf(os.Stderr, "interop: "+what+"\n", args...)
		os.Exit(1)
	}
}

func must(err error, what string) { require(err == nil, "%s: %v", what, err) }

func read(path ...string) []byte {
	data, err := os.ReadFile(filepath.Join(path...))
	must(err, "read")
	return data
}

func write(data []byte, path ...string) {
	name := filepath.Join(path...)
	must(os.MkdirAll(filepath.Dir(name), 0o755), "folder")
	must(os.WriteFile(name, data, 0o644), "write")
}

func event(index int64) []byte { return []byte(fmt.Sprintf("test event %d of Go", index)) }

// log is a tree with all its hashes, as sumdb keeps them.
type log struct {
	entries [][]byte
	stored  []tlog.Hash
}

func (l *log) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	hashes := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		hashes[i] = l.stored[index]
	}
	return hashes, nil
}

func newLog(entries []byte) *log {
	l := &log{}
	for i := 0; i+32 <= len(entries); i += 32 {
		hashes, err := tlog.StoredHashes(int64(len(l.entries)), entries[i:i+32], l)
		must(err, "StoredHashes")
		l.stored = append(l.stored, hashes...)
		l.entries = append(l.entries, entries[i:i+32])
	}
	return l
}

func (l *log) size() int64 { return int64(len(l.entries)) }

func (l *log) root(size int64) tlog.Hash {
	root, err := tlog.TreeHash(size, l)
	must(err, "TreeHash")
	return root
}

func tilePath(t tlog.Tile) string {
	// tile/8/L/N: C2SP leaves the height out.
	return strings.Replace(t.Path(), "tile/8/", "tile/", 1)
}

func sizes(largest int64) []int64 {
	all := []int64{largest}
	for _, size := range []int64{1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 65535, 65536, 65537} {
		if size < largest {
			all = append(all, size)
		}
	}
	for i := 0; i < 20; i++ {
		all = append(all, 1+mathrand.Int63n(largest))
	}
	return all
}

func line(first, second int64, hashes []tlog.Hash) string {
	words := []string{fmt.Sprint(first), fmt.Sprint(second)}
	for _, hash := range hashes {
		words = append(words, hash.String())
	}
	return strings.Join(words, " ") + "\n"
}

func makeFolder(dir string, size int64) {
	var entries []byte
	for i := int64(0); i < size; i++ {
		entry := sha256.Sum256(event(i))
		entries = append(entries, entry[:]...)
	}
	l := newLog(entries)
	skey, vkey, err := note.GenerateKey(rand.Reader, origin)
	must(err, "GenerateKey")
	otherKey, _, err := note.GenerateKey(rand.Reader, "other.example")
	must(err, "GenerateKey")
	signer, err := note.NewSigner(skey)
	must(err, "NewSigner")
	other, err := note.NewSigner(otherKey)
	must(err, "NewSigner")
	write([]byte(vkey), dir, "key")
	write(entries, dir, "entries")
	noteOf := func(at int64) []byte {
		text := fmt.Sprintf("%s\n%d\n%s\n", origin, at, l.root(at))
		signed, err := note.Sign(&note.Note{Text: text}, other, signer)
		must(err, "Sign")
		return signed
	}
	var inclusion, consistency string
	all := sizes(size)
	for _, at := range all {
		write(noteOf(at), dir, "checkpoint", fmt.Sprint(at))
		for _, index := range []int64{0, at - 1, mathrand.Int63n(at), mathrand.Int63n(at)} {
			proof, err := tlog.ProveRecord(at, index, l)
			must(err, "ProveRecord")
			inclusion += line(index, at, proof)
		}
		for _, from := range all {
			if from <= at {
				proof, err := tlog.ProveTree(at, from, l)
				must(err, "ProveTree")
				consistency += line(from, at, proof)
			}
		}
	}
	write([]byte(inclusion), dir, "inclusion")
	write([]byte(consistency), dir, "consistency")
	for _, tile := range tlog.NewTiles(tileHeight, 0, size) {
		data, err := tlog.ReadTileData(tile, l)
		must(err, "ReadTileData")
		write(data, dir, tilePath(tile))
	}
	index := mathrand.Int63n(size)
	proof, err := tlog.ProveRecord(size, index, l)
	must(err, "ProveRecord")
	text := fmt.Sprintf("c2sp.org/tlog-proof@v1\nindex %d\n", index)
	for _, hash := range proof {
		text += hash.String() + "\n"
	}
	write(append([]byte(text+"\n"), noteOf(size)...), dir, "proof")
	write(event(index), dir, "event")
}

type proofLine struct {
	first, second int64
	hashes        []tlog.Hash
}

func lines(dir, name string) (all []proofLine) {
	for _, text := range strings.Split(strings.TrimSuffix(string(read(dir, name)), "\n"), "\n") {
		words := strings.Split(text, " ")
		require(len(words) >= 2, "%s: %q", name, text)
		var l proofLine
		var err error
		l.first, err = strconv.ParseInt(words[0], 10, 64)
		must(err, name)
		l.second, err = strconv.ParseInt(words[1], 10, 64)
		must(err, name)
		for _, word := range words[2:] {
			hash, err := tlog.ParseHash(word)
			must(err, name)
			l.hashes = append(l.hashes, hash)
		}
		all = append(all, l)
	}
	return all
}

func spoilt(hashes []tlog.Hash) []tlog.Hash {
	changed := append([]tlog.Hash(nil), hashes...)
	changed[mathrand.Intn(len(changed))][mathrand.Intn(32)] ^= byte(1 + mathrand.Intn(255))
	return changed
}

// folder reads the tiles that this project wrote for its whole log.
type folder struct {
	dir   string
	spoil func(tlog.Tile, []byte)
}

func (f folder) Height() int                     { return tileHeight }
func (f folder) SaveTiles([]tlog.Tile, [][]byte) {}
func (f folder) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var all [][]byte
	for _, tile := range tiles {
		data := read(f.dir, tilePath(tile))
		if f.spoil != nil {
			f.spoil(tile, data)
		}
		all = append(all, data)
	}
	return all, nil
}

// checkpoint is the tree that a note tells, when the log's key signed it.
func checkpoint(signed []byte, verifiers note.Verifiers) (tree tlog.Tree, text string, err error) {
	opened, err := note.Open(signed, verifiers)
	if err != nil {
		return tree, "", err
	}
	parts := strings.Split(opened.Text, "\n")
	if len(parts) != 4 || parts[3] != "" {
		return tree, "", fmt.Errorf("not three lines")
	}
	if tree.N, err = strconv.ParseInt(parts[1], 10, 64); err != nil {
		return tree, "", err
	}
	tree.Hash, err = tlog.ParseHash(parts[2])
	return tree, opened.Text, err
}

func checkFolder(dir string) {
	verifier, err := note.NewVerifier(string(read(dir, "key")))
	must(err, "key")
	verifiers := note.VerifierList(verifier)
	l := newLog(read(dir, "entries"))

	files, err := os.ReadDir(filepath.Join(dir, "checkpoint"))
	must(err, "checkpoint")
	require(len(files) > 0, "no checkpoint")
	changes := 0
	for _, file := range files {
		signed := read(dir, "checkpoint", file.Name())
		tree, text, err := checkpoint(signed, verifiers)
		must(err, file.Name())
		require(tree.Hash == l.root(tree.N), "%s: another root", file.Name())
		for at := range signed {
			changed := append([]byte(nil), signed...)
			changed[at] ^= byte(1 + mathrand.Intn(255))
			_, other, err := checkpoint(changed, verifiers)
			// What may change is the line of a key that is not known.
			require(err != nil || other == text, "%s: a changed byte %d was taken", file.Name(), at)
			if err != nil {
				changes++
			}
		}
	}
	proofs := 0
	for _, p := range lines(dir, "inclusion") {
		leaf := tlog.RecordHash(l.entries[p.first])
		root := l.root(p.second)
		must(tlog.CheckRecord(p.hashes, p.second, root, p.first, leaf), "CheckRecord")
		if len(p.hashes) > 0 {
			require(tlog.CheckRecord(spoilt(p.hashes), p.second, root, p.first, leaf) != nil,
				"a spoilt proof was taken")
		}
		own, err := tlog.ProveRecord(p.second, p.first, l)
		must(err, "ProveRecord")
		require(line(p.first, p.second, own) == line(p.first, p.second, p.hashes), "another proof")
		proofs++
	}
	for _, p := range lines(dir, "consistency") {
		from, to := l.root(p.first), l.root(p.second)
		must(tlog.CheckTree(p.hashes, p.second, to, p.first, from), "CheckTree")
		if len(p.hashes) > 0 {
			require(tlog.CheckTree(spoilt(p.hashes), p.second, to, p.first, from) != nil,
				"a spoilt proof was taken")
		}
		proofs++
	}
	checkTiles(dir, l)
	checkEvent(dir, verifiers)
	fmt.Printf("%d checkpoints, %d proofs accepted; %d changed notes refused\n", len(files), proofs,
		changes)
}

// checkTiles has Go prove records out of our tiles, which it authenticates on the way.
func checkTiles(dir string, l *log) {
	tree := tlog.Tree{N: l.size(), Hash: l.root(l.size())}
	reader := tlog.TileHashReader(tree, folder{dir: dir})
	root, err := tlog.TreeHash(tree.N, reader)
	must(err, "TreeHash of tiles")
	require(root == tree.Hash, "another root of the tiles")
	for i := 0; i < 100; i++ {
		index := mathrand.Int63n(tree.N)
		proof, err := tlog.ProveRecord(tree.N, index, reader)
		must(err, "ProveRecord of tiles")
		must(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(l.entries[index])),
			"CheckRecord of tiles")
		if len(proof) == 0 {
			continue // of a log of one record: no tile was read
		}
		// One byte of the tile that holds the record, not of its own hash, which no proof reads. Not
		// all versions of Go's package authenticate every tile; what they let pass proves nothing.
		spoil := func(tile tlog.Tile, data []byte) {
			if tile.L != 0 || tile.N != index>>tileHeight {
				return
			}
			at := mathrand.Intn(len(data))
			if int64(at/tlog.HashSize) == index%256 {
				at = (at + tlog.HashSize) % len(data)
			}
			data[at] ^= byte(1 + mathrand.Intn(255))
		}
		proof, err = tlog.ProveRecord(tree.N, index, tlog.TileHashReader(tree, folder{dir, spoil}))
		if err == nil {
			err = tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(l.entries[index]))
		}
		require(err != nil, "a spoilt tile was taken: %d", index)
	}
	for _, tile := range tlog.NewTiles(tileHeight, 0, tree.N) {
		// Go also counts the partial tiles of smaller logs.
		if tile.W != 256 && int64(tile.W) != tree.N>>(tileHeight*tile.L)%256 {
			continue
		}
		data, err := tlog.ReadTileData(tile, l)
		must(err, "ReadTileData")
		require(bytes.Equal(data, read(dir, tilePath(tile))), "another tile: %s", tilePath(tile))
	}
}

// checkEvent verifies the proof file of an event.
func checkEvent(dir string, verifiers note.Verifiers) {
	parts := strings.SplitN(string(read(dir, "proof")), "\n\n", 2)
	require(len(parts) == 2, "proof: no checkpoint")
	tree, _, err := checkpoint([]byte(parts[1]), verifiers)
	must(err, "proof")
	text := strings.Split(parts[0], "\n")
	require(text[0] == "c2sp.org/tlog-proof@v1", "proof: %q", text[0])
	index, err := strconv.ParseInt(strings.TrimPrefix(text[1], "index "), 10, 64)
	must(err, "proof")
	var proof tlog.RecordProof
	for _, word := range text[2:] {
		bytes, err := base64.StdEncoding.DecodeString(word)
		must(err, "proof")
		var hash tlog.Hash
		copy(hash[:], bytes)
		proof = append(proof, hash)
	}
	entry := sha256.Sum256(read(dir, "event"))
	must(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry[:])), "proof")
	entry[0] ^= 1
	require(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry[:])) != nil,
		"the proof was taken for another event")
}

func main() {
	seed := mathrand.Int63()
	if text := os.Getenv("REGISTRE_TEST_SEED"); text != "" {
		parsed, err := strconv.ParseInt(text, 10, 64)
		must(err, "REGISTRE_TEST_SEED")
		seed = parsed
	} else {
		var random [7]byte
		_, err := rand.Read(random[:])
		must(err, "random")
		for _, b := range random {
			seed = seed<<8&(1<<62-1) | int64(b)
		}
	}
	fmt.Printf("REGISTRE_TEST_SEED=%d\n", seed)
	mathrand.Seed(seed)
	switch {
	case len(os.Args) == 4 && os.Args[1] == "make":
		size, err := strconv.ParseInt(os.Args[3], 10, 64)
		must(err, "ENTRIES")
		makeFolder(os.Args[2], size)
	case len(os.Args) == 3 && os.Args[1] == "check":
		checkFolder(os.Args[2])
	default:
		fmt.Fprintln(os.Stderr, "usage: main make DIR ENTRIES | check DIR")
		os.Exit(2)
	}
}
