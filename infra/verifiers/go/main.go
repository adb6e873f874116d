// Command verify checks an exported log, single proofs and proofs of cases with Go's own code for transparency logs
// (golang.org/x/mod/sumdb/note and tlog), which knows nothing of Wugan.
//
//	verify log KEYFILE DIR [OLDER_CHECKPOINT...]
//	verify proof KEYFILE PROOF ENTRY
//	verify case KEYFILE FILE
//	verify consistency FILE
//
// Before these, -witness KEYFILE (repeatable) and -quorum N ask for cosignatures of witnesses.
//
// It prints one line and exits with 0 (holds), 1 (does not hold) or 2 (called wrongly).
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height      = 8
	width       = 1 << height
	proofHeader = "c2sp.org/tlog-proof@v1"
	caseFormat  = "wugan-case-proof/1"
	eventLeaf   = 0x01
	cosignature = 0x04
)

func main() {
	said, err := run(os.Args[1:])
	switch {
	case errors.Is(err, errUsage):
		fmt.Println("usage: verify [-witness KEYFILE]... [-quorum N] log KEYFILE DIR [OLDER_CHECKPOINT...] | proof KEYFILE PROOF ENTRY | case KEYFILE FILE, or verify consistency FILE")
		os.Exit(2)
	case err != nil:
		fmt.Println("rejected:", plain(err.Error()))
		os.Exit(1)
	}
	fmt.Println("holds:", plain(said))
}

// plain spells out what cannot be seen, so that a foreign text moves no cursor and forges no line.
func plain(text string) string {
	var b strings.Builder
	for _, r := range text {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "\\u%04x", r)
		}
	}
	return b.String()
}

var errUsage = errors.New("usage")

// trust is whose signatures count: the log's, and at least quorum of the witnesses' on the newest checkpoint.
type trust struct {
	log       note.Verifier
	witnesses []note.Verifier
	quorum    int
}

