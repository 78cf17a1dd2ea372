"use strict";
// Reads openapi.json and shows it. Everything reaches the page as text, never as markup.

const list = document.getElementById("list");
const find = document.getElementById("find");
const count = document.getElementById("count");
const METHODS = ["get", "post", "put", "patch", "delete", "head"];
const DEEPEST = 3;
let schemas = {};

function element(name, text, children = []) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}

function resolved(part, root) {
  if (!part || !part.$ref) return part || {};
  return part.$ref.slice(2).split("/").reduce((found, word) => (found || {})[word], root) || {};
}

function kindOf(schema) {
  if (!schema) return "";
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (schema.enum) return schema.enum.map(String).join(" | ");
  if (schema.anyOf || schema.oneOf) return (schema.anyOf || schema.oneOf).map(kindOf).join(" or ");
  if (schema.type === "array") return `list of ${kindOf(schema.items) || "any"}`;
  return [].concat(schema.type || "any").join(" or ");
}

function rowsOf(schema, prefix, depth) {
  const whole = schema.$ref ? schemas[schema.$ref.split("/").pop()] || {} : schema;
  const required = new Set(whole.required || []);
  return Object.entries(whole.properties || {}).flatMap(([name, inner]) => {
    const path = prefix ? `${prefix}.${name}` : name;
    const kind = kindOf(inner) + (required.has(name) ? ", required" : "");
    const row = element("tr", "", [
      element("td", "", [element("code", path)]), element("td", kind), element("td", inner.description || ""),
    ]);
    const opens = depth < DEEPEST && (inner.properties || (inner.$ref && depth < 1));
    return [row, ...(opens ? rowsOf(inner, path, depth + 1) : [])];
  });
}

function table(title, rows) {
  return rows.length ? [element("h3", title), element("table", "", rows)] : [];
}

function contentOf(part) {
  return part && part.content && part.content["application/json"] ? part.content["application/json"].schema : null;
}

function inside(entry, root) {
  const { operation, item, method, path } = entry;
  const parameters = [...(item.parameters || []), ...(operation.parameters || [])].map((p) => resolved(p, root));
  const asked = parameters.map((p) => element("tr", "", [
    element("td", "", [element("code", p.name)]),
    element("td", `${p.in}, ${kindOf(p.schema)}`),
    element("td", p.description || ""),
  ]));
  const body = contentOf(operation.requestBody);
  const answer = contentOf(resolved((operation.responses || {})["200"], root));
  const open = operation.security && operation.security.length === 0;
  const words = ["curl", method === "get" ? "" : `-X ${method.toUpperCase()}`, open ? "" : '-H "X-Auth-Token: $TOKEN"',
    body ? `-H "Content-Type: application/json" -d '{…}'` : "", `${location.origin}${path}`];
  return element("div", "", [
    element("pre", words.filter(Boolean).join(" ")),
    ...table("Parameters", asked),
    ...table("Body", body ? rowsOf(body, "", 0) : []),
    ...table("Answer", answer ? rowsOf(answer, "", 0) : []),
  ]);
}

function shown(entry, root) {
  const summary = element("summary", "", [
    element("b", entry.method.toUpperCase()), element("code", entry.path),
    document.createTextNode(entry.operation.summary || ""),
  ]);
  const made = element("details", "", [summary]);
  made.addEventListener("toggle", () => {
    if (!made.open || made.children.length > 1) return;
    const content = inside(entry, root);
    content.className = "inside";
    made.append(content);
  });
  return made;
}

function entriesOf(root) {
  return Object.entries(root.paths).flatMap(([path, item]) => METHODS.filter((m) => item[m]).map((method) => {
    const operation = item[method];
    const tag = (operation.tags || ["platform"])[0];
    const text = `${method} ${path} ${operation.summary || ""} ${operation.operationId || ""}`.toLowerCase();
    return { path, item, method, operation, tag, text };
  }));
}

function draw(entries, root) {
  const words = find.value.toLowerCase().split(/\s+/).filter(Boolean);
  const kept = entries.filter((entry) => words.every((word) => entry.text.includes(word)));
  const tags = [...new Set(kept.map((entry) => entry.tag))].sort();
  list.replaceChildren(...tags.flatMap((tag) => [
    element("h2", tag), ...kept.filter((entry) => entry.tag === tag).map((entry) => shown(entry, root)),
  ]));
  count.textContent = `${kept.length} of ${entries.length} operations`;
}

async function main() {
  const answer = await fetch("openapi.json");
  if (!answer.ok) throw new Error(`openapi.json: ${answer.status}`);
  const root = await answer.json();
  schemas = (root.components || {}).schemas || {};
  const entries = entriesOf(root);
  find.value = decodeURIComponent(location.hash.slice(1));
  find.addEventListener("input", () => {
    history.replaceState(null, "", `#${encodeURIComponent(find.value)}`);
    draw(entries, root);
  });
  draw(entries, root);
}

main().catch((error) => { count.textContent = `cannot be shown: ${error.message}`; });
