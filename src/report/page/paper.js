"use strict";
const value=cell=>cell?.dataset.v!==undefined&&cell.dataset.v!==""?Number(cell.dataset.v):null;
const compare=(a,b)=>{const x=value(a),y=value(b);
  if(x!==null||y!==null)return (x??-Infinity)-(y??-Infinity);
  return a.textContent<b.textContent?-1:a.textContent>b.textContent?1:0;};
for(const table of document.querySelectorAll("table.data")){
  const body=table.tBodies[0],heads=[...table.tHead.rows[0].cells].map(head=>head.textContent);
  // A phone shows each row as a card, every cell under its head.
  for(const row of [...body.rows,...table.tFoot?.rows??[]])
    [...row.cells].forEach((cell,place)=>{cell.dataset.of=heads[place];});
  [...table.tHead.rows[0].cells].forEach((head,place)=>{
    const button=document.createElement("button");
    button.type="button";button.append(...head.childNodes);head.append(button);
    button.addEventListener("click",()=>{
      const down=head.getAttribute("aria-sort")==="ascending";
      for(const other of table.tHead.rows[0].cells)other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort",down?"descending":"ascending");
      const rows=[...body.rows].sort((a,b)=>compare(a.cells[place],b.cells[place])*(down?-1:1));
      body.append(...rows);
    });
  });
  if(body.rows.length<12)continue;
  const input=document.createElement("input");
  input.className="filter";input.type="search";input.placeholder=document.body.dataset.filter;input.setAttribute("aria-label",document.body.dataset.filter);
  input.addEventListener("input",()=>{
    const wanted=input.value.toLowerCase();
    // The sum under the table is of all rows it prints.
    if(table.tFoot)table.tFoot.hidden=wanted!=="";
    for(const row of body.rows)row.hidden=!row.textContent.toLowerCase().includes(wanted);
  });
  table.parentElement.before(input);
}
addEventListener("beforeprint",()=>{for(const open of document.querySelectorAll("details"))open.open=true;});
