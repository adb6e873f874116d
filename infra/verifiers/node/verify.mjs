// Checks proofs of the ledger with Sigstore's verifier (@sigstore/verify), which knows nothing of Wugan.
//
//   node verify.mjs proof KEYFILE PROOF ENTRY
//   node verify.mjs case KEYFILE FILE
//
// Prints one line and exits with 0 (holds), 1 (does not hold) or 2 (called wrongly).
import { createHash, createHmac, createPublicKey } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const { verifyCheckpoint } = require("@sigstore/verify/dist/tlog/checkpoint.js");
const { verifyMerkleInclusion } = require("@sigstore/verify/dist/tlog/merkle.js");

const SPKI_ED25519 = Buffer.from("302a300506032b6570032100", "hex"); // RFC 8410
const PROOF = "c2sp.org/tlog-proof@v1";
const CASE = "wugan-case-proof/1";

// What cannot be seen is spelled out, so that a foreign text moves no cursor and forges no line.
const plain = (text) => text.replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, (c) => `\\u${c.codePointAt(0).toString(16).padStart(4, "0")}`);

const sha256 = (...parts) => parts.reduce((hash, part) => hash.update(part), createHash("sha256")).digest();

function ensure(condition, reason) {
  if (!condition) throw new Error(reason);
}

function readKey(path) {
  const [, name, id, key] = readFileSync(path, "utf8").match(/^([^+\s]+)\+([0-9a-f]{8})\+(\S+)\n?$/) ?? [];
  ensure(name, "no key of a note signer");
  const data = Buffer.from(key, "base64");
  ensure(data.length === 33 && data[0] === 1, "no Ed25519 key of a note signer");
  const hash = sha256(`${name}\n`, data);
  ensure(hash.subarray(0, 4).toString("hex") === id, "the key's id does not belong to the key");
  const publicKey = createPublicKey({ key: Buffer.concat([SPKI_ED25519, data.subarray(1)]), format: "der", type: "spki" });
  return { name, tlog: { logID: hash, publicKey, baseURL: name } };
}

// Turns a C2SP tlog-proof into the shape that Sigstore checks, and lets it check.
function checkProof(key, text, entry) {
  const split = text.indexOf("\n\n");
  const lines = text.slice(0, split).split("\n");
  ensure(split > 0 && lines.shift() === PROOF, `no ${PROOF}`);
  if (lines[0]?.startsWith("extra ")) lines.shift();
  const index = lines.shift()?.match(/^index (0|[1-9][0-9]*)$/)?.[1];
  ensure(index, "the index is missing");
  const inclusionProof = {
    logIndex: index,
    hashes: lines.map((line) => Buffer.from(line, "base64")),
    checkpoint: { envelope: text.slice(split + 2) },
  };
  const checkpoint = verifyCheckpoint({ inclusionProof }, [key.tlog]);
  ensure(checkpoint.origin === key.name, "no checkpoint of this log");
  verifyMerkleInclusion({ canonicalizedBody: entry, inclusionProof }, checkpoint);
  return { index: BigInt(index), signed: inclusionProof.checkpoint.envelope, size: checkpoint.logSize };
}

function checkEvent(event, caseId, previous) {
  const commitment = Buffer.from(event.commitment, "hex");
  if (event.event !== null) {
    const mac = createHmac("sha256", Buffer.from(event.salt, "hex")).update(event.event).digest();
    ensure(mac.equals(commitment), "it is not what was committed to");
    const said = JSON.parse(event.event);
    ensure(said.case_id === caseId && said.seq === event.seq, "it is an event of another case or place");
  }
  const chain = sha256(previous, commitment);
  ensure(chain.toString("hex") === event.chain, "it does not follow the one before it");
  return Buffer.concat([Buffer.from([1]), commitment, chain]);
}

// The case that the file names: it may do so only if an event is told, for entries do not say whose they are.
function named(file) {
  const id = file.case_id ?? null;
  ensure((id !== null) === file.events.some((event) => event.event !== null), "a proof names its case if it tells an event of it, and only then");
  ensure(id === null || (typeof id === "string" && id !== "" && id === plain(id)), "no id of a case");
  return id;
}

function checkCase(key, path) {
  const file = JSON.parse(readFileSync(path, "utf8"));
  ensure(file.format === CASE && file.events.length > 0, `no ${CASE}`);
  const id = named(file);
  let [previous, last, signed] = [Buffer.alloc(32), -1n, null];
  file.events.forEach((event, i) => {
    ensure(event.seq === i + 1, `event ${i + 1} is missing or out of order`);
    const entry = checkEvent(event, id, previous);
    const found = checkProof(key, event.proof, entry);
    ensure(found.index > last && (signed === null || signed === found.signed), `event ${event.seq} is out of order in the log`);
    [previous, last, signed] = [entry.subarray(33), found.index, found.signed];
  });
  return `${file.events.length} events${id === null ? ", of which case is not proved: no event of it is told" : ` of ${id}`}`;
}

function run([command, keyPath, ...paths]) {
  const key = readKey(keyPath);
  if (command === "case") return checkCase(key, paths[0]);
  const { index, size } = checkProof(key, readFileSync(paths[0], "utf8"), readFileSync(paths[1]));
  return `entry ${index} of ${size}`;
}

const args = process.argv.slice(2);
if (!(args[0] === "case" && args.length === 3) && !(args[0] === "proof" && args.length === 4)) {
  console.log("usage: verify.mjs proof KEYFILE PROOF ENTRY | case KEYFILE FILE");
  process.exit(2);
}
try {
  console.log(`holds: ${plain(run(args))}`);
} catch (error) {
  console.log(`rejected: ${plain(error.message)}`);
  process.exit(1);
}
