import { markup, type Content, type Markup } from './markup.ts'

/** A part of the page that the bar at the top leads to. */
export function section(id: string, title: string, lead: Content, body: Content): Markup {
  return markup`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>
${lead !== false && markup`<p class="lead">${lead}</p>`}${body}</section>
`
}

/** Names and values, in a card. */
export function facts(rows: readonly (readonly [string, Content])[]): Markup {
  return markup`<div class="card"><dl class="facts">${rows.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`)}</dl></div>`
}
