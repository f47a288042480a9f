import { createHash } from "node:crypto";

export interface Page {
  readonly html: string;
  readonly headers: Readonly<Record<string, string>>;
}

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2430; --soft: #5d6978; --line: #dde3ea; --back: #f4f6f9; --card: #fff; --mark: #2563c9; --bar: #6c9be8; --good: #17804b; --bad: #c0362c; --warn: #a86a00; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e9f0; --soft: #98a4b3; --line: #2c3643; --back: #11161d; --card: #19202a; --mark: #7fb0ff; --bar: #4a7ccc; --good: #4cc38a; --bad: #f2796f; --warn: #e0ad4e; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--back); color: var(--ink); font: 14px/1.5 system-ui, sans-serif; }
header { display: flex; flex-wrap: wrap; align-items: baseline; gap: 4px 16px; padding: 16px 24px; background: var(--card); border-bottom: 1px solid var(--line); }
h1 { margin: 0; font-size: 19px; } h2 { margin: 0 0 10px; font-size: 16px; } h3 { margin: 16px 0 6px; font-size: 12px; color: var(--soft); text-transform: uppercase; letter-spacing: .05em; font-weight: 600; }
main { max-width: 1180px; margin: 0 auto; padding: 20px 24px 48px; display: grid; gap: 18px; }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 16px 18px; min-width: 0; }
a { color: var(--mark); } nav { margin-left: auto; display: flex; gap: 14px; }
.soft { color: var(--soft); } .good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); }
.badge { display: inline-block; padding: 0 8px; border: 1px solid currentColor; border-radius: 99px; font-size: 12px; font-weight: 600; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 5px 10px 5px 0; border-bottom: 1px solid var(--line); vertical-align: middle; overflow-wrap: anywhere; }
th { font-size: 12px; color: var(--soft); font-weight: 600; } tr:last-child td { border-bottom: 0; } .num { text-align: right; white-space: nowrap; } .keep { white-space: nowrap; }
code, pre { font: 12.5px/1.5 ui-monospace, monospace; } pre { margin: 6px 0; padding: 10px 12px; background: var(--back); border-radius: 6px; overflow: auto; max-height: 420px; }
summary { cursor: pointer; }
`;

/**
 * A page without anything from elsewhere. Its policy lets nothing but this script run, and nothing be fetched but from
 * this server; scripts put text into the page as text only.
 */
export function makePage(title: string, body: string, script: string, style = ""): Page {
  const hash = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
  const css = STYLE + style;
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="icon" href="data:,">
<style>${css}</style>
</head>
<body>
${body}
<script>${script}</script>
</body>
</html>
`;
  return {
    html,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "content-security-policy": `default-src 'none'; script-src ${hash(script)}; style-src ${hash(css)}; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    },
  };
}

/** Of every page's script: makes elements with text, never with markup. */
export const ELEMENT = `
const make = (tag, attributes, ...children) => {
  const svg = tag === "svg" || tag === "rect" || tag === "title";
  const element = svg ? document.createElementNS("http://www.w3.org/2000/svg", tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) if (value !== undefined) element.setAttribute(name, value);
  for (const child of children.flat(Infinity)) if (child !== undefined && child !== null) element.append(child instanceof Node ? child : String(child));
  return element;
};`;
