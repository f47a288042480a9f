import { asin, atan2 } from "./elementary.js";
import { simple, type Cell, type Mappings } from "./mapping.js";
import type { Ops, Value } from "./ops.js";
import { isFinite } from "./rounding.js";

const RADIANS = Math.PI / 180;
const EARTH_RADIUS = 6_371_008.8; // metres, as native/ops/geo.h

function within(ops: Ops, x: Value, limit: number): Value {
  return ops.and(ops.ge(x, ops.f64(-limit)), ops.le(x, ops.f64(limit)));
}

type Position = readonly [lat: Value, lon: Value];

function valid(ops: Ops, [lat1, lon1]: Position, [lat2, lon2]: Position): Value {
  return ops.and(ops.and(within(ops, lat1, 90), within(ops, lat2, 90)), ops.and(isFinite(ops, lon1), isFinite(ops, lon2)));
}

function angles(ops: Ops, [lat1, lon1]: Position, [lat2, lon2]: Position): { p1: Value; p2: Value; dp: Value; dl: Value } {
  const radians = ops.f64(RADIANS);
  const scaled = (x: Value): Value => ops.mul(x, radians);
  return { p1: scaled(lat1), p2: scaled(lat2), dp: scaled(ops.sub(lat2, lat1)), dl: scaled(ops.sub(lon2, lon1)) };
}

function haversine(ops: Ops, from: Position, to: Position): Value {
  const { p1, p2, dp, dl } = angles(ops, from, to);
  const half = ops.f64(2);
  const s1 = ops.sin(ops.div(dp, half));
  const s2 = ops.sin(ops.div(dl, half));
  const a = ops.add(ops.square(s1), ops.mul(ops.mul(ops.cos(p1), ops.cos(p2)), ops.square(s2)));
  const metres = ops.mul(ops.f64(2 * EARTH_RADIUS), asin(ops, ops.sqrt(ops.least(a, ops.f64(1)))));
  return ops.where(valid(ops, from, to), metres, ops.f64(NaN));
}

function bearing(ops: Ops, from: Position, to: Position): Value {
  const { p1, p2, dl } = angles(ops, from, to);
  const c2 = ops.cos(p2);
  const y = ops.mul(ops.sin(dl), c2);
  const x = ops.sub(ops.mul(ops.cos(p1), ops.sin(p2)), ops.mul(ops.mul(ops.sin(p1), c2), ops.cos(dl)));
  const degrees = ops.mul(atan2(ops, y, x), ops.f64(180 / Math.PI));
  const turned = ops.where(ops.lt(degrees, ops.f64(0)), ops.add(degrees, ops.f64(360)), degrees);
  const below = ops.where(ops.eq(turned, ops.f64(360)), ops.f64(0), turned);
  return ops.where(valid(ops, from, to), below, ops.f64(NaN));
}

function gridCell(ops: Ops, lat: Cell, lon: Cell, size: Cell): Cell {
  const usable = ops.and(ops.and(within(ops, lat.value, 90), within(ops, lon.value, 180)), ops.ge(size.value, ops.f64(1e-6)));
  const side = ops.where(usable, size.value, ops.f64(1));
  const row = ops.floor(ops.div(ops.add(lat.value, ops.f64(90)), side));
  const perRow = ops.op("Ceil", ops.div(ops.f64(360), side));
  const column = ops.floor(ops.div(ops.add(lon.value, ops.f64(180)), side));
  const cell = ops.where(usable, ops.add(ops.mul(row, perRow), column), ops.f64(0));
  const isNull = [lat, lon, size].reduce((sum, { isNull: mask }) => (mask === undefined ? sum : ops.or(sum, mask)), ops.not(usable));
  return { value: ops.cast(cell, "int64"), isNull };
}

export const GEO: Mappings = {
  haversine: simple((ops, args) => haversine(ops, args.slice(0, 2) as unknown as Position, args.slice(2) as unknown as Position)),
  bearing: simple((ops, args) => bearing(ops, args.slice(0, 2) as unknown as Position, args.slice(2) as unknown as Position)),
  gridCell: { cell: (ops, cells) => gridCell(ops, ...(cells as readonly [Cell, Cell, Cell])) },
};
