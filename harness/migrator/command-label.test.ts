import { expect } from 'chai'
import { commandLabel } from './command-label.ts'

describe('the name of a command', () => {
  const names = [
    ['npx prisma migrate deploy', 'prisma migrate deploy'],
    ['npx --no-install knex migrate:latest', 'knex migrate:latest'],
    ["PGOPTIONS='-c x=1' NODE_ENV=production pnpm exec drizzle-kit migrate", 'drizzle-kit migrate'],
    ['node-pg-migrate  up', 'node-pg-migrate up'],
    ['yarn knex migrate:latest', 'knex migrate:latest'],
    ['npm run migrate', 'migrate'],
    ['psql -f up.sql', 'psql -f up.sql'],
    ['npx', 'npx'],
  ] as const
  for (const [command, name] of names) {
    it(`is ${name} for ${command}`, () => expect(commandLabel(command)).to.equal(name))
  }

  it('has 60 characters at most', () => {
    expect(commandLabel(`psql -f ${'x'.repeat(100)}`)).to.have.length(60)
  })
})
