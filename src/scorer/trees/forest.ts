import { NODE_MODES, type NodeMode, type TreeEnsemble } from "../program.js";

export interface Split {
  readonly mode: Exclude<NodeMode, "leaf">;
  readonly feature: number;
  /** Not of "in" nodes. */
  readonly threshold: number;
  readonly set?: Uint32Array | undefined;
  readonly yes: number;
  readonly no: number;
  readonly missingYes: boolean;
  readonly zeroMissing?: boolean;
}

export interface Leaf {
  readonly targets: ArrayLike<number>;
  readonly values: ArrayLike<number>;
}

/** The nodes of one tree by the file's own numbers. `fail` is called for a node that is reached twice. */
export interface TreeSource {
  readonly size: number;
  readonly root: number;
  node(id: number): Split | Leaf;
  fail(id: number): never;
}

/** Collects trees in flat arrays. Nodes that no path reaches (pruned ones, which XGBoost keeps) are left out. */
export class Forest {
  readonly #roots: number[] = [];
  readonly #modes: number[] = [];
  readonly #features: number[] = [];
  readonly #thresholds: number[] = [];
  readonly #yes: number[] = [];
  readonly #no: number[] = [];
  readonly #missingYes: number[] = [];
  readonly #zeroMissing: number[] = [];
  readonly #sets: Uint32Array[] = [];
  readonly #leafStarts: number[] = [];
  readonly #leafTargets: number[] = [];
  readonly #leafValues: number[] = [];

  add(tree: TreeSource): void {
    const seen = new Uint8Array(tree.size);
    this.#roots.push(this.#modes.length);
    // Depth first, so that a path's nodes lie close together: the node, and whose child it is.
    const open: { readonly id: number; readonly parent: number; readonly children: number[] }[] = [];
    let next: (typeof open)[number] | undefined = { id: tree.root, parent: -1, children: this.#yes };
    for (; next !== undefined; next = open.pop()) {
      const { id, parent, children } = next;
      if (seen[id] !== 0) tree.fail(id);
      seen[id] = 1;
      const node = tree.node(id);
      const index = this.#push(node);
      if (parent >= 0) children[parent] = index;
      if ("mode" in node) open.push({ id: node.no, parent: index, children: this.#no }, { id: node.yes, parent: index, children: this.#yes });
    }
  }

  #push(node: Split | Leaf): number {
    this.#leafStarts.push(this.#leafValues.length);
    this.#yes.push(0);
    this.#no.push(0);
    if ("mode" in node) {
      this.#features.push(node.feature);
      this.#thresholds.push(node.set === undefined ? node.threshold : this.#sets.push(node.set) - 1);
      this.#missingYes.push(Number(node.missingYes));
      this.#zeroMissing.push(Number(node.zeroMissing === true));
      return this.#modes.push(NODE_MODES.indexOf(node.mode)) - 1;
    }
    this.#features.push(0);
    this.#thresholds.push(0);
    this.#missingYes.push(0);
    this.#zeroMissing.push(0);
    for (let i = 0; i < node.values.length; i++) {
      this.#leafTargets.push(node.targets[i] as number);
      this.#leafValues.push(node.values[i] as number);
    }
    return this.#modes.push(0) - 1;
  }

  build(rest: Pick<TreeEnsemble, "targets" | "compare" | "accumulate" | "base" | "baseFirst">): TreeEnsemble {
    return {
      ...rest,
      aggregate: "sum",
      roots: Int32Array.from(this.#roots),
      modes: Uint8Array.from(this.#modes),
      features: Int32Array.from(this.#features),
      thresholds: Float64Array.from(this.#thresholds),
      yes: Int32Array.from(this.#yes),
      no: Int32Array.from(this.#no),
      missingYes: Uint8Array.from(this.#missingYes),
      ...(this.#zeroMissing.includes(1) ? { zeroMissing: Uint8Array.from(this.#zeroMissing) } : {}),
      sets: this.#sets,
      leafStarts: Int32Array.from(this.#leafStarts.concat(this.#leafValues.length)),
      leafTargets: Int32Array.from(this.#leafTargets),
      leafValues: Float64Array.from(this.#leafValues),
    };
  }
}
