import { markup, type Content } from '../../../reports/html/markup.ts'
import type { FleetResult } from '../../fleet.ts'

/** The name of a database, which leads to its report where there is one. */
export function databaseLink({ name, reports }: FleetResult): Content {
  return reports.html === undefined ? name : markup`<a href="${href(reports.html)}">${name}</a>`
}

/** A path from the fleet's directory as a reference, whatever is in its names. */
export function href(path: string): string {
  return path
    .split('/')
    .map((part) => encodeURIComponent(part))
    .join('/')
}
