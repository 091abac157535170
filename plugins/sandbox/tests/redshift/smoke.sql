-- What every client runs; `-- >` is a row it must see, as psql writes it. ${url} and ${role} are the test's.
drop schema if exists smoke cascade;
create schema smoke;
set search_path to smoke;

create table spend (
    id integer not null, name varchar(40) encode zstd, day date, cost numeric(12, 2), facts super, primary key (id)
) diststyle key distkey (id) compound sortkey (day, id);
create table staged (like spend);

copy staged from '${url}' iam_role '${role}' csv gzip;
select pg_last_copy_count();
-- > 3

insert into spend values (2, 'old', '2026-11-01', 1.5, json_parse('[1]'));
merge into spend using staged s on spend.id = s.id
when matched then update set name = s.name, day = s.day, cost = s.cost, facts = s.facts
when not matched then insert values (s.id, s.name, s.day, s.cost, s.facts);
select id, name, day, cost, facts.device::varchar from spend order by id;
-- > 1|Été|2026-11-01|10.25|TV
-- > 2|a, b|2026-11-02|0.10|
-- > 3||2026-11-03||TABLET

select datediff(day, min(day), max(day)), nvl(max(cost), 0) from spend;
-- > 2|10.25
select top 1 name from spend order by id;
-- > Été
select "column", type, distkey, sortkey from pg_table_def where tablename = 'spend' and sortkey > 0 order by sortkey;
-- > day|date|f|1
-- > id|integer|t|2

set search_path to default;
drop schema smoke cascade;
