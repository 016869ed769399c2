// Style and script of the HTML report. Included by document_html.cpp only.
#pragma once

#include <string_view>

namespace ft::analysis::report {

// The colours of the marks are those of Okabe and Ito, lighter on a dark ground.
inline constexpr std::string_view html_style = R"css(
:root{--ground:#fff;--text:#1a1a1a;--dim:#5c5c5c;--rule:#d6d6d6;--panel:#f5f6f8;--link:#00569b;
--s0:#0072b2;--s1:#b87900;--s2:#c24a00;--s3:#007a59;--s4:#a3487c;--s5:#666}
@media(prefers-color-scheme:dark){:root:not([data-theme=light]){--ground:#14171a;--text:#e8e8e8;--dim:#a8a8a8;--rule:#3a3f45;
--panel:#1e2328;--link:#8ecbff;--s0:#56b4e9;--s1:#e69f00;--s2:#ff8a4c;--s3:#3ecf9f;--s4:#e39bc4;--s5:#a0a0a0}}
:root[data-theme=dark]{--ground:#14171a;--text:#e8e8e8;--dim:#a8a8a8;--rule:#3a3f45;--panel:#1e2328;--link:#8ecbff;
--s0:#56b4e9;--s1:#e69f00;--s2:#ff8a4c;--s3:#3ecf9f;--s4:#e39bc4;--s5:#a0a0a0}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1100px;padding:1rem;background:var(--ground);color:var(--text);
font:16px/1.5 system-ui,"Noto Sans","Noto Sans CJK SC","PingFang SC","Microsoft YaHei",sans-serif}
h1{font-size:1.3rem}h2{font-size:1.15rem;margin-top:2rem;border-top:1px solid var(--rule);padding-top:1rem}h3{font-size:1rem}
a{color:var(--link)}a:focus-visible,button:focus-visible,input:focus-visible,summary:focus-visible{outline:3px solid var(--s1);outline-offset:1px}
.skip{position:absolute;left:-999px}.skip:focus{left:1rem}
table{border-collapse:collapse;width:100%;font-size:.88rem;font-variant-numeric:tabular-nums}
caption{text-align:left;font-weight:600;padding:.3rem 0}
th,td{text-align:left;padding:.25rem .5rem;border-bottom:1px solid var(--rule);vertical-align:top}
td.n,th.n{text-align:right}.wide{overflow-x:auto}
th button{all:unset;cursor:pointer;font-weight:600;text-decoration:underline dotted}
th button:focus-visible{outline:3px solid var(--s1)}
th[aria-sort=ascending] button:after{content:" \25B2"}th[aria-sort=descending] button:after{content:" \25BC"}
button,input{font:inherit;color:inherit;background:var(--panel);border:1px solid var(--rule);border-radius:4px;padding:.15rem .5rem}
.tools{display:flex;gap:.5rem;flex-wrap:wrap;margin:.5rem 0;align-items:center}
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:.5rem 0}dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere}
.finding{border-left:5px solid var(--s5);background:var(--panel);padding:.5rem 1rem;margin:.8rem 0}
.finding h4{margin:0 0 .3rem}.error{border-color:var(--s2)}.warning{border-color:var(--s1)}.note{border-color:var(--s0)}
.bad,.t-error{color:var(--s2)}.warn,.t-warning{color:var(--s1)}.good{color:var(--s3)}.dim{color:var(--dim)}
figure{margin:1rem 0}figcaption{font-weight:600}svg{width:100%;height:auto;background:var(--ground);border:1px solid var(--rule)}
text{font:12px ui-monospace,"DejaVu Sans Mono",monospace;fill:var(--text)}text.axis,text.time,text.says,text.hidden{fill:var(--dim)}
text.actor,text.hidden{font-weight:700}text.state{font-weight:700;fill:var(--s0)}
.grid{stroke:var(--rule);stroke-width:1}.lifeline{stroke:var(--dim);stroke-width:1.5}.arrow{stroke-width:1.6}.broken{stroke-dasharray:7 4}
.line{fill:none;stroke-width:1.6}.thick{stroke-width:2.4}
.s0 *{stroke:var(--s0)}.s1 *{stroke:var(--s1)}.s2 *{stroke:var(--s2)}.s3 *{stroke:var(--s3)}.s4 *{stroke:var(--s4)}.s5 *{stroke:var(--s5)}
.s0 .full{fill:var(--s0)}.s1 .full{fill:var(--s1)}.s2 .full{fill:var(--s2)}.s3 .full{fill:var(--s3)}.s4 .full{fill:var(--s4)}.s5 .full{fill:var(--s5)}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:.2rem 1.2rem;padding:0;margin:.3rem 0;font-size:.88rem}
.legend svg{width:26px;height:14px;border:0;vertical-align:middle;background:none}
pre,code,.hex{font-family:ui-monospace,"DejaVu Sans Mono",monospace;font-size:.85rem}pre{overflow-x:auto;background:var(--panel);padding:.5rem}
.tree{list-style:none;margin:.3rem 0;padding:0}.tree li{overflow-wrap:anywhere}.hex{white-space:pre;overflow-x:auto}
.hex b.on{background:var(--s1);color:#000}.tree [tabindex]:focus-visible{outline:2px solid var(--s1)}.tree .has{cursor:default}
details>summary{cursor:pointer}.paper{display:none}
@media(max-width:720px){figure{overflow-x:auto}figure>svg{min-width:660px}}
@media print{:root,:root[data-theme=dark]{--ground:#fff;--text:#000;--dim:#444;--rule:#bbb;--panel:#fff;--link:#000;
--s0:#0072b2;--s1:#b87900;--s2:#c24a00;--s3:#007a59;--s4:#a3487c;--s5:#666}
body{max-width:none;padding:0;font-size:10pt}.tools,.skip,.noprint{display:none!important}h2,h3,figcaption{break-after:avoid}
.finding,figure.graph,tr,.paper svg{break-inside:avoid}a,th button{text-decoration:none}
.wide{overflow:visible}table{font-size:7pt}th,td{padding:.15rem .25rem}
svg.ladder{display:none}.paper{display:block}.paper svg{display:block;border:0}}
)css";

inline constexpr std::string_view html_script = R"js(
'use strict';
(() => {
  const all = (root, what) => Array.from(root.querySelectorAll(what));
  const root = document.documentElement;
  const theme = document.getElementById('theme');
  theme.hidden = false;
  theme.addEventListener('click', () => {
    const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
    root.dataset.theme = dark ? 'light' : 'dark';
  });
  const key = (row, index, number) => {
    const cell = row.cells[index];
    const text = cell.dataset.v !== undefined ? cell.dataset.v : cell.textContent;
    return number ? (parseFloat(text) || 0) : text;
  };
  for (const table of all(document, 'table.sorted')) {
    all(table, 'thead th').forEach((head, index) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener('click', () => {
        const up = head.getAttribute('aria-sort') !== 'ascending';
        all(table, 'thead th').forEach((other) => other.removeAttribute('aria-sort'));
        head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
        const number = head.classList.contains('n');
        const rows = all(table.tBodies[0], 'tr').map((row) => [key(row, index, number), row]);
        rows.sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0) * (up ? 1 : -1));
        table.tBodies[0].append(...rows.map((pair) => pair[1]));
      });
    });
  }
  for (const box of all(document, 'input.filter')) {
    box.closest('.tools').hidden = false;
    const rows = all(document.getElementById(box.dataset.table).tBodies[0], 'tr');
    const count = box.closest('.tools').querySelector('output');
    const apply = () => {
      const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        if (!row.hidden) shown += 1;
      }
      count.textContent = shown + ' / ' + rows.length;
    };
    box.addEventListener('input', apply);
    apply();
  }
  for (const figure of all(document, 'figure.zoom')) {
    const svg = figure.querySelector(':scope > svg');
    const start = svg.getAttribute('viewBox').split(' ').map(Number);
    let view = start.slice();
    const set = (next) => { view = next; svg.setAttribute('viewBox', view.join(' ')); };
    const zoom = (factor) => set([view[0] + view[2] * (1 - factor) / 2, view[1] + view[3] * (1 - factor) / 2, view[2] * factor, view[3] * factor]);
    const move = (x, y) => set([view[0] + view[2] * x, view[1] + view[3] * y, view[2], view[3]]);
    const save = () => {
      const copy = svg.cloneNode(true);
      const style = document.createElementNS('http://www.w3.org/2000/svg', 'style');
      style.textContent = document.querySelector('style').textContent;
      copy.prepend(style);
      const link = document.createElement('a');
      link.href = URL.createObjectURL(new Blob([new XMLSerializer().serializeToString(copy)], {type: 'image/svg+xml'}));
      link.download = figure.id + '.svg';
      link.click();
      URL.revokeObjectURL(link.href);
    };
    const acts = {'+': () => zoom(0.7), '-': () => zoom(1 / 0.7), '0': () => set(start.slice()), s: save,
      l: () => move(-0.2, 0), r: () => move(0.2, 0), u: () => move(0, -0.2), d: () => move(0, 0.2)};
    const tools = figure.querySelector('.tools');
    tools.hidden = false;
    for (const button of all(tools, 'button')) button.addEventListener('click', () => acts[button.dataset.act]());
  }
  for (const packet of all(document, '.packet')) {
    const octets = all(packet, '.hex b');
    const mark = (from, size) => octets.forEach((octet, index) => octet.classList.toggle('on', index >= from && index < from + size));
    for (const field of all(packet, '.has')) {
      const show = () => mark(Number(field.dataset.f), Number(field.dataset.n));
      field.tabIndex = 0;
      field.addEventListener('mouseenter', show);
      field.addEventListener('focus', show);
      field.addEventListener('mouseleave', () => mark(0, 0));
      field.addEventListener('blur', () => mark(0, 0));
    }
  }
  const reveal = () => {
    const target = location.hash.length > 1 ? document.getElementById(location.hash.slice(1)) : null;
    for (let node = target; node; node = node.parentElement) if (node.tagName === 'DETAILS') node.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener('hashchange', reveal);
  reveal();
})();
)js";

}  // namespace ft::analysis::report
