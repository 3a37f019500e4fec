import { expect } from 'chai'
import { rolesOf } from './roles.ts'

describe('roles that a statement needs', () => {
  const cases: readonly (readonly [statement: string, roles: readonly string[]])[] = [
    ['ALTER TABLE public.titles OWNER TO app;', ['app']],
    ['ALTER TABLE public."owner to me" OWNER TO "App Owner";', ['App Owner']],
    ['ALTER FUNCTION public.f(owner text, "to" integer) OWNER TO "say ""hi""";', ['say "hi"']],
    ['ALTER TABLE ONLY public.t ADD CONSTRAINT c CHECK ((a > 0));', []],
    ['GRANT SELECT,INSERT ON TABLE public.titles TO reader;', ['reader']],
    ['GRANT ALL ON SCHEMA "to" TO "Zoë", Writer WITH GRANT OPTION;', ['Zoë', 'writer']],
    ['GRANT SELECT(a),UPDATE("to") ON TABLE public.to TO reader GRANTED BY boss;', ['reader', 'boss']],
    ['GRANT USAGE ON SCHEMA public TO PUBLIC;', []],
    ['GRANT USAGE ON SCHEMA public TO GROUP staff;', ['staff']],
    ['GRANT staff TO alice, bob;', ['staff', 'alice', 'bob']],
    ['REVOKE USAGE ON SCHEMA public FROM PUBLIC;', []],
    ['REVOKE ALL ON FUNCTION public.f("from" text) FROM "from";', ['from']],
    ['CREATE POLICY p ON public.t TO tenant, "Other" USING ((owner = CURRENT_USER));', ['tenant', 'Other']],
    ['CREATE POLICY "to" ON public.t AS RESTRICTIVE FOR SELECT TO tenant USING (true);', ['tenant']],
    [`CREATE POLICY p ON public.t USING ((a = ('to x'::text)));`, []],
    [
      'ALTER DEFAULT PRIVILEGES FOR ROLE deployer IN SCHEMA public GRANT SELECT ON TABLES TO reader;',
      ['deployer', 'reader'],
    ],
    ['ALTER DEFAULT PRIVILEGES FOR ROLE deployer REVOKE ALL ON FUNCTIONS FROM PUBLIC;', ['deployer']],
    ["CREATE USER MAPPING FOR bridge SERVER s OPTIONS (password 'to x');", ['bridge']],
    ['CREATE SCHEMA audit AUTHORIZATION auditor;', ['auditor']],
    ['CREATE SCHEMA audit;', []],
    [`SET SESSION AUTHORIZATION 'it''s';`, [`it's`]],
    ['SET SESSION AUTHORIZATION DEFAULT;', []],
    ['ALTER TABLE t OWNER TO CURRENT_USER;', []],
    ['ALTER TABLE t OWNER TO "current_user";', ['current_user']],
    [`COMMENT ON TABLE t IS 'OWNER TO x';`, []],
    ['CREATE TABLE t (a text);', []],
  ]
  for (const [statement, roles] of cases) {
    it(`${roles.join(', ') || 'none'}: ${statement}`, () => expect(rolesOf(statement)).to.deep.equal(roles))
  }
})
