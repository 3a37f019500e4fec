import type { Client } from 'pg'

/**
 * Gives a session the functions that the ready rules call, in its temporary schema, so that nothing of them stays
 * in the database, and the salt that keys them. The same value, rule and salt give the same result on every server.
 */
export async function prepareMasking(client: Client, salt: string): Promise<void> {
  await client.query(`select pg_catalog.set_config('pg_rehearsal.salt', $1, false)`, [salt])
  // A function that calls itself is not there yet when it is made.
  await client.query('set check_function_bodies = off')
  for (const sql of functions) await client.query(sql)
}

/** 60 bits as ten syllables: consonants of one hexadecimal digit, vowels of the next. */
const syllables = Array.from(
  { length: 10 },
  (_, pair) => `substr(consonants, ${pair * 2 + 1}, 1) || substr(vowels, ${pair * 2 + 2}, 1)`,
).join(' || ')

const filler =
  'lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna aliqua '

const sql = (signature: string, result: string, body: string) =>
  `create or replace function pg_temp.${signature} returns ${result} language sql stable as $body$ ${body} $body$`

const plpgsql = (signature: string, result: string, body: string) =>
  `create or replace function pg_temp.${signature} returns ${result} language plpgsql stable as $body$ ${body} $body$`

const functions = [
  sql(
    'masking_digest(value text, purpose text)',
    'text',
    `select encode(sha256(convert_to(current_setting('pg_rehearsal.salt') || ':' || purpose || ':' || value, getdatabaseencoding())), 'hex')`,
  ),
  sql(
    'masking_letters(value text, purpose text)',
    'text',
    `select translate(pg_temp.masking_digest(value, purpose), '0123456789', 'ghijklmnop')`,
  ),
  plpgsql(
    'masking_word(value text, purpose text)',
    'text',
    `declare
       hex text := left(pg_temp.masking_digest(value, purpose), 20);
       consonants text := translate(hex, '0123456789abcdef', 'bdfghjklmnprstvz');
       vowels text := translate(hex, '0123456789abcdef', 'aeioaeioaeioaeio');
     begin
       return ${syllables};
     end`,
  ),
  // The case of the letters tells values apart that differ in case alone, as they do in text and do not in citext.
  sql(
    'masking_cased(letters text, value text, purpose text)',
    'text',
    `select case when value = lower(value) then letters else (
       select string_agg(case when get_bit(sha256(convert_to(current_setting('pg_rehearsal.salt') || purpose || value, getdatabaseencoding())), at::int) = 1 then upper(substr(letters, at::int + 1, 1)) else substr(letters, at::int + 1, 1) end, '' order by at)
         from generate_series(0, length(letters) - 1) at) end`,
  ),
  plpgsql(
    'masked_email(value text, most int default 1000)',
    'text',
    `declare letters text;
     begin
       if value is null or value = '' then return value; end if;
       letters := left(pg_temp.masking_letters(lower(value), 'email'), least(20, most - 12));
       if value <> lower(value) then letters := pg_temp.masking_cased(letters, value, 'email'); end if;
       return letters || '@example.com';
     end`,
  ),
  plpgsql(
    'masked_name(value text, most int default 1000)',
    'text',
    `declare word text;
     begin
       if value is null or value = '' then return value; end if;
       word := pg_temp.masking_word(value, 'name');
       return left(initcap(case when value like '%_ _%' then overlay(word placing ' ' from 9 for 0) else word end), most);
     end`,
  ),
  plpgsql(
    'masked_address(value text, most int default 1000)',
    'text',
    `begin
       if value is null or value = '' then return value; end if;
       return left((1 + get_byte(decode(right(pg_temp.masking_digest(value, 'address'), 2), 'hex'), 0)) || ' '
         || initcap(pg_temp.masking_word(value, 'address')) || ' Street', most);
     end`,
  ),
  sql(
    'masked_token(value text, most int default 1000000)',
    'text',
    `select case when value = '' then value else
       left(repeat(pg_temp.masking_digest(value, 'token'), 1 + length(value) / 64), least(greatest(length(value), 32), most)) end`,
  ),
  sql(
    'masked_uuid(value text)',
    'uuid',
    `select overlay(overlay(left(pg_temp.masking_digest(value, 'token'), 32) placing '4' from 13) placing 'a' from 17)::uuid`,
  ),
  sql(
    'masked_bytes(value bytea)',
    'bytea',
    `select decode(left(repeat(pg_temp.masking_digest(encode(value, 'hex'), 'token'), 1 + length(value) / 32), length(value) * 2), 'hex')`,
  ),
  plpgsql(
    'masked_text(value text, most int default 1000000000)',
    'text',
    `begin
       if value is null or value = '' then return value; end if;
       return left(left(pg_temp.masking_letters(value, 'free-text'), 16) || ' ' || repeat('${filler}', 1 + length(value) / ${filler.length}),
         least(greatest(length(value), 16), most));
     end`,
  ),
  plpgsql(
    'masked_json(value jsonb)',
    'jsonb',
    `begin
       case jsonb_typeof(value)
         when 'string' then return to_jsonb(pg_temp.masked_text(value #>> '{}'));
         when 'array' then return (select coalesce(jsonb_agg(pg_temp.masked_json(item) order by at), '[]') from jsonb_array_elements(value) with ordinality as e(item, at));
         when 'object' then return (select coalesce(jsonb_object_agg(key, pg_temp.masked_json(item)), '{}') from jsonb_each(value) as e(key, item));
         else return value;
       end case;
     end`,
  ),
  sql(
    'masked_ip(value text)',
    'text',
    `select case when value = '' then value when value like '%:%:%'
       then '2001:db8:' || regexp_replace(left(pg_temp.masking_digest(value, 'ip'), 24), '(.{4})(?!$)', '\\1:', 'g')
       else (select format('10.%s.%s.%s', get_byte(d, 0), get_byte(d, 1), get_byte(d, 2)) from (select decode(left(pg_temp.masking_digest(value, 'ip'), 6), 'hex')) h(d)) end`,
  ),
  sql(
    'masked_network(value inet)',
    'inet',
    `select set_masklen(pg_temp.masked_ip(host(value))::inet, masklen(value))`,
  ),
  sql(
    'masked_network(value cidr)',
    'cidr',
    `select network(set_masklen(pg_temp.masked_ip(host(value))::inet, masklen(value)))`,
  ),
  sql(
    'masked_day(value timestamp)',
    'timestamp',
    `select case when isfinite(value) then date_trunc('year', value)
       + ('x' || left(pg_temp.masking_digest(value::date::text, 'date-of-birth'), 6))::bit(24)::int % 365 * interval '1 day' else value end`,
  ),
  // A Feistel network over decimal digits: every number of n digits becomes another one of n digits, one to one.
  plpgsql(
    'masking_digits(digits text)',
    'text',
    `declare
     half int := length(digits) / 2;
     one bigint; other bigint; size_one bigint; size_other bigint; kept bigint;
   begin
     if length(digits) > 34 then
       return pg_temp.masking_digits(left(digits, 34)) || pg_temp.masking_digits(substr(digits, 35));
     end if;
     size_one := 10::numeric ^ half;
     size_other := 10::numeric ^ (length(digits) - half);
     one := coalesce(nullif(left(digits, half), ''), '0')::bigint;
     other := substr(digits, half + 1)::bigint;
     for round in 1..4 loop
       one := (one + pg_temp.masking_round(other, 2 * round, length(digits)) % size_one) % size_one;
       other := (other + pg_temp.masking_round(one, 2 * round + 1, length(digits)) % size_other) % size_other;
     end loop;
     return case half when 0 then '' else lpad(one::text, half, '0') end || lpad(other::text, length(digits) - half, '0');
   end`,
  ),
  sql(
    'masking_round(part bigint, round int, digits int)',
    'bigint',
    `select ('x' || left(pg_temp.masking_digest(part::text, 'phone' || round || ':' || digits), 15))::bit(60)::bigint`,
  ),
  plpgsql(
    'masked_phone(value text, most int default 1000)',
    'text',
    `declare
     digits text := regexp_replace(value, '[^0-9]', '', 'g');
     -- Without the +44 or the 0 that it begins with it would be a number of another country, or none at all.
     prefix int := case when value like '+%' then 2 when value like '0%' then 1 else 0 end;
     masked text := ''; at int := 0; letter text;
   begin
     if value is null or value = '' then return value; end if;
     if digits = '' or value ~ '[^-0-9+()./ xX#]' then
       return left(translate(pg_temp.masking_digest(value, 'phone'), 'abcdef', '012345'), least(15, most));
     end if;
     if length(digits) > prefix then
       digits := left(digits, prefix) || pg_temp.masking_digits(substr(digits, prefix + 1));
     end if;
     foreach letter in array string_to_array(value, null) loop
       if letter ~ '^[0-9]$' then at := at + 1; letter := substr(digits, at, 1); end if;
       masked := masked || letter;
     end loop;
     return masked;
   end`,
  ),
  // The sign and the first digit stay, so that the number stays as long as it was and fits its type.
  plpgsql(
    'masked_number(value text)',
    'text',
    `begin
     if value !~ '^-?[0-9]{2,}$' then return value; end if;
     return substring(value from '^-?[0-9]') || pg_temp.masking_digits(substring(value from '^-?[0-9]([0-9]*)$'));
   end`,
  ),
]
