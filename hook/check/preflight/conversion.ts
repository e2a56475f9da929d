import { identifier, literal } from '../../sql/quote.ts'
import type { Asks, Question } from './demand.ts'
import type { Relation } from './relations.ts'

/** Pages of a table that are tried at once, at first. */
const stride = 256

/**
 * Tries a conversion with every row, and finds the first that fails. No function of PostgreSQL before 16 tells whether a text is valid,
 * and none whether an expression succeeds; so a block tries some pages at once, by TID range, and where that fails, fewer, and at last
 * each row by itself. It runs in a read-only transaction, and what an error says of a value is not kept, its code is.
 */
export function conversionQuestion(
  { value, type, limit }: Extract<Asks, { kind: 'cast' }>,
  relation: Relation,
  table: string,
  key: string,
): Question {
  // What is longer than the type allows is refused but for blanks at its end (PostgreSQL docs 8.3). The other condition is never true, and cannot be left out.
  const bad =
    limit === undefined
      ? `num_nulls((${value}\n)::${type}) > 1`
      : `char_length(rtrim((${value}\n)::text, ' ')) > ${limit}`
  const errors = 'data_exception or check_violation or not_null_violation'
  const name = identifier([relation.name])
  const oid = relation.oid
  const body = `#variable_conflict use_column
declare
  lotse_at bigint := 0; lotse_step bigint := ${stride}; lotse_pages bigint; lotse_code text; lotse_key text; lotse_row record;
begin
  select max(pg_relation_size(r.oid)) / current_setting('block_size')::bigint into lotse_pages from (
    with recursive below(oid) as (select ${oid}::oid union select i.inhrelid from below join pg_inherits i on i.inhparent = below.oid)
    select below.oid from below join pg_class c on c.oid = below.oid and c.relkind = 'r') as r;
  while lotse_at < lotse_pages loop
    lotse_key := null; lotse_code := null;
    begin
      select q.key into lotse_key from (select ${key.replace(' as key', '')} as key from ${table}
        where ${name}.ctid >= format('(%s,0)', lotse_at)::tid and ${name}.ctid < format('(%s,0)', lotse_at + lotse_step)::tid and ${bad} limit 1) as q;
      if found then lotse_code := '22001'; end if;
    exception when ${errors} then lotse_code := sqlstate;
    end;
    if lotse_code is null then lotse_at := lotse_at + lotse_step; lotse_step := least(lotse_step * 2, ${stride});
    elsif lotse_key is null and lotse_step > 1 then lotse_step := lotse_step / 2;
    elsif lotse_key is null then
      for lotse_row in select ${name}.tableoid as lotse_table, ${name}.ctid as lotse_place, ${key.replace(' as key', '')} as lotse_name from ${table}
        where ${name}.ctid >= format('(%s,0)', lotse_at)::tid and ${name}.ctid < format('(%s,0)', lotse_at + 1)::tid loop
        begin
          perform 1 from ${table} where ${name}.tableoid = lotse_row.lotse_table and ${name}.ctid = lotse_row.lotse_place and ${bad};
          if found then lotse_code := '22001'; lotse_key := coalesce(lotse_row.lotse_name::text, ''); exit; end if;
        exception when ${errors} then lotse_code := sqlstate; lotse_key := coalesce(lotse_row.lotse_name::text, ''); exit;
        end;
      end loop;
      exit;
    else exit;
    end if;
  end loop;
  perform set_config('lotse.code', coalesce(lotse_code, ''), true), set_config('lotse.key', coalesce(lotse_key, ''), true);
end`
  const sql = `set local lotse.code = ''; do language plpgsql ${literal(body)};
select nullif(current_setting('lotse.key', true), '')::json as key, current_setting('lotse.code') as code where current_setting('lotse.code') <> ''`
  return { sql, list: '' }
}