func run(args []string) (string, error) {
	var t trust
	flags := flag.NewFlagSet("verify", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Func("witness", "file with the key of a witness that must have cosigned; may be repeated", func(path string) error {
		witness, err := readWitness(path)
		for _, known := range t.witnesses {
			if err == nil && known.Name() == witness.Name() && known.KeyHash() == witness.KeyHash() {
				return nil
			}
		}
		t.witnesses = append(t.witnesses, witness)
		return err
	})
	flags.IntVar(&t.quorum, "quorum", -1, "how many of them must have; all when not given")
	if err := flags.Parse(args); err != nil {
		return "", errUsage
	}
	if t.quorum == -1 {
		t.quorum = len(t.witnesses)
	} else if t.quorum < 1 || t.quorum > len(t.witnesses) {
		return "", errUsage
	}
	args = flags.Args()
	if len(args) == 2 && args[0] == "consistency" {
		return checkConsistency(args[1])
	}
	if len(args) < 3 {
		return "", errUsage
	}
	key, err := os.ReadFile(args[1])
	if err != nil {
		return "", err
	}
	if t.log, err = note.NewVerifier(strings.TrimSuffix(string(key), "\n")); err != nil {
		return "", err
	}
	switch {
	case args[0] == "log":
		return checkLog(t, args[2], args[3:])
	case args[0] == "proof" && len(args) == 4:
		return checkProofFile(t, args[2], args[3])
	case args[0] == "case" && len(args) == 3:
		return checkCase(t, args[2])
	}
	return "", errUsage
}

// cosigner checks the timestamped signatures of a witness (C2SP tlog-cosignature, type 0x04), which Go's note does not know.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

func (c cosigner) Name() string    { return c.name }
func (c cosigner) KeyHash() uint32 { return c.hash }
func (c cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	said := fmt.Sprintf("cosignature/v1\ntime %d\n%s", binary.BigEndian.Uint64(signature), text)
	return ed25519.Verify(c.key, []byte(said), signature[8:])
}

func readWitness(path string) (note.Verifier, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	parts := strings.SplitN(strings.TrimSuffix(string(text), "\n"), "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("no key of a witness")
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != cosignature {
		return nil, errors.New("no key of a witness")
	}
	hash := sha256.Sum256(append([]byte(parts[0]+"\n"), key...))
	if hex.EncodeToString(hash[:4]) != parts[1] {
		return nil, errors.New("the key's id does not belong to the key")
	}
	return cosigner{parts[0], binary.BigEndian.Uint32(hash[:4]), ed25519.PublicKey(key[1:])}, nil
}

func signedBy(opened *note.Note, key note.Verifier) bool {
	for _, signature := range opened.Sigs {
		if signature.Name == key.Name() && signature.Hash == key.KeyHash() {
			return true
		}
	}
	return false
}

// checkConsistency checks proofs that somebody else made, one a line: old size, new size, old root, new root, the hashes.
func checkConsistency(path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for _, line := range lines {
		var sizes [2]int64
		var hashes []tlog.Hash
		for i, word := range strings.Fields(line) {
			if i < 2 {
				sizes[i], err = strconv.ParseInt(word, 10, 64)
			} else {
				var hash tlog.Hash
				hash, err = tlog.ParseHash(word)
				hashes = append(hashes, hash)
			}
			if err != nil {
				return "", err
			}
		}
		if len(hashes) < 2 {
			return "", errors.New("no consistency proof: " + line)
		}
		if err := tlog.CheckTree(hashes[2:], sizes[1], hashes[1], sizes[0], hashes[0]); err != nil {
			return "", fmt.Errorf("%d to %d: %w", sizes[0], sizes[1], err)
		}
	}
	return fmt.Sprintf("%d consistency proofs", len(lines)), nil
}

// openCheckpoint returns the tree that the log signed (C2SP tlog-checkpoint).
func openCheckpoint(t trust, signed []byte) (tlog.Tree, error) {
	opened, err := note.Open(signed, note.VerifierList(append([]note.Verifier{t.log}, t.witnesses...)...))
	if err != nil {
		return tlog.Tree{}, err
	}
	if !signedBy(opened, t.log) {
		return tlog.Tree{}, errors.New("the log did not sign this")
	}
	cosigned := 0
	for _, witness := range t.witnesses {
		if signedBy(opened, witness) {
			cosigned++
		}
	}
	if cosigned < t.quorum {
		return tlog.Tree{}, fmt.Errorf("fewer than %d of the known witnesses cosigned", t.quorum)
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != t.log.Name() {
		return tlog.Tree{}, errors.New("no checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return tlog.Tree{}, errors.New("the checkpoint's size is no number")
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// checkLog checks every entry and every tile of an exported log, and that it continues each older checkpoint.
func checkLog(t trust, dir string, older []string) (string, error) {
	signed, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return "", err
	}
	tree, err := openCheckpoint(t, signed)
	if err != nil {
		return "", err
	}
	entries, err := readEntries(dir, tree.N)
	if err != nil {
		return "", err
	}
	hashes, err := hashAll(entries)
	if err != nil {
		return "", err
	}
	root, err := tlog.TreeHash(tree.N, hashes)
	if err != nil {
		return "", err
	}
	if root != tree.Hash {
		return "", errors.New("the entries do not lead to the checkpoint's root")
	}
	if err := checkTiles(dir, tree, hashes); err != nil {
		return "", err
	}
	if err := checkThroughTiles(dir, tree, entries); err != nil {
		return "", err
	}
	for _, path := range older {
		if err := checkGrowth(t, path, tree, hashes); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("%d entries, %d older checkpoints", tree.N, len(older)), nil
}

func readEntries(dir string, size int64) ([][]byte, error) {
	var entries [][]byte
	for n := int64(0); n*width < size; n++ {
		tile := tlog.Tile{H: height, L: -1, N: n, W: int(min(width, size-n*width))}
		data, err := os.ReadFile(filepath.Join(dir, path(tile)))
		if err != nil {
			return nil, err
		}
		for len(data) > 0 {
			if len(data) < 2 || len(data) < 2+int(binary.BigEndian.Uint16(data)) {
				return nil, fmt.Errorf("%s is cut short", path(tile))
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			entries, data = append(entries, data[2:end]), data[end:]
		}
		if int64(len(entries)) != n*width+int64(tile.W) {
			return nil, fmt.Errorf("%s does not hold %d entries", path(tile), tile.W)
		}
	}
	return entries, nil
}

// path turns Go's name of a tile into that of C2SP tlog-tiles.
func path(tile tlog.Tile) string {
	return strings.Replace(strings.Replace(tile.Path(), "tile/8/", "tile/", 1), "tile/data/", "tile/entries/", 1)
}

func hashAll(entries [][]byte) (tlog.HashReaderFunc, error) {
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			if index >= int64(len(stored)) {
				return nil, errors.New("no such hash")
			}
			found[i] = stored[index]
		}
		return found, nil
	})
	for n, entry := range entries {
		more, err := tlog.StoredHashes(int64(n), entry, reader)
		if err != nil {
			return nil, err
		}
		stored = append(stored, more...)
	}
	return reader, nil
}

func checkTiles(dir string, tree tlog.Tree, hashes tlog.HashReader) error {
	for _, tile := range tlog.NewTiles(height, 0, tree.N) {
		want, err := tlog.ReadTileData(tile, hashes)
		if err != nil {
			return err
		}
		have, err := os.ReadFile(filepath.Join(dir, path(tile)))
		if err != nil {
			return err
		}
		if !bytes.Equal(want, have) {
			return fmt.Errorf("%s does not agree with the entries", path(tile))
		}
	}
	return nil
}

type tilesIn string

func (tilesIn) Height() int                         { return height }
func (tilesIn) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (dir tilesIn) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	data := make([][]byte, len(tiles))
	for i, tile := range tiles {
		var err error
		if data[i], err = os.ReadFile(filepath.Join(string(dir), path(tile))); err != nil {
			return nil, err
		}
	}
	return data, nil
}

// checkThroughTiles does what Go's module client does: it authenticates the tiles against the root and finds the entries in them.
func checkThroughTiles(dir string, tree tlog.Tree, entries [][]byte) error {
	indexes := make([]int64, len(entries))
	for n := range entries {
		indexes[n] = tlog.StoredHashIndex(0, int64(n))
	}
	if len(indexes) == 0 {
		return nil
	}
	found, err := tlog.TileHashReader(tree, tilesIn(dir)).ReadHashes(indexes)
	if err != nil {
		return err
	}
	for n, entry := range entries {
		if found[n] != tlog.RecordHash(entry) {
			return fmt.Errorf("entry %d is not in its tile", n)
		}
	}
	return nil
}

func checkGrowth(t trust, path string, tree tlog.Tree, hashes tlog.HashReader) error {
	signed, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	old, err := openCheckpoint(trust{log: t.log}, signed)
	if err != nil {
		return err
	}
	if old.N > tree.N {
		return fmt.Errorf("the log was rolled back from %d to %d entries", old.N, tree.N)
	}
	if old.N == 0 {
		return nil
	}
	proof, err := tlog.ProveTree(tree.N, old.N, hashes)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash); err != nil {
		return fmt.Errorf("the log has another history than the checkpoint of %d entries: %w", old.N, err)
	}
	return nil
}

func checkProofFile(t trust, proofPath, entryPath string) (string, error) {
	proof, err := os.ReadFile(proofPath)
	if err != nil {
		return "", err
	}
	entry, err := os.ReadFile(entryPath)
	if err != nil {
		return "", err
	}
	index, tree, err := checkProof(t, string(proof), entry)
	return fmt.Sprintf("entry %d of %d", index, tree.N), err
}

// checkProof checks a C2SP tlog-proof.
func checkProof(t trust, text string, entry []byte) (int64, tlog.Tree, error) {
	head, signed, found := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !found || lines[0] != proofHeader {
		return 0, tlog.Tree{}, errors.New("no " + proofHeader)
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		lines = lines[1:]
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return 0, tlog.Tree{}, errors.New("the index is missing")
	}
	index, err := strconv.ParseInt(strings.TrimPrefix(lines[0], "index "), 10, 64)
	if err != nil {
		return 0, tlog.Tree{}, err
	}
	var proof tlog.RecordProof
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return 0, tlog.Tree{}, err
		}
		proof = append(proof, hash)
	}
	tree, err := openCheckpoint(t, []byte(signed))
	if err != nil {
		return 0, tree, err
	}
	if index < 0 || index >= tree.N {
		return 0, tree, fmt.Errorf("there is no entry %d", index)
	}
	return index, tree, tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry))
}

