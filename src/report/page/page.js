"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { t, findings, rules, severities, parties, rows, fields, files, day } = data, off = new Set(data.off);
  const PAGE = 50, PRINTED = 1000;
  const state = { party: "", institution: "", rule: "", severity: "", status: "", text: "", sort: "severity", down: true, from: 0, open: new Set() };
  const names = data.institutions;
  const el = (tag, attributes, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) {
      if (name === "on") for (const [event, act] of Object.entries(value)) made.addEventListener(event, act);
      else if (value !== undefined && value !== false) made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== undefined && child !== null));
    return made;
  };
  // Amounts are texts; they are compared as whole numbers of fen.
  const fen = (text) => (text ? BigInt(text.replace(".", "")) : null);
  const SORTS = {
    severity: (f) => f.s, rule: (f) => f.r, party: (f) => f.p + f.i, key: (f) => f.k,
    amount: (f) => fen(f.a), days_late: (f) => (f.l === undefined ? null : f.l), first_seen: (f) => f.f, status: (f) => f.o,
  };
  // Evidence is the place of a row in the page, or a row of a file, or a name.
  const named = (v) => (typeof v === "number" ? rows[v].at : Array.isArray(v) ? `${files[v[0]]}#${v[1]}` : v);
  const haystack = (f) => (f.hay ??= [f.id, f.n, f.k, f.e, f.i, names[f.i], f.t, f.c, rules[f.r].id, rules[f.r].title, ...f.v.map(named)].join(" ").toLowerCase());
  const chosen = () => {
    const words = state.text.toLowerCase().split(/\s+/).filter(Boolean);
    const kept = findings.filter((f) =>
      (state.party === "" || f.p === Number(state.party)) && (!state.institution || f.i === state.institution) &&
      (!state.rule || rules[f.r].id === state.rule) && (state.severity === "" || f.s === Number(state.severity)) &&
      (!state.status || (state.status === "new" ? f.o === 0 && f.f === day : String(f.o) === state.status)) &&
      words.every((word) => haystack(f).includes(word)));
    if (state.sort) {
      const of = SORTS[state.sort], sign = state.down ? -1 : 1;
      const keyed = kept.map((f, place) => [of(f), place, f]);
      keyed.sort(([a, x], [b, y]) => {
        if (a === b) return x - y;
        if (a === null) return 1;
        if (b === null) return -1;
        return (a < b ? -1 : 1) * sign;
      });
      return keyed.map(([, , f]) => f);
    }
    return kept;
  };
  const choice = (name, label, options) => {
    const select = el("select", { name, on: { change: () => { state[name] = select.value; state.from = 0; draw(); } } },
      el("option", { value: "" }, t.all), ...options.map(([value, text]) => el("option", { value }, text)));
    return el("label", {}, label, select);
  };
  const used = (of) => [...new Set(findings.map(of))];
  const search = el("input", { type: "search", name: "text", placeholder: t.search_hint, size: 26, on: { input: () => { state.text = search.value; state.from = 0; draw(); } } });
  const bar = el("form", { class: "filters", on: { submit: (event) => event.preventDefault() } },
    el("label", {}, t.search, search),
    choice("party", t.party, used((f) => f.p).map((p) => [p, parties[p]])),
    choice("institution", t.institution, used((f) => f.i).filter(Boolean).sort().map((i) => [i, `${names[i] || ""} ${i}`])),
    choice("rule", t.rule, used((f) => f.r).sort((a, b) => a - b).map((r) => [rules[r].id, `${rules[r].title} ${rules[r].id}`])),
    choice("severity", t.severity, severities.map(([, name], at) => [at, name]).reverse()),
    choice("status", t.status, [["new", t.new], ["0", t.still_open], ["1", t.resolved]]),
    el("button", { type: "button", on: { click: () => { Object.assign(state, { party: "", institution: "", rule: "", severity: "", status: "", text: "", from: 0 }); bar.reset(); draw(); } } }, t.clear));
  const counts = el("span", { role: "status", "aria-live": "polite" });
  const back = el("button", { type: "button", on: { click: () => turn(-PAGE) } }, t.previous);
  const on = el("button", { type: "button", on: { click: () => turn(PAGE) } }, t.next);
  const turn = (by) => { state.from = Math.max(0, state.from + by); draw(); document.getElementById("findings").scrollIntoView(); };
  const COLUMNS = [["severity", t.severity], ["rule", t.rule], ["key", t.key], ["party", t.institution], ["amount", t.amount, "n"], ["days_late", t.days_late, "n"], ["status", t.status], ["first_seen", t.first_seen, "n"]];
  const heads = COLUMNS.map(([id, title, css]) => el("th", { scope: "col", class: css }, el("button", { type: "button", on: { click: () => { state.down = state.sort === id && !state.down; state.sort = id; state.from = 0; draw(); } } }, title)));
  const body = el("tbody");
  // What is printed: every finding in a line or two, and of those that are open on the screen the evidence.
  const note = el("p", { class: "note" }), printed = el("tbody");
  const PRINT_COLUMNS = [["severity", t.severity], ["id", t.finding_id], ["rule", t.rule], ["key", t.key], ["who", t.institution], ["n", t.amount], ["due", t.deadline], ["said", t.what_is_found]];
  const paper = el("div", { class: "print" }, note, el("table", { class: "paper" },
    el("colgroup", {}, ...PRINT_COLUMNS.map(([css]) => el("col", { class: css }))),
    el("thead", {}, el("tr", {}, ...PRINT_COLUMNS.map(([css, title]) => el("th", { scope: "col", class: css }, title)))), printed));
  const group = (text) => { const [whole, rest] = text.split("."); return `${whole.replace(/\B(?=(\d{3})+$)/g, ",")}.${rest}`; };
  const severity = (f) => el("span", { class: `sev ${severities[f.s][0]}` }, severities[f.s][1]);
  const status = (f) => (f.o ? `✓ ${t.resolved}` : f.f === day ? `● ${t.new}` : `○ ${t.still_open}`);
  const row = (f) => {
    const id = `d${f.id}`, isOpen = state.open.has(f.id);
    const button = el("button", { type: "button", "aria-expanded": String(isOpen), "aria-controls": id, title: t.evidence, on: { click: () => { isOpen ? state.open.delete(f.id) : state.open.add(f.id); draw(f.id); } } }, isOpen ? "▾" : "▸");
    return el("tr", { class: "finding", id: `f${f.id}` },
      el("td", {}, button, severity(f)),
      el("td", {}, rules[f.r].title, el("div", { class: "note id" }, rules[f.r].id)),
      el("td", { class: "key" }, f.k, el("div", { class: "note" }, f.e)),
      el("td", { class: "id" }, parties[f.p], el("div", { class: "note" }, `${names[f.i] || ""} ${f.i}`)),
      el("td", { class: "n" }, f.a ? group(f.a) : "", f.d ? el("div", { class: "differs" }, `≠ ${group(f.d)}`) : ""),
      el("td", { class: "n" }, f.l === undefined ? "" : String(f.l)),
      el("td", { class: "whole" }, status(f)),
      el("td", { class: "n" }, f.f));
  };
  const line = (f) => el("tr", {},
    el("td", {}, severities[f.s][1], " ", f.o ? "✓" : f.f === day ? "●" : "○"),
    el("td", { class: "id" }, f.id),
    el("td", {}, rules[f.r].title),
    el("td", { class: "id" }, f.k),
    el("td", {}, names[f.i] || `${parties[f.p]} ${f.i}`),
    el("td", { class: "n" }, f.a ? group(f.a) : "", f.d ? el("div", { class: "differs" }, `≠ ${group(f.d)}`) : ""),
    el("td", {}, f.due || "", f.l ? el("div", {}, `${t.days_late} ${f.l}`) : ""),
    el("td", {}, f.e));
  const next = (text, by) => { const at = new Date(`${text}T00:00:00Z`); at.setUTCDate(at.getUTCDate() + by); return at.toISOString().slice(0, 10); };
  const strip = (f) => {
    const marks = [[f.on, t.event], [f.due, t.deadline], [f.set, t.settled], [day, t.today]].filter(([at]) => at);
    if (!f.due && !f.on) return null;
    const days = marks.map(([at]) => at).sort(), first = next(days[0], -1), last = next(days[days.length - 1], 1);
    const cells = [];
    for (let at = first; at <= last; at = next(at, 1)) {
      if (cells.length > 31) { cells.push(el("span", {}, "…")); break; }
      const words = marks.filter(([marked]) => marked === at).map(([, word]) => word);
      if (off.has(at)) words.push(t.day_off);
      cells.push(el("span", { class: [off.has(at) && "off", at === f.due && "due", at === day && "now"].filter(Boolean).join(" ") }, el("b", {}, at.slice(5)), words.join(" ")));
    }
    return el("div", { class: "strip", role: "group", "aria-label": t.deadline }, ...cells);
  };
  const evidence = (f) => {
    const here = f.v.filter((v) => typeof v === "number").map((v) => rows[v]), away = f.v.filter((v) => typeof v !== "number").map(named);
    const parts = [];
    if (here.length) {
      const shown = [...new Set(here.flatMap((r) => r.cells.map(([field]) => field)))].sort((a, b) => a - b);
      const lines = shown.map((field) => {
        const texts = here.map((r) => r.cells.filter(([of]) => of === field).map(([, text]) => text)[0]);
        const said = texts.filter((text) => text !== undefined), usual = said[0];
        const differs = said.some((text) => text !== usual);
        return el("tr", {}, el("th", { scope: "row", class: differs ? "differs" : "" }, differs ? `≠ ${fields[field]}` : fields[field]),
          ...texts.map((text) => el("td", { class: differs && text !== undefined && text !== usual ? "differs id" : "id" }, text === undefined ? "" : differs && text !== usual ? `≠ ${text}` : text)));
      });
      parts.push(el("div", { class: "wide" }, el("table", { class: "rows" },
        el("thead", {}, el("tr", {}, el("th", {}, t.field), ...here.map((r) => el("th", { scope: "col" }, r.ledger, el("div", { class: "note id" }, r.at))))), el("tbody", {}, ...lines))));
    }
    if (away.length) parts.push(el("p", { class: "note" }, here.length ? t.rows_left_out.replace("{count}", away.length) : t.no_rows, " ", el("span", { class: "id" }, away.join("; "))));
    return parts;
  };
  const detail = (f, columns) => el("tr", { class: "detail", id: `d${f.id}` }, el("td", { colspan: columns.length },
    el("p", {}, f.e),
    el("div", { class: "facts" }, ...[[t.law, rules[f.r].law[f.p]], [t.to_do, data.todo[f.w]], [t.treasury, f.t], [t.difference, f.d], ["ID", f.id]].filter(([, text]) => text).map(([name, text]) => el("div", {}, el("b", {}, name), " ", text)),
      ...(f.n ? [el("div", {}, el("b", {}, f.o ? t.settles : t.notice), " ", data.notices[f.n] ? el("a", { href: `../${data.notices[f.n]}/notices/${f.n}.html` }, f.n) : f.n)] : [])),
    strip(f), ...evidence(f)));
  const draw = (focus) => {
    const kept = chosen();
    if (state.from >= kept.length) state.from = 0;
    const to = Math.min(state.from + PAGE, kept.length);
    body.replaceChildren(...kept.slice(state.from, to).flatMap((f) => (state.open.has(f.id) ? [row(f), detail(f, COLUMNS)] : [row(f)])));
    counts.textContent = t.shown_of.replace("{from}", kept.length ? state.from + 1 : 0).replace("{to}", to).replace("{all}", kept.length).replace("{total}", findings.length);
    back.disabled = state.from === 0;
    on.disabled = to === kept.length;
    heads.forEach((head, at) => head.setAttribute("aria-sort", COLUMNS[at][0] === state.sort ? (state.down ? "descending" : "ascending") : "none"));
    if (focus) document.querySelector(`#f${CSS.escape(focus)} button`)?.focus();
  };
  document.getElementById("list").append(bar, el("div", { class: "pager" }, counts, back, on),
    el("div", { class: "wide" }, el("table", {}, el("thead", {}, el("tr", {}, ...heads)), body)), paper);
  for (const link of document.querySelectorAll("a[data-party]")) link.addEventListener("click", () => {
    Object.assign(state, { party: link.dataset.party, institution: link.dataset.institution, rule: "", severity: "", status: "", text: "", from: 0 });
    bar.reset();
    bar.elements.party.value = state.party;
    bar.elements.institution.value = state.institution;
    draw();
  });
  addEventListener("beforeprint", () => {
    const kept = chosen();
    body.replaceChildren();
    printed.replaceChildren(...kept.slice(0, PRINTED).flatMap((f) => (state.open.has(f.id) ? [line(f), detail(f, PRINT_COLUMNS)] : [line(f)])));
    note.textContent = `${t.print_note.replace("{shown}", Math.min(PRINTED, kept.length)).replace("{all}", kept.length)} ● ${t.new} ○ ${t.still_open} ✓ ${t.resolved}`;
  });
  addEventListener("afterprint", () => { printed.replaceChildren(); draw(); });
  if (location.hash.startsWith("#f") && location.hash !== "#findings") {
    const id = location.hash.slice(2), at = findings.findIndex((f) => f.id === id);
    if (at >= 0) { state.from = at - (at % PAGE); state.open.add(id); draw(id); return; }
  }
  draw();
})();
