import { expect } from 'chai'
import { withClient } from '../postgres/client.ts'
import type { DatabaseLocale } from '../postgres/database-locale.ts'
import { serverOrSkip, testServers } from '../testing/server.ts'
import type { Server } from './engine.ts'

const libc = (name: string): DatabaseLocale => ({
  encoding: 'UTF8',
  provider: 'libc',
  collate: name,
  ctype: name,
  locale: null,
  rules: null,
})
const icu: DatabaseLocale = { ...libc('C.UTF-8'), provider: 'icu', locale: 'de-DE' }

for (const testServer of testServers) {
  describe(`the locale of a database on ${testServer.title}`, () => {
    let server: Server

    before(async function () {
      server = await serverOrSkip(testServer, this)
    })

    const cases: readonly (readonly [string, DatabaseLocale, made: RegExp, differs: RegExp | undefined])[] = [
      ['exactly C', libc('C'), /^UTF8 c C C null$/, undefined],
      ['exactly C.UTF-8', libc('C.UTF-8'), /^UTF8 c C.UTF-8 C.UTF-8 null$/, undefined],
      ['LATIN1 with C', { ...libc('C'), encoding: 'LATIN1' }, /^LATIN1 c C C null$/, undefined],
      ['exactly ICU', icu, /^UTF8 i C.UTF-8 C.UTF-8 de-DE$/, undefined],
      [
        'ICU where the system lacks libc',
        { ...icu, collate: 'xx_XX', ctype: 'xx_XX' },
        /^UTF8 i \S+ \S+ de-DE$/,
        /has lc_collate xx_XX.* icu de-DE/,
      ],
      [
        'its language in ICU',
        libc('fi_FI.UTF-8'),
        /^UTF8 i \S+ \S+ fi-FI$/,
        /sorts text by libc fi_FI.UTF-8, .* by icu fi-FI/,
      ],
      [
        'the server’s own for the unknown',
        libc('Klingon_Empire.1252'),
        /^UTF8 /,
        /libc Klingon_Empire.1252, .* by code points/,
      ],
    ]
    for (const [title, locale, made, differs] of cases) {
      it(`is ${title}`, async () => {
        const differences = await server.createDatabase('located', { encoding: 'LATIN9', locale })
        const answer = await withClient(server.connection('located'), (client) =>
          client.query<{ made: string }>(
            `select concat_ws(' ', pg_encoding_to_char(encoding), datlocprovider, datcollate, datctype,
                      coalesce(to_jsonb(d) ->> 'datlocale', to_jsonb(d) ->> 'daticulocale', 'null')) as made
               from pg_database d where datname = current_database()`,
          ),
        )
        await server.dropDatabase('located')
        expect(answer.rows[0]?.made).to.match(made)
        if (differs === undefined) expect(differences).to.deep.equal([])
        else expect(differences.join()).to.match(differs)
      })
    }

    it('is the built-in one from 17 on', async function () {
      if (server.major < 17) this.skip()
      const builtin: DatabaseLocale = { ...libc('C'), provider: 'builtin', locale: 'C.UTF-8' }
      expect(await server.createDatabase('located', { locale: builtin })).to.deep.equal([])
      await server.dropDatabase('located')
    })
  })
}