type caseFile struct {
	Format string  `json:"format"`
	CaseID *string `json:"case_id"`
	Events []event `json:"events"`
}

type event struct {
	Seq        int     `json:"seq"`
	Event      *string `json:"event"`
	Salt       *string `json:"salt"`
	Commitment string  `json:"commitment"`
	Chain      string  `json:"chain"`
	Proof      string  `json:"proof"`
}

// checkCase checks that the events of a case are what was committed to, follow each other, and are in the log.
func checkCase(t trust, path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	var file caseFile
	if err := json.Unmarshal(text, &file); err != nil {
		return "", err
	}
	if file.Format != caseFormat || len(file.Events) == 0 {
		return "", errors.New("no " + caseFormat)
	}
	named, err := file.named()
	if err != nil {
		return "", err
	}
	previous, last, checkpoint := make([]byte, 32), int64(-1), ""
	for i, e := range file.Events {
		if e.Seq != i+1 {
			return "", fmt.Errorf("event %d is missing or out of order", i+1)
		}
		entry, err := e.entry(named, previous)
		if err != nil {
			return "", fmt.Errorf("event %d: %w", e.Seq, err)
		}
		index, _, err := checkProof(t, e.Proof, entry)
		if err != nil {
			return "", fmt.Errorf("event %d: %w", e.Seq, err)
		}
		_, signed, _ := strings.Cut(e.Proof, "\n\n")
		if index <= last || (i > 0 && signed != checkpoint) {
			return "", fmt.Errorf("event %d is out of order in the log, or under another checkpoint", e.Seq)
		}
		previous, last, checkpoint = entry[33:], index, signed
	}
	if named == "" {
		return fmt.Sprintf("%d events, of which case is not proved: no event of it is told", len(file.Events)), nil
	}
	return fmt.Sprintf("%d events of %s", len(file.Events), named), nil
}

