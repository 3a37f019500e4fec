/**
 * Whether SQL must run as it is sent: it begins or ends transactions, behaves differently inside a block, or is
 * refused there. Errs on the side of yes.
 * https://www.postgresql.org/docs/current/sql-commands.html, "cannot be executed inside a transaction block".
 */
export function runsAlone(sql: string): boolean {
  return statementsIn(sql).some((text) => alone.test(text) || (/^do\b/.test(text) && ends.test(sql)))
}

/** Whether SQL only begins, ends or sets something, so that nothing has to be looked at after it. */
export function isControl(sql: string): boolean {
  return statementsIn(sql).every((text) => control.test(text))
}

/** Good enough to see how each begins; literals and the bodies of functions are emptied. */
function statementsIn(sql: string): string[] {
  const pieces = sql.replaceAll(hidden, ' ').split(';')
  return pieces.map((piece) => piece.trim().replaceAll(/\s+/g, ' ').toLowerCase()).filter(Boolean)
}

const hidden = /--[^\n]*|\/\*[^]*?\*\/|'(?:[^']|'')*'|\$(\w*)\$[^]*?\$\1\$/g

const control =
  /^(begin|start transaction|commit|end|rollback|abort|savepoint|release|prepare transaction|set|reset|show|discard|listen|unlisten|notify|deallocate)\b/

const ends = /\b(commit|rollback)\b/i

const alone = new RegExp(
  [
    control.source,
    /^(vacuum|call|lock|declare|fetch|move|close|reindex (database|system)|cluster$)/.source,
    /^(create|drop|alter) (database|tablespace|subscription|system)\b/.source,
    /^(create (unique )?index|drop index|reindex) .*\bconcurrently\b/.source,
    /^(create (unique )?index|drop index|reindex) concurrently\b/.source,
    /^alter table .* detach partition .* concurrently$/.source,
  ].join('|'),
)
