// A line chart on two logarithmic axes as SVG text; enough for one picture, no library needed.

const WIDTH = 760;
const HEIGHT = 440;
const PLOT = { left: 70, right: 30, top: 52, bottom: 60 };

const decades = (low, high) => {
  const out = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) out.push(10 ** e);
  return out;
};

const nanoseconds = (ns) => (ns >= 1e6 ? `${ns / 1e6} ms` : ns >= 1e3 ? `${ns / 1e3} µs` : `${ns} ns`);
const escape = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** series: [{ name, color, points: [[x, y], …] }]; mark: a vertical line { x, label }; xTicks: where the x axis is labelled. */
export function logLogChart({ title, xLabel, yLabel, series, mark, xTicks, formatY = nanoseconds }) {
  const xs = series.flatMap((s) => s.points.map(([x]) => x));
  const ys = series.flatMap((s) => s.points.map(([, y]) => y));
  const yTicks = decades(Math.min(...ys), Math.max(...ys));
  const [x0, x1] = [Math.min(...xs), Math.max(...xs)];
  const [y0, y1] = [yTicks[0], yTicks.at(-1)];
  const width = WIDTH - PLOT.left - PLOT.right;
  const height = HEIGHT - PLOT.top - PLOT.bottom;
  const px = (x) => (PLOT.left + (Math.log(x / x0) / Math.log(x1 / x0)) * width).toFixed(1);
  const py = (y) => (PLOT.top + height - (Math.log(y / y0) / Math.log(y1 / y0)) * height).toFixed(1);
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="system-ui, sans-serif" font-size="12" fill="#333">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    `<text x="${PLOT.left}" y="24" font-size="16" font-weight="600">${escape(title)}</text>`,
  ];
  for (const y of yTicks) {
    parts.push(`<line x1="${PLOT.left}" x2="${WIDTH - PLOT.right}" y1="${py(y)}" y2="${py(y)}" stroke="#e4e4e4"/>`);
    parts.push(`<text x="${PLOT.left - 8}" y="${Number(py(y)) + 4}" text-anchor="end">${formatY(y)}</text>`);
  }
  for (const x of xTicks ?? series[0].points.map(([value]) => value).filter((value) => Math.log2(value) % 2 === 0)) {
    if (x >= x0 && x <= x1) parts.push(`<text x="${px(x)}" y="${HEIGHT - PLOT.bottom + 18}" text-anchor="middle">${x.toLocaleString("en")}</text>`);
  }
  if (mark !== undefined && mark.x >= x0 && mark.x <= x1) {
    parts.push(`<line x1="${px(mark.x)}" x2="${px(mark.x)}" y1="${PLOT.top}" y2="${HEIGHT - PLOT.bottom}" stroke="#999" stroke-dasharray="4 4"/>`);
    parts.push(`<text x="${Number(px(mark.x)) + 6}" y="${PLOT.top + 14}" fill="#666">${escape(mark.label)}</text>`);
  }
  for (const [i, { name, color, points }] of series.entries()) {
    parts.push(`<polyline fill="none" stroke="${color}" stroke-width="2.5" points="${points.map(([x, y]) => `${px(x)},${py(y)}`).join(" ")}"/>`);
    for (const [x, y] of points) parts.push(`<circle cx="${px(x)}" cy="${py(y)}" r="3" fill="${color}"/>`);
    const at = PLOT.left + i * 190;
    parts.push(`<rect x="${at}" y="33" width="14" height="4" fill="${color}"/><text x="${at + 20}" y="40">${escape(name)}</text>`);
  }
  parts.push(`<text x="${PLOT.left + width / 2}" y="${HEIGHT - 16}" text-anchor="middle">${escape(xLabel)}</text>`);
  parts.push(`<text transform="translate(18 ${PLOT.top + height / 2}) rotate(-90)" text-anchor="middle">${escape(yLabel)}</text>`);
  parts.push("</svg>");
  return `${parts.join("\n")}\n`;
}