// named returns the case that the file names: it may do so only if an event is told, for entries do not say whose they are.
func (file caseFile) named() (string, error) {
	told := false
	for _, e := range file.Events {
		told = told || e.Event != nil
	}
	if told != (file.CaseID != nil) {
		return "", errors.New("a proof names its case if it tells an event of it, and only then")
	}
	if file.CaseID == nil {
		return "", nil
	}
	unseen := func(r rune) bool { return !unicode.IsPrint(r) || r == utf8.RuneError }
	if *file.CaseID == "" || strings.ContainsFunc(*file.CaseID, unseen) {
		return "", errors.New("no id of a case")
	}
	return *file.CaseID, nil
}

// entry checks the commitment (if the body is shown) and the chain, and returns the log entry they make.
func (e event) entry(caseID string, previous []byte) ([]byte, error) {
	commitment, err := hex.DecodeString(e.Commitment)
	if err != nil {
		return nil, err
	}
	chain, err := hex.DecodeString(e.Chain)
	if err != nil {
		return nil, err
	}
	if (e.Event == nil) != (e.Salt == nil) {
		return nil, errors.New("an event needs its salt")
	}
	if e.Event != nil {
		if err := e.checkBody(caseID, commitment); err != nil {
			return nil, err
		}
	}
	next := sha256.Sum256(append(append([]byte{}, previous...), commitment...))
	if len(commitment) != 32 || !bytes.Equal(next[:], chain) {
		return nil, errors.New("it does not follow the one before it")
	}
	return append(append([]byte{eventLeaf}, commitment...), chain...), nil
}

func (e event) checkBody(caseID string, commitment []byte) error {
	salt, err := hex.DecodeString(*e.Salt)
	if err != nil {
		return err
	}
	mac := hmac.New(sha256.New, salt)
	mac.Write([]byte(*e.Event))
	if !hmac.Equal(mac.Sum(nil), commitment) {
		return errors.New("it is not what was committed to")
	}
	var said struct {
		CaseID string `json:"case_id"`
		Seq    int    `json:"seq"`
	}
	if err := json.Unmarshal([]byte(*e.Event), &said); err != nil {
		return err
	}
	if said.CaseID != caseID || said.Seq != e.Seq {
		return errors.New("it is an event of another case or place")
	}
	return nil
}
