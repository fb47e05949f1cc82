import JSON
import LinuxABI
import MountNamespace

extension MountGraph {
  /// The picture as one HTML file that needs no network: the data, a style, and a script that draws it.
  package var html: String {
    let data = Self.data(json.text)
    return """
      <!DOCTYPE html>
      <html lang="en"><head><meta charset="utf-8"><title>Mounts</title><style>
      \(GraphPage.style)
      </style></head><body>
      <header><input id="search" type="search" placeholder="Search path, type, source ( / )"> <span id="found"></span>
      <button id="fold">Fold all</button> <button id="unfold">Unfold all</button>
      <span class="legend">dot: member of a peer group; ring: slave; line: peers; arrow: master to slave</span></header>
      <main id="picture"><svg id="links"></svg><div id="columns"></div></main><aside id="details" hidden></aside>
      <script id="data" type="application/json">\(data)</script>
      <script>
      \(GraphPage.script)
      </script></body></html>

      """
  }

  /// JSON as it stands in a script element, which `<` would end, and in a terminal.
  private static func data(_ json: String) -> String {
    var text = ""
    for scalar in json.unicodeScalars {
      guard scalar == "<" || scalar.isMisleading && scalar != "\n" else {
        text.unicodeScalars.append(scalar)
        continue
      }
      for unit in String(scalar).utf16 {
        let digits = String(unit, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      }
    }
    return text
  }

  private var json: JSONValue {
    .array(
      columns.map { column in
        .object([
          .init("title", .string(column.title)), .init("detail", .string(column.detail)),
          .init(
            "rows",
            .array(
              column.rows.map { row in
                .object([
                  .init("name", .string(row.shortName(36))), .init("depth", .number(row.depth)),
                  .init("covered", .bool(row.isCovered)),
                  .init("path", .string(row.entry.mountPoint)), .init("type", .string(row.entry.type)),
                  .init("source", .string(row.entry.source)), .init("root", .string(row.entry.root)),
                  .init("options", .string(row.entry.options.joined(separator: ","))),
                  .init("group", row.entry.peerGroup.map { .number($0) } ?? .null),
                  .init("master", row.entry.master.map { .number($0) } ?? .null),
                  .init("colour", row.entry.peerGroup.map { .string(Self.colour(ofGroup: $0)) } ?? .null),
                  .init("ring", row.entry.master.map { .string(Self.colour(ofGroup: $0)) } ?? .null),
                  .init("id", .number(row.entry.id)), .init("propagation", .string(row.entry.propagationText)),
                ])
              }
            )
          ),
        ])
      }
    )
  }
}

/// The fixed parts of the page.
private enum GraphPage {
  static let style = """
    :root { color-scheme: light dark; --faint: #777; --line: #ddd; --mark: #ffe08a; }
    @media (prefers-color-scheme: dark) { :root { --line: #444; --mark: #6b5200; } }
    body { margin: 0; font: 13px/1.45 sans-serif; }
    header { position: sticky; top: 0; z-index: 3; padding: 8px 12px; background: Canvas; border-bottom: 1px solid var(--line); }
    .legend { color: var(--faint); margin-left: 12px; }
    main { position: relative; padding: 12px; }
    #columns { display: flex; gap: 70px; align-items: flex-start; }
    #links { position: absolute; left: 0; top: 0; pointer-events: none; z-index: 1; }
    .column { flex: none; min-width: 250px; }
    .column h2 { font-size: 14px; margin: 0; cursor: pointer; }
    .column p { margin: 0 0 6px; color: var(--faint); }
    .row { display: flex; align-items: center; cursor: pointer; white-space: nowrap; border-radius: 3px; }
    .row:hover, .row.lit { background: var(--mark); }
    .row .type { margin-left: auto; padding-left: 14px; color: var(--faint); font-size: 11px; }
    .row .name, .row .type { background: Canvas; position: relative; z-index: 2; }
    .row:hover .name, .row.lit .name, .row:hover .type, .row.lit .type { background: var(--mark); }
    .row .twist { width: 14px; color: var(--faint); }
    .row.covered .name { text-decoration: line-through; color: var(--faint); }
    .dot { width: 8px; height: 8px; border-radius: 50%; margin-right: 4px; border: 2px solid transparent; flex: none; }
    .dim .row:not(.lit) { opacity: .3; }
    .dim #links > path:not(.lit) { display: none; }
    .hidden { display: none; }
    aside { position: fixed; right: 0; bottom: 0; max-width: 46em; padding: 10px 16px; background: Canvas; border: 1px solid var(--line); z-index: 4; }
    aside dl { display: grid; grid-template-columns: auto 1fr; gap: 2px 14px; margin: 0; }
    aside dt { color: var(--faint); }
    aside dd { margin: 0; overflow-wrap: anywhere; }
    """

