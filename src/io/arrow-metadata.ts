// Checks of the FlatBuffers in Arrow IPC data before they are decoded. The Arrow library follows whatever
// offsets and lengths it finds, so that one wrong byte could make it loop over billions of fields. The
// layouts are those of Message.fbs, Schema.fbs and File.fbs of the Arrow format.

type Member =
  | { readonly kind: "text" }
  | { readonly kind: "table"; readonly shape: () => Shape }
  | { readonly kind: "tables"; readonly shape: () => Shape }
  | { readonly kind: "structs"; readonly size: number }
  /** A table whose shape the byte in the member before it chooses; unknown ones have nothing but scalars. */
  | { readonly kind: "union"; readonly shapes: Readonly<Record<number, Shape>> };

/** The members of a table that are not scalars, by their number. */
type Shape = Readonly<Record<number, Member>>;

const scalars: Shape = {};
const keyValue: Shape = { 0: { kind: "text" }, 1: { kind: "text" } };
const timestamp: Shape = { 1: { kind: "text" } };
const union: Shape = { 1: { kind: "structs", size: 4 } };
const encoding: Shape = { 1: { kind: "table", shape: () => scalars } };
const field: Shape = {
  0: { kind: "text" },
  3: { kind: "union", shapes: { 10: timestamp, 14: union } },
  4: { kind: "table", shape: () => encoding },
  5: { kind: "tables", shape: () => field },
  6: { kind: "tables", shape: () => keyValue },
};
const schema: Shape = {
  1: { kind: "tables", shape: () => field },
  2: { kind: "tables", shape: () => keyValue },
  3: { kind: "structs", size: 8 },
};
const recordBatch: Shape = {
  1: { kind: "structs", size: 16 },
  2: { kind: "structs", size: 16 },
  3: { kind: "table", shape: () => scalars },
  4: { kind: "structs", size: 8 },
};
const dictionaryBatch: Shape = { 1: { kind: "table", shape: () => recordBatch } };
const message: Shape = {
  2: { kind: "union", shapes: { 1: schema, 2: dictionaryBatch, 3: recordBatch } },
  4: { kind: "tables", shape: () => keyValue },
};
const footer: Shape = {
  1: { kind: "table", shape: () => schema },
  2: { kind: "structs", size: 24 },
  3: { kind: "structs", size: 24 },
  4: { kind: "tables", shape: () => keyValue },
};

const deepest = 64;

class Verifier {
  readonly view: DataView;
  private tables = 0;

