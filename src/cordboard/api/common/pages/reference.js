// Shows an OpenAPI document. No library, nothing from elsewhere; text is only ever set as text.
"use strict";

const METHODS = ["get", "post", "put", "delete"];
const DEEPEST = 4;

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(key, value);
    else if (value !== undefined && value !== false) made.setAttribute(key, value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== ""));
  return made;
}

// `code` in a text is all of Markdown that our documents use, besides paragraphs.
function inline(text) {
  return String(text).split(/`([^`]+)`/).map((part, index) => (index % 2 ? element("code", {}, part) : part));
}

function paragraphs(text) {
  return (text || "").split(/\n\s*\n/).filter(Boolean).map((part) => element("p", {}, inline(part)));
}

class Reference {
  constructor(api) {
    this.api = api;
    this.commands = [];
    this.key = "";
  }

  resolve(thing) {
    while (thing && thing.$ref) {
      const parts = thing.$ref.slice(2).split("/").map((part) => part.replace(/~1/g, "/").replace(/~0/g, "~"));
      thing = parts.reduce((inner, part) => inner[part], this.api);
    }
    return thing || {};
  }

  operations() {
    const found = [];
    for (const [path, item] of Object.entries(this.api.paths)) {
      for (const method of METHODS) if (item[method]) found.push({ path, method, ...item[method] });
    }
    return found;
  }

  show(contents, main) {
    const operations = this.operations();
    const tags = this.api.tags.map((tag) => tag.name);
    const groups = tags.map((tag) => [tag, operations.filter((one) => one.tags.includes(tag))]);
    contents.replaceChildren(this.contents(groups));
    main.replaceChildren(
      element("h1", {}, this.api.info.title),
      ...paragraphs(this.api.info.description),
      this.keyField(),
      ...groups.map(([tag, several]) =>
        element("section", {}, element("h2", { id: anchor(tag) }, tag), several.map((one) => this.operation(one)))
      ),
      ...this.webhooks()
    );
  }

  contents(groups) {
    const lists = groups.map(([tag, several]) => {
      const items = several.map((one) => entry(one.operationId, one.method, short(one.path), `${one.path} ${one.summary} ${tag}`));
      return element("section", {}, element("h3", {}, tag), element("ul", {}, items));
    });
    const webhooks = Object.keys(this.api.webhooks || {}).map((name) => entry(anchor(`webhook ${name}`), "post", name, "webhook"));
    if (webhooks.length) lists.push(element("section", {}, element("h3", {}, "Webhooks"), element("ul", {}, webhooks)));
    const search = element("input", {
      type: "search",
      placeholder: "Search",
      "aria-label": "Search",
      input: () => filter(lists, search.value.trim().toLowerCase()),
    });
    const isWide = window.matchMedia("(min-width: 56.01rem)");
    const box = element("details", { open: isWide.matches }, element("summary", {}, "Contents"), search, lists);
    isWide.addEventListener("change", () => { box.open = isWide.matches; });
    return box;
  }

  keyField() {
    const input = element("input", {
      id: "key",
      autocomplete: "off",
      spellcheck: "false",
      placeholder: "sk_live_…",
      input: () => {
        this.key = input.value.trim();
        for (const refresh of this.commands) refresh();
      },
    });
    const label = element("label", { for: "key" }, "Key for the commands below");
    return element("div", { class: "key", title: "It stays in this page." }, label, input);
  }

  operation(one) {
    const parameters = (one.parameters || []).map((each) => this.resolve(each));
    const media = one.requestBody && one.requestBody.content["application/json"];
    return element(
      "article",
      { class: "operation", id: one.operationId },
      element("h3", {}, element("a", { href: `#${one.operationId}` }, inline(one.summary || one.path))),
      element("div", { class: "address" }, verb(one.method), one.path),
      paragraphs(one.description).map((each) => (each.classList.add("note"), each)),
      parameters.length ? [element("h4", {}, "Parameters"), this.parameters(parameters)] : null,
      media ? [element("h4", {}, "Body"), this.fields(media.schema)] : null,
      element("h4", {}, "Try it"),
      this.command(one, parameters, media),
      element("h4", {}, "Answers"),
      Object.entries(one.responses).map(([status, each]) => this.answer(status, this.resolve(each)))
    );
  }

  parameters(parameters) {
    const rows = parameters.map((each) =>
      field(each.name, each.in, each.required, each.description, this.resolve(each.schema), each.example)
    );
    return element("div", { class: "fields" }, rows);
  }

  fields(schema, depth = 0, before = "") {
    const rows = this.rows(schema, depth, before);
    return rows.length ? element("div", { class: "fields" }, rows) : element("p", { class: "note" }, typeName(schema));
  }

  rows(schema, depth, before) {
    schema = this.resolve(schema);
    if (schema.anyOf && !schema.properties) return schema.anyOf.flatMap((each) => this.rows(each, depth, before));
    if (schema.type === "array" && schema.items) return this.rows(schema.items, depth, `${before}[].`);
    const required = schema.required || [];
    return Object.entries(schema.properties || {}).flatMap(([name, each]) => {
      const inner = this.resolve(each);
      const text = each.description || (inner === each ? "" : inner.description);
      const row = field(before + name, typeName(inner), required.includes(name), text, inner, (each.examples || [])[0]);
      const more = depth < DEEPEST ? this.rows(inner, depth + 1, `${before}${name}${inner.type === "array" ? "" : "."}`) : [];
      return [row, ...more];
    });
  }

  answer(status, response) {
    const [type, media] = Object.entries(response.content || {})[0] || [];
    const samples = !media ? [] : media.examples
      ? Object.entries(media.examples).map(([name, each]) => [name, each.value])
      : "example" in media ? [["", media.example]] : [];
    const isGood = status < "400";
    const title = [element("span", { class: `status ${isGood ? "good" : "bad"}` }, status), inline(response.description)];
    const headers = Object.entries(response.headers || {}).map(([name, each]) =>
      field(name, "header", false, this.resolve(each).description, {}, undefined)
    );
    return element(
      "details",
      { class: "answer" },
      element("summary", {}, title),
      element(
        "div",
        {},
        type && type !== "application/json" ? element("p", { class: "note" }, Object.keys(response.content).join(", ")) : null,
        media && media.schema && isGood ? this.fields(media.schema) : null,
        samples.map(([name, value]) => [
          name ? element("p", { class: "note" }, name.replace(/_/g, " ")) : null,
          sample(JSON.stringify(value, null, 2)),
        ]),
        headers.length ? [element("h4", {}, "Headers"), element("div", { class: "fields" }, headers)] : null
      )
    );
  }

  command(one, parameters, media) {
    const code = element("code");
    const refresh = () => { code.textContent = this.curl(one, parameters, media); };
    this.commands.push(refresh);
    refresh();
    return copyable(element("pre", {}, code), () => code.textContent, "command");
  }

  curl(one, parameters, media) {
    const example = (each) => (each.example === undefined ? "" : String(each.example));
    let path = one.path;
    for (const each of parameters) {
      if (each.in === "path") path = path.replace(`{${each.name}}`, encodeURIComponent(example(each) || each.name));
    }
    const query = parameters
      .filter((each) => each.in === "query" && (each.required || example(each)))
      .map((each) => `${each.name}=${encodeURIComponent(example(each))}`)
      .join("&");
    const url = window.location.origin + path + (query ? `?${query}` : "");
    const lines = [`curl ${one.method === "get" || (one.method === "post" && media) ? "" : `-X ${one.method.toUpperCase()} `}${quote(url)}`];
    for (const name of Object.keys((one.security || [{}])[0] || {})) {
      const scheme = this.api.components.securitySchemes[name];
      const isKey = name in ((this.api.security || [{}])[0] || {});
      lines.push(`-H ${isKey && this.key ? quote(`${scheme.name}: ${this.key}`) : `"${scheme.name}: $${isKey ? "KEY" : "TOKEN"}"`}`);
    }
    if (media) lines.push("-H 'Content-Type: application/json'", `-d ${quote(JSON.stringify(media.example || {}))}`);
    const good = this.resolve(one.responses["200"]);
    if (good.content && good.content["audio/mpeg"]) lines.push("-o recording.mp3");
    return lines.join(" \\\n  ");
  }

  webhooks() {
    const found = Object.entries(this.api.webhooks || {});
    if (!found.length) return [];
    const articles = found.map(([name, item]) => {
      const media = item.post.requestBody.content["application/json"];
      return element(
        "article",
        { class: "operation", id: anchor(`webhook ${name}`) },
        element("h3", {}, name),
        element("div", { class: "address" }, verb("post"), "your URL"),
        paragraphs(item.post.summary),
        this.fields(media.schema),
        sample(JSON.stringify(media.example, null, 2))
      );
    });
    return [element("h2", { id: "webhooks" }, "Webhooks, sent to you"), ...articles];
  }
}

