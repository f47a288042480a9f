import { ELEMENT, makePage, type Page } from "./page.js";

const STYLE = `
.verb { display: inline-block; min-width: 52px; text-align: center; font-weight: 700; font-size: 12px; border-radius: 5px; padding: 1px 6px; margin-right: 8px; color: #fff; background: var(--good); } .verb.post { background: #2563c9; }
details { border-top: 1px solid var(--line); padding: 8px 0; } details details { border: 0; padding: 2px 0; } section > details:first-of-type { border-top: 0; }
`;

const BODY = `<header><h1 id="title">API</h1><span id="version" class="soft"></span><nav><a href="status">status</a><a href="openapi.json">OpenAPI</a></nav></header>
<main id="main"></main>`;

const SCRIPT = `${ELEMENT}
const named = (ref) => ref.split("/").at(-1);
const json = (value) => make("pre", {}, JSON.stringify(value, null, 2));
const schemaOf = (content) => Object.entries(content ?? {}).map(([type, { schema }]) => make("div", {}, make("code", {}, type), schema?.$ref ? make("a", { href: "#" + named(schema.$ref) }, " " + named(schema.$ref)) : schema === undefined ? null : json(schema)));
function operation(path, verb, own) {
  const responses = Object.entries(own.responses).map(([status, response]) => make("tr", {}, make("td", {}, status), make("td", {}, response.description), make("td", {}, schemaOf(response.content))));
  const parameters = own.parameters ?? [];
  return make("details", { "data-path": path }, make("summary", {}, make("span", { class: "verb " + verb }, verb.toUpperCase()), make("code", {}, path), make("span", { class: "soft" }, "  " + own.summary)),
    own.description === undefined ? null : make("p", {}, own.description),
    parameters.length === 0 ? null : [make("h3", {}, "parameters"), make("table", {}, make("tbody", {}, parameters.map((one) => make("tr", {}, make("td", {}, make("code", {}, one.name)), make("td", {}, one.in), make("td", {}, one.description ?? "")))))],
    own.requestBody === undefined ? null : [make("h3", {}, "body"), schemaOf(own.requestBody.content)],
    make("h3", {}, "answers"), make("table", {}, make("tbody", {}, responses)));
}
fetch("openapi.json").then((response) => response.json()).then((api) => {
  document.getElementById("title").textContent = api.info.title;
  document.getElementById("version").textContent = "version " + api.info.version + " · OpenAPI " + api.openapi;
  const groups = new Map(api.tags.map((tag) => [tag.name, make("section", {}, make("h2", {}, tag.name), make("p", { class: "soft" }, tag.description))]));
  for (const [path, item] of Object.entries(api.paths)) for (const [verb, own] of Object.entries(item)) groups.get(own.tags[0]).append(operation(path, verb, own));
  const schemas = Object.entries(api.components.schemas).map(([name, schema]) => make("details", { id: name }, make("summary", {}, make("code", {}, name), make("span", { class: "soft" }, "  " + (schema.description ?? ""))), json(schema)));
  document.getElementById("main").replaceChildren(...groups.values(), make("section", {}, make("h2", {}, "Schemas"), schemas));
  const show = () => { const at = document.getElementById(location.hash.slice(1)); if (at instanceof HTMLDetailsElement) { at.open = true; at.scrollIntoView(); } };
  addEventListener("hashchange", show);
  show();
});`;

/** The API's documentation, drawn from `/openapi.json`. */
export function docsPage(): Page {
  return makePage("skewless API", BODY, SCRIPT, STYLE);
}
