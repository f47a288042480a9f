import type { ParamValue, ScalarLiteral } from "../expr/node.js";
import { CATALOGUE } from "../expr/catalogue.gen.js";
import { KERNEL_TYPES, kernelType, OUTPUT_TYPES, type DataType } from "../types/data-type.js";
import { registerType, type Plan, type PlanCall } from "./plan.js";
import { ByteWriter } from "./byte-writer.js";

/** Bytes of a plan for the add-on; the format is written down in native/plan/program.h. */
export function encodePlan(plan: Plan): Uint8Array {
  const w = new ByteWriter();
  w.u32(0x4c504b53);
  w.u32(1);
  w.u32(plan.inputs.length);
  for (const { input } of plan.inputs) {
    w.u8(typeId(input.type));
    w.u8(input.isNullable ? 1 : 0);
  }
  w.u32(plan.nodes.length);
  for (const node of plan.nodes) {
    if (node.kind === "constant") {
      w.u8(0);
      w.u8(typeId(node.type));
      writeConstant(w, node.type, node.value);
    } else {
      w.u8(1);
      w.text(node.name);
      w.u32(node.version);
      w.u8(node.args.length);
      for (const arg of node.args) w.u32(arg);
      w.u8(typeId(node.type));
      writeParams(w, plan, node);
    }
  }
  w.u32(plan.outputs.length);
  for (const output of plan.outputs) {
    w.u32(output.register);
    w.u8(OUTPUT_TYPES.indexOf(output.type));
  }
  return w.bytes();
}

function typeId(type: DataType): number {
  return KERNEL_TYPES.indexOf(kernelType(type));
}

function writeConstant(w: ByteWriter, type: DataType, value: unknown): void {
  w.u8(value === null ? 0 : 1);
  if (value === null) return;
  if (type.kind === "list") {
    const items = value as readonly ScalarLiteral[];
    w.u32(items.length);
    for (const item of items) writeConstant(w, type.item, item);
    return;
  }
  switch (type.kind) {
    case "float64":
      w.f64(value as number);
      break;
    case "int64":
    case "timestamp":
      w.i64(value as bigint);
      break;
    case "bool":
      w.u8(value === true ? 1 : 0);
      break;
    case "utf8":
      w.text(value as string);
  }
}

const PARAM_KINDS = ["int64", "float64", "utf8", "list<int64>", "list<float64>", "list<utf8>"];

function writeParams(w: ByteWriter, plan: Plan, node: PlanCall): void {
  const types = node.args.map((arg) => kernelType(registerType(plan, arg))).join();
  const specs = (CATALOGUE[node.name] ?? []).find((o) => o.args.join() === types)?.params ?? [];
  const encoded: [name: string, kind: string, value: ParamValue][] = [];
  for (const [name, value] of Object.entries(node.params)) {
    if (name === "zone") {
      // The add-on knows no zone names: it gets the table.
      const table = plan.zones[String(value)];
      encoded.push(["zone.at", "list<int64>", (table?.at ?? []).map(BigInt)]);
      encoded.push(["zone.offset", "list<int64>", (table?.offset ?? [0]).map(BigInt)]);
    } else {
      encoded.push([name, specs.find((spec) => spec.name === name)?.kind ?? "utf8", value]);
    }
  }
  w.u32(encoded.length);
  for (const [name, kind, value] of encoded) {
    w.text(name);
    w.u8(PARAM_KINDS.indexOf(kind));
    if (kind.startsWith("list<")) {
      const items = value as readonly (number | bigint | string)[];
      w.u32(items.length);
      for (const item of items) writeParam(w, kind.slice(5, -1), item);
    } else {
      writeParam(w, kind, value as number | bigint | string);
    }
  }
}

function writeParam(w: ByteWriter, kind: string, value: number | bigint | string): void {
  if (kind === "int64") w.i64(BigInt(value));
  else if (kind === "float64") w.f64(Number(value));
  else w.text(String(value));
}
