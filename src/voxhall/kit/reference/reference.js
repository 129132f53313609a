// Lays the OpenAPI description out as a list: one entry per operation, with its parameters, body and answers.

const METHODS = ["get", "post", "put", "patch", "delete"];

function element(name, text, ...children) {
  const made = document.createElement(name);
  if (text) made.textContent = text;
  made.append(...children);
  return made;
}

// A schema as an example-like value; references are followed once, for some refer to themselves.
function shape(schema, schemas, seen = []) {
  if (!schema) return null;
  if (schema.$ref) {
    const name = schema.$ref.split("/").pop();
    return seen.includes(name) ? name : shape(schemas[name], schemas, [...seen, name]);
  }
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices) return choices.map((choice) => shape(choice, schemas, seen)).filter((one) => one !== "null")[0] ?? null;
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.type === "array") return [shape(schema.items, schemas, seen)];
  if (schema.properties) {
    const entries = Object.entries(schema.properties);
    return Object.fromEntries(entries.map(([name, value]) => [name, shape(value, schemas, seen)]));
  }
  return schema.type ?? "any";
}

function content(title, body, schemas) {
  const [type, media] = Object.entries(body?.content ?? {})[0] ?? [];
  if (!type) return [];
  const described = media.schema ? JSON.stringify(shape(media.schema, schemas), null, 2) : "";
  return [element("h4", `${title} (${type})`), element("pre", described)];
}

function operation(method, path, described, schemas) {
  const summary = element("summary", "", element("span", method.toUpperCase()), element("code", path));
  summary.firstChild.className = "method";
  const entry = element("details", "", summary, element("p", described.description ?? described.summary));
  const parameters = (described.parameters ?? []).map((one) =>
    element("li", "", element("code", one.name), ` in ${one.in}${one.required ? ", required" : ""}`),
  );
  if (parameters.length) entry.append(element("h4", "Parameters"), element("ul", "", ...parameters));
  entry.append(...content("Body", described.requestBody, schemas));
  for (const [status, answer] of Object.entries(described.responses ?? {})) {
    // The refusals are the same everywhere.
    if (status.endsWith("XX")) continue;
    const parts = content(`Answer ${status}`, answer, schemas);
    entry.append(...(parts.length ? parts : [element("h4", `Answer ${status}`)]));
  }
  return entry;
}

const place = document.getElementById("operations");
const api = await (await fetch("/api/v1/openapi.json")).json();
const groups = new Map();
for (const [path, methods] of Object.entries(api.paths)) {
  for (const method of METHODS.filter((name) => methods[name])) {
    const tag = methods[method].tags?.[0] ?? "other";
    groups.set(tag, [...(groups.get(tag) ?? []), operation(method, path, methods[method], api.components?.schemas ?? {})]);
  }
}
place.replaceChildren(...[...groups].map(([tag, entries]) => element("section", "", element("h2", tag), ...entries)));
place.removeAttribute("aria-busy");
