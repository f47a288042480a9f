import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { corrupt } from "./failure.js";

/**
 * What must hold of a database file before LMDB maps it: LMDB trusts its files, and a page that lies beyond the file's
 * end or a header of garbage ends the process with SIGBUS or SIGSEGV. The format is that of mdb.c in the lmdb package
 * (data version 2, 64 bits, little-endian): pages begin with a header of 24 bytes (number u64, transaction u64, pad u16,
 * flags u16, lower u16, upper u16), the first two are copies of MDB_meta.
 */
const HEADER = 24;
const MAGIC = 0xbeefc0de;
const DATA_VERSION = 2;
const META_BYTES = 168;
const NO_PAGE = 0xffffffffffffffffn;
const [BRANCH, LEAF, META] = [0x01, 0x02, 0x08];
const [FLAGS_AT, LOWER_AT] = [18, 20];
const [PAGE_SIZE_AT, FREE_ROOT_AT, MAIN_ROOT_AT, LAST_PAGE_AT, TRANSACTION_AT] = [48, 88, 136, 144, 152];
const BIG_DATA = 0x01;
/** Deeper trees than any of 2^64 keys. */
const MOST_DEPTH = 32;

interface Meta {
  readonly pageSize: number;
  readonly roots: readonly bigint[];
  readonly pages: bigint;
  readonly transaction: bigint;
}

/** Throws STORE_CORRUPT unless the file is empty or can be mapped. Errors of the file system are passed on. */
export function checkFile(path: string): void {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    if (size === 0) return;
    const meta = newestMeta(path, file);
    if (BigInt(size) >= meta.pages * BigInt(meta.pageSize)) return;
    // Pages at the end may never have been written where they were freed at once: what counts is what the trees reach.
    for (const root of meta.roots) if (root !== NO_PAGE) walk(path, file, meta, Math.floor(size / meta.pageSize), root, 0);
  } finally {
    closeSync(file);
  }
}

/** The headers alone: cheap enough for each time that the file has changed. */
export function checkHeader(path: string): void {
  const file = openSync(path, "r");
  try {
    newestMeta(path, file);
  } finally {
    closeSync(file);
  }
}

function newestMeta(path: string, file: number): Meta {
  const first = readMeta(path, file, 0);
  const second = readMeta(path, file, first.pageSize);
  if (first.pageSize !== second.pageSize) throw damaged(path, "its headers contradict each other");
  return second.transaction > first.transaction ? second : first;
}

function readMeta(path: string, file: number, at: number): Meta {
  const bytes = Buffer.alloc(META_BYTES);
  if (readSync(file, bytes, 0, META_BYTES, at) !== META_BYTES) throw damaged(path, "it ends within its headers");
  if (bytes.readUInt32LE(HEADER) !== MAGIC || (bytes.readUInt16LE(FLAGS_AT) & META) === 0) throw damaged(path, "its header is not LMDB's");
  const version = bytes.readUInt16LE(HEADER + 4);
  if (version !== DATA_VERSION) {
    throw corrupt(`the LMDB file ${path} has a format of another version`, { expected: `data version ${DATA_VERSION}`, actual: `${version}` });
  }
  const pageSize = bytes.readUInt32LE(PAGE_SIZE_AT);
  const pages = bytes.readBigUInt64LE(LAST_PAGE_AT) + 1n;
  const roots = [bytes.readBigUInt64LE(FREE_ROOT_AT), bytes.readBigUInt64LE(MAIN_ROOT_AT)];
  const isPower = pageSize >= 256 && pageSize <= 65536 && (pageSize & (pageSize - 1)) === 0;
  if (!isPower || pages < 2n || roots.some((root) => root !== NO_PAGE && (root < 2n || root >= pages))) throw damaged(path, "its header makes no sense");
  return { pageSize, pages, roots, transaction: bytes.readBigUInt64LE(TRANSACTION_AT) };
}

/** Checks that a tree's pages lie within the file, values on pages of their own included. */
function walk(path: string, file: number, meta: Meta, pagesInFile: number, page: bigint, depth: number): void {
  const truncated = (): Error => damaged(path, "it has been truncated");
  if (page >= BigInt(pagesInFile)) throw truncated();
  if (depth > MOST_DEPTH) throw damaged(path, "its tree has no end");
  const { pageSize } = meta;
  const bytes = Buffer.alloc(pageSize);
  if (readSync(file, bytes, 0, pageSize, Number(page) * pageSize) !== pageSize) throw truncated();
  const flags = bytes.readUInt16LE(FLAGS_AT);
  const lower = bytes.readUInt16LE(LOWER_AT);
  if (bytes.readBigUInt64LE(0) !== page || (flags & (BRANCH | LEAF)) === 0 || HEADER + lower > pageSize) throw damaged(path, "a page is not what its place says");
  for (let at = HEADER; at < HEADER + (lower & ~1); at += 2) {
    // Node pointers count from behind the page's header.
    const node = bytes.readUInt16LE(at) + HEADER;
    if (node + 8 > pageSize) throw damaged(path, "a page is not what its place says");
    const [low, high, nodeFlags, keySize] = [bytes.readUInt16LE(node), bytes.readUInt16LE(node + 2), bytes.readUInt16LE(node + 4), bytes.readUInt16LE(node + 6)];
    if ((flags & BRANCH) !== 0) {
      walk(path, file, meta, pagesInFile, BigInt(low) + (BigInt(high) << 16n) + (BigInt(nodeFlags) << 32n), depth + 1);
    } else if ((nodeFlags & BIG_DATA) !== 0) {
      const data = node + 8 + keySize;
      if (data + 24 > pageSize) throw damaged(path, "a page is not what its place says");
      if (bytes.readBigUInt64LE(data) + bytes.readBigUInt64LE(data + 16) > BigInt(pagesInFile)) throw truncated();
    }
  }
}

function damaged(path: string, why: string): Error {
  return corrupt(`the LMDB file ${path} is damaged: ${why}`, { fix: "Restore the file, or remove it and materialize again" });
}
