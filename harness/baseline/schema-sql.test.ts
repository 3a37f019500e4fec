import { expect } from 'chai'
import { schemaStatements, stableSchema } from './schema-sql.ts'

const dump = `--
-- PostgreSQL database dump
--

\\restrict 4fJ2

-- Dumped from database version 17.10
-- Dumped by pg_dump version 17.10

SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);

--
-- Name: f(); Type: FUNCTION; Schema: public; Owner: app
--

CREATE FUNCTION public.f() RETURNS integer LANGUAGE plpgsql AS $$
-- Name: kept
SET work_mem = '1MB';
$$;

SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: t; Type: TABLE; Schema: public; Owner: app
--

CREATE TABLE public.t (a integer);

--
-- PostgreSQL database dump complete
--

\\unrestrict 4fJ2
`

describe('the schema as SQL', () => {
  it('says nothing of the run that made it', () => {
    expect(stableSchema(dump)).to.not.match(/restrict|Dumped/)
    expect(stableSchema(dump)).to.equal(
      stableSchema(dump.replaceAll('4fJ2', 'x9').replaceAll('17.10', '17.12')),
    )
  })

  it('is statements alone for a migration, with function bodies as they are', () => {
    const statements = schemaStatements(stableSchema(dump))
    expect(statements).to.match(/^CREATE FUNCTION/)
    expect(statements)
      .to.include('-- Name: kept\nSET work_mem')
      .and.include("SET LOCAL default_tablespace = '';")
    expect(statements).to.include('SET LOCAL default_table_access_method = heap;\n\nCREATE TABLE public.t')
    expect(statements).to.not.match(/statement_timeout|dump complete|Type: TABLE/)
  })
})
