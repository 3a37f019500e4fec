/** ComicScout UK, the worked example: everything that `npm run rehearse` needs to know. */
export default {
  backup: 'fixtures/comicscout.sql.gz',
  migrations: 'migrations',
  // 2025_06_02_001_mint_grade adds a row on purpose; no other existing row may change.
  allowedDataChanges: ['grades'],
  // Locks are judged by how long clients would wait; ComicScout can do without its listings for three seconds.
  hazards: { errorStall: '3s' },
  // Nobody who reads a report or a failing spec learns a subscriber's address; shops are no secret.
  masking: { rules: { 'alerts.email': 'email', 'watch_lists.email': 'email', 'sellers.name': 'keep' } },
  specs: ['specs/**/*.spec.ts'],
  // While it is replaced, the old release must get along with the new schema: everything but the schema's own spec.
  previousSpecs: ['specs/!(schema).spec.ts'],
  app: {
    command: 'node fixtures/app/server.ts',
    previousCommand: 'COMICSCOUT_RELEASE=previous node fixtures/app/server.ts',
    readyUrl: 'http://127.0.0.1:{port}/healthz',
  },
  reports: {
    html: 'rehearsal-report/rehearsal.html',
    json: 'rehearsal-report/rehearsal.json',
    markdown: 'rehearsal-report/rehearsal.md',
  },
}