function entry(id, method, name, words) {
  const link = element("a", { href: `#${id}` }, verb(method), name);
  return element("li", { "data-words": `${method} ${name} ${words}`.toLowerCase() }, link);
}

function anchor(text) {
  return text.toLowerCase().replace(/\W+/g, "-");
}

function verb(method) {
  return element("span", { class: `verb ${method}` }, method.toUpperCase());
}

function short(path) {
  return path.replace(/^(\/(api|v[\d.]+))+\//, "").replace(/^\//, "");
}

function quote(text) {
  return `'${text.replace(/'/g, "'\\''")}'`;
}

function typeName(schema) {
  const several = schema.anyOf || schema.oneOf;
  if (several) return several.map(typeName).join(" or ");
  if (schema.$ref) return schema.$ref.split("/").pop();
  if (!Array.isArray(schema.type)) return schema.type || "";
  // Null and an array without items say that nothing is given; that is not worth reading.
  const isEmpty = (each) => each === "null" || (each === "array" && schema.maxItems === 0);
  return schema.type.filter((each) => !isEmpty(each)).join(" or ");
}

function field(name, kind, isRequired, text, schema, example) {
  const values = schema.enum ? `One of ${schema.enum.map((each) => JSON.stringify(each)).join(", ")}` : "";
  const shown = example === undefined || values ? "" : `For example ${JSON.stringify(example)}`;
  return element(
    "div",
    { class: "field" },
    element("div", { class: "name" }, name, isRequired ? element("span", { class: "must", title: "required" }, " *") : null, element("small", {}, kind)),
    element("div", {}, text ? element("p", {}, inline(text)) : null, values || shown ? element("p", { class: "values" }, values || shown) : null)
  );
}

function sample(text) {
  return copyable(element("pre", {}, element("code", {}, text)), () => text, "");
}

function copyable(shown, text, kind) {
  const button = element("button", {
    type: "button",
    click: async () => {
      await navigator.clipboard.writeText(text());
      button.textContent = "copied";
      window.setTimeout(() => { button.textContent = "copy"; }, 1500);
    },
  }, "copy");
  // Browsers lend the clipboard to pages that came over TLS, and to those of this machine.
  return element("div", { class: `sample ${kind}` }, shown, navigator.clipboard ? button : null);
}

function filter(lists, words) {
  for (const list of lists) {
    const items = [...list.querySelectorAll("li")];
    for (const item of items) item.hidden = !item.dataset.words.includes(words);
    list.hidden = items.every((item) => item.hidden);
  }
}

async function start() {
  const main = document.getElementById("main");
  try {
    const answer = await fetch(document.documentElement.dataset.document);
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    new Reference(await answer.json()).show(document.getElementById("contents"), main);
    if (window.location.hash) document.getElementById(window.location.hash.slice(1))?.scrollIntoView();
  } catch (error) {
    main.replaceChildren(element("p", {}, `The document could not be read: ${error.message}`));
  }
}

start();