  constructor(bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The place of the root table. */
  root(shape: Shape): number {
    this.need(0, 4);
    const at = this.view.getUint32(0, true);
    this.table(at, shape, 0);
    return at;
  }

  /** Where a member of a table is, or undefined if the table does not have it. */
  member(at: number, index: number): number | undefined {
    const vtable = at - this.view.getInt32(at, true);
    const slot = 4 + index * 2;
    if (slot + 2 > this.view.getUint16(vtable, true)) return undefined;
    const offset = this.view.getUint16(vtable + slot, true);
    return offset === 0 ? undefined : at + offset;
  }

  /** Where the elements of a vector begin and how many they are. */
  vector(at: number, size: number): { start: number; count: number } {
    const start = this.follow(at) + 4;
    const count = this.view.getUint32(start - 4, true);
    this.need(start, count * size);
    return { start, count };
  }

  private table(at: number, shape: Shape, depth: number): void {
    this.need(at, 4);
    // Offsets may share tables; without a bound a few bytes could stand for any number of fields.
    if (depth > deepest || ++this.tables > this.view.byteLength / 4)
      throw new Error("too many nested tables");
    const vtable = at - this.view.getInt32(at, true);
    this.need(vtable, 4);
    const vtableSize = this.view.getUint16(vtable, true);
    const tableSize = this.view.getUint16(vtable + 2, true);
    if (vtableSize < 4) throw new Error("a table is too short");
    this.need(vtable, vtableSize);
    this.need(at, tableSize);
    for (const [index, member] of Object.entries(shape)) {
      const place = this.member(at, Number(index));
      if (place === undefined) continue;
      this.need(place, 4);
      if (member.kind === "text") this.vector(place, 1);
      else if (member.kind === "structs") this.vector(place, member.size);
      else if (member.kind === "table") this.table(this.follow(place), member.shape(), depth + 1);
      else if (member.kind === "union") {
        const tag = this.member(at, Number(index) - 1);
        const chosen = tag === undefined ? 0 : this.view.getUint8(tag);
        this.table(this.follow(place), member.shapes[chosen] ?? scalars, depth + 1);
      } else {
        const { start, count } = this.vector(place, 4);
        for (let i = 0; i < count; i++) this.table(this.follow(start + i * 4), member.shape(), depth + 1);
      }
    }
  }

  private follow(at: number): number {
    this.need(at, 4);
    const target = at + this.view.getUint32(at, true);
    this.need(target, 4);
    return target;
  }

  private need(at: number, bytes: number): void {
    if (at < 0 || at + bytes > this.view.byteLength)
      throw new Error("an offset lies outside of the metadata");
  }
}

const greatestLength = 2n ** 31n - 1n;
const greatestPlace = BigInt(Number.MAX_SAFE_INTEGER);

/** Throws if a message's metadata cannot be decoded safely, or its lengths contradict each other. */
export function verifyMessage(bytes: Uint8Array): void {
  const verifier = new Verifier(bytes);
  const root = verifier.root(message);
  const tag = verifier.member(root, 1);
  const header = verifier.member(root, 2);
  if (tag === undefined || header === undefined) throw new Error("a message has no header");
  const kind = verifier.view.getUint8(tag);
  const table = header + verifier.view.getUint32(header, true);
  if (kind === 3) verifyLengths(verifier, table);
  if (kind !== 2) return;
  const data = verifier.member(table, 1);
  if (data === undefined) throw new Error("a dictionary has no values");
  verifyLengths(verifier, data + verifier.view.getUint32(data, true));
}

function verifyLengths(verifier: Verifier, batch: number): void {
  const { view } = verifier;
  const long = (at: number | undefined) =>
    at === undefined || at + 8 > view.byteLength ? 0n : view.getBigInt64(at, true);
  const rows = long(verifier.member(batch, 0));
  if (rows < 0n || rows > greatestLength) throw new Error("a batch has an impossible length");
  const nodes = verifier.member(batch, 1);
  if (nodes !== undefined) {
    const { start, count } = verifier.vector(nodes, 16);
    for (let i = 0; i < count; i++) {
      const length = long(start + i * 16);
      const nulls = long(start + i * 16 + 8);
      if (length < 0n || length > greatestLength || nulls < 0n || nulls > length) {
        throw new Error("a column has an impossible length");
      }
      if (i === 0 && length !== rows) throw new Error("a column is not as long as its batch");
    }
  }
  const buffers = verifier.member(batch, 2);
  if (buffers === undefined) return;
  const { start, count } = verifier.vector(buffers, 16);
  for (let i = 0; i < count; i++) {
    for (const place of [long(start + i * 16), long(start + i * 16 + 8)]) {
      if (place < 0n || place > greatestPlace) throw new Error("a buffer has an impossible place");
    }
  }
}

export interface Block {
  readonly offset: number;
  readonly metadataLength: number;
  readonly bodyLength: number;
}

/** The places of an Arrow file's messages. Throws if its footer cannot be decoded safely. */
export function blocksOfFooter(bytes: Uint8Array): { dictionaries: Block[]; batches: Block[] } {
  const verifier = new Verifier(bytes);
  const root = verifier.root(footer);
  const blocks = (index: number): Block[] => {
    const place = verifier.member(root, index);
    if (place === undefined) return [];
    const { start, count } = verifier.vector(place, 24);
    return Array.from({ length: count }, (_, i) => ({
      offset: Number(verifier.view.getBigInt64(start + i * 24, true)),
      metadataLength: verifier.view.getInt32(start + i * 24 + 8, true),
      bodyLength: Number(verifier.view.getBigInt64(start + i * 24 + 16, true)),
    }));
  };
  if (verifier.member(root, 1) === undefined) throw new Error("the footer has no schema");
  return { dictionaries: blocks(2), batches: blocks(3) };
}