  /// Rows are elements whose text is set as text: whatever a mount point is named, it is never markup.
  static let script = """
    "use strict";
    const data = JSON.parse(document.getElementById("data").textContent);
    const columns = document.getElementById("columns"), links = document.getElementById("links");
    const details = document.getElementById("details"), found = document.getElementById("found");
    const rows = [];
    function add(parent, tag, name, text) {
      const element = document.createElement(tag);
      element.className = name;
      if (text !== undefined) element.textContent = text;
      return parent.appendChild(element);
    }
    data.forEach((column, c) => {
      const box = add(columns, "section", "column");
      add(box, "h2", "", column.title).onclick = () => fold(c, !rows.some(r => r.column === c && r.folded));
      add(box, "p", "", column.detail);
      column.rows.forEach((mount, index) => {
        const element = add(box, "div", "row" + (mount.covered ? " covered" : ""));
        const dot = add(element, "span", "dot");
        if (mount.colour) dot.style.background = mount.colour;
        if (mount.ring) dot.style.borderColor = mount.ring;
        const twist = add(element, "span", "twist");
        twist.style.marginLeft = mount.depth * 12 + "px";
        add(element, "span", "name", mount.name);
        add(element, "span", "type", mount.type);
        const row = { mount, element, dot, twist, column: c, index, folded: false };
        element.title = mount.path;
        twist.onclick = event => { event.stopPropagation(); row.folded = !row.folded; draw(); };
        element.onclick = () => show(row);
        rows.push(row);
      });
    });
    const related = (a, b) => (a.group !== null && (a.group === b.group || a.group === b.master))
      || (a.master !== null && (a.master === b.group || a.master === b.master));
    function hasChildren(row) {
      const next = rows[rows.indexOf(row) + 1];
      return next && next.column === row.column && next.mount.depth > row.mount.depth;
    }
    function fold(column, folded) {
      rows.filter(r => (column === null || r.column === column) && hasChildren(r)).forEach(r => r.folded = folded);
      draw();
    }
    function visible() {
      const query = document.getElementById("search").value.toLowerCase();
      let depth = Infinity, column = -1, count = 0;
      for (const row of rows) {
        if (row.column !== column) { column = row.column; depth = Infinity; }
        const isFolded = row.mount.depth > depth;
        if (!isFolded) depth = row.folded ? row.mount.depth : Infinity;
        const text = (row.mount.path + " " + row.mount.type + " " + row.mount.source).toLowerCase();
        row.shown = query ? text.includes(query) : !isFolded;
        if (row.shown) count += 1;
        row.element.classList.toggle("hidden", !row.shown);
        row.twist.textContent = hasChildren(row) ? (row.folded ? "▸" : "▾") : "";
      }
      found.textContent = query ? count + " found" : "";
    }
    function place(row) {
      const box = row.dot.getBoundingClientRect(), origin = links.getBoundingClientRect();
      return { left: box.left - origin.left, right: row.element.getBoundingClientRect().right - origin.left, y: box.top - origin.top + box.height / 2 };
    }
    function curve(from, to, colour, isArrow) {
      const a = place(from), b = place(to), same = from.column === to.column;
      const x1 = same || to.column < from.column ? a.left - 3 : a.right + 2, x2 = b.left - (isArrow ? 6 : 3);
      const bend = same ? -16 : (to.column < from.column ? -36 : 36);
      const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
      path.setAttribute("d", `M${x1} ${a.y}C${x1 + bend} ${a.y} ${x2 - Math.abs(bend)} ${b.y} ${x2} ${b.y}`);
      path.setAttribute("fill", "none");
      path.setAttribute("stroke", colour);
      path.setAttribute("stroke-opacity", "0.6");
      if (from.lit && to.lit) path.classList.add("lit");
      if (isArrow) { path.setAttribute("stroke-dasharray", "5 3"); path.setAttribute("marker-end", "url(#arrow)"); }
      links.append(path);
    }
    function draw() {
      visible();
      links.innerHTML = '<defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="gray"/></marker></defs>';
      const main = document.getElementById("picture");
      links.setAttribute("width", main.scrollWidth);
      links.setAttribute("height", main.scrollHeight);
      const groups = new Map();
      const shown = rows.filter(r => r.shown);
      for (const row of shown) if (row.mount.group !== null) {
        if (!groups.has(row.mount.group)) groups.set(row.mount.group, []);
        groups.get(row.mount.group).push(row);
      }
      for (const members of groups.values()) members.forEach((row, i) => { if (i) curve(members[i - 1], row, row.mount.colour, false); });
      for (const row of shown) {
        const masters = row.mount.master !== null && groups.get(row.mount.master);
        if (masters) curve(masters[0], row, row.mount.ring, true);
      }
    }
    function show(row) {
      const isOn = row.element.classList.contains("chosen");
      const linked = isOn ? [] : rows.filter(r => r !== row && related(row.mount, r.mount));
      for (const r of rows) {
        r.lit = !isOn && (r === row || linked.includes(r));
        r.element.classList.toggle("lit", r.lit);
        r.element.classList.toggle("chosen", !isOn && r === row);
      }
      document.getElementById("picture").classList.toggle("dim", !isOn);
      details.hidden = isOn;
      draw();
      if (isOn) return;
      details.textContent = "";
      const list = add(details, "dl", "");
      const tell = (name, text) => { add(list, "dt", "", name); add(list, "dd", "", text); };
      tell("namespace", data[row.column].title + ", " + data[row.column].detail);
      for (const name of ["path", "type", "source", "root", "options", "propagation", "id"]) tell(name, String(row.mount[name]));
      const places = linked.slice(0, 8).map(r => data[r.column].title + ": " + r.mount.path);
      if (linked.length > 8) places.push("and " + (linked.length - 8) + " more");
      if (linked.length) tell("linked", places.join("; "));
    }
    document.getElementById("search").oninput = draw;
    document.getElementById("fold").onclick = () => fold(null, true);
    document.getElementById("unfold").onclick = () => fold(null, false);
    document.addEventListener("keydown", event => {
      if (event.key === "/" && event.target.tagName !== "INPUT") { event.preventDefault(); document.getElementById("search").focus(); }
    });
    window.addEventListener("resize", draw);
    // Many mounts begin folded but for what is linked.
    if (rows.length > 400) {
      const isLinked = r => r.mount.group !== null || r.mount.master !== null;
      rows.forEach((row, i) => {
        if (row.mount.depth === 0 || !hasChildren(row)) return;
        let linked = false;
        for (let j = i + 1; j < rows.length && rows[j].column === row.column && rows[j].mount.depth > row.mount.depth; j += 1) linked ||= isLinked(rows[j]);
        row.folded = !linked;
      });
    }
    // A link can say what to look at: #search=srv, #fold=all, #show=/srv/data.
    const wanted = new URLSearchParams(location.hash.slice(1));
    if (wanted.has("search")) document.getElementById("search").value = wanted.get("search");
    draw();
    if (wanted.has("fold")) fold(null, true);
    const chosen = wanted.has("show") && rows.find(r => r.mount.path === wanted.get("show"));
    if (chosen) show(chosen);
    """
}
