// A program for the tests: opens a run with an embedded server, says so in one line of JSON, and then, by its
// argument, waits to be killed (`wait`), keeps the server and exits (`keep`), or stops it and exits (`stop`).
import { setTimeout as sleep } from 'node:timers/promises'
import { embedded } from '../engines/embedded.ts'
import { openRun } from '../runs/open-run.ts'

const ending = process.argv[2]
const run = await openRun()
const request = { major: undefined, image: undefined, serverUrl: undefined, run }
const probe = await embedded.probe(request)
const server = await embedded.start(request)
const connection = server.connection('postgres')
console.log(JSON.stringify({ id: run.id, directory: run.directory, connection, probe }))

if (ending === 'wait') await sleep(600_000)
if (ending === 'keep') await server.keep()
if (ending === 'stop') await server.stop()
await run.dispose()
