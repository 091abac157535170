"""COPY: what it loads, how it converts, what it refuses, what it records."""

from __future__ import annotations

import bz2
import gzip
import json
from decimal import Decimal
from typing import Any

import pytest
import zstandard

OPTIONS = "format as csv gzip timeformat 'auto' dateformat 'auto' compupdate off statupdate off"
TYPES = (
    "id bigint, name varchar(20), amount numeric(10,2), at timestamptz, d date, ok bool, j super, f double precision"
)
ROWS = (
    '1,"a ""q"", b\nnewline",12.345,2026-01-02T03:04:05Z,2026-01-02,true,"{""k"": [1, 2]}",1.5\n'
    "2,,,,,,,\n"
    "3,\\N,-1,2026-01-02 03:04:05.123456+02,2026-01-02,f,null,-1e3\n"
)
READ = "select id, name, amount, at::varchar, d::varchar, ok, json_serialize(j), f from t order by id"
LOADED = [
    (1, 'a "q", b\nnewline', Decimal("12.34"), "2026-01-02 03:04:05+00", "2026-01-02", True, '{"k":[1,2]}', 1.5),
    (2, "", None, None, None, None, None, None),  # an empty VARCHAR stays empty, anything else is null
    (3, None, Decimal(-1), "2026-01-02 01:04:05.123456+00", "2026-01-02", False, "null", -1000.0),
]


def copy(bucket: Any, url: str, options: str = OPTIONS, table: str = "t") -> str:
    return f"copy {table} from '{url}' iam_role '{bucket.role}' {options}"


def test_a_manifest_of_gzipped_csv_loads_into_a_temporary_table(client: Any, bucket: Any) -> None:
    header = "id,name,amount,at,d,ok,j,f\n"
    first, second = ROWS.rsplit("3,", 1)[0], "3," + ROWS.rsplit("3,", 1)[1]
    urls = [bucket.put("m/1.csv.gz", header + first), bucket.put("m/2.csv.gz", header + second)]
    bucket.put("m/not-in-the-manifest.csv.gz", "bad\n")
    manifest = bucket.manifest("m/manifest.json", urls)
    client.begin()
    client.run(f"create temp table t ({TYPES})")
    options = f"{OPTIONS} manifest ignoreheader 1 null as '\\\\N' region 'us-east-1'"
    client.run(copy(bucket, manifest, options))
    assert client.run(READ) == LOADED
    assert client.value("select pg_last_copy_count()") == 3
    commits = "select trim(filename), lines_scanned from stl_load_commits where query = pg_last_copy_id() order by 1"
    assert client.run(commits) == [(urls[0], 2), (urls[1], 1)]
    client.commit()


@pytest.mark.parametrize("compression", ["gzip", "bzip2", "zstd", ""])
def test_every_compression_loads_the_same(one_client: Any, bucket: Any, compression: str) -> None:
    data = ROWS.encode()
    packed = {
        "bzip2": bz2.compress(data[:100]) + bz2.compress(data[100:]),
        "zstd": zstandard.ZstdCompressor().compress(data),
    }.get(compression, data)
    url = bucket.put(f"z/{compression}.csv", packed, compress=compression == "gzip")
    one_client.run(f"create table t ({TYPES})")
    one_client.run(copy(bucket, url, f"csv {compression} timeformat 'auto'"))
    assert one_client.run(READ) == LOADED


def test_a_prefix_loads_every_object_below_it(one_client: Any, bucket: Any) -> None:
    for number in range(3):
        url = bucket.put(f"p/part-{number}.gz", f"{number}\n")
    one_client.run("create table t (id int)")
    one_client.run(copy(bucket, url[: -len("2.gz")], "csv gzip"))
    assert one_client.run("select id from t order by id") == [(0,), (1,), (2,)]


def test_options_change_what_is_loaded(one_client: Any, bucket: Any) -> None:
    one_client.run("create table t (id int, v varchar(5), n numeric(8,2))")

    def loaded(rows: str | bytes, options: str) -> list[Any]:
        one_client.run("delete from t")
        one_client.run(copy(bucket, bucket.put("o/x.gz", rows), f"gzip {options}"))
        return one_client.run("select v, n::varchar from t order by id")

    assert loaded("1,,20.259\n", "csv") == [("", "20.25")]  # decimals are cut ...
    assert loaded("1,,20.259\n", "csv emptyasnull roundec") == [(None, "20.26")]  # ... unless ROUNDEC
    assert loaded("1,   ,1\n", "csv blanksasnull") == [(None, "1.00")]
    assert loaded("1,ab  ,1\n", "csv trimblanks") == [("ab", "1.00")]
    assert loaded("1,ééé,1\n", "csv truncatecolumns") == [("éé", "1.00")]  # bytes, and no half character
    assert loaded(b"1,a\xffb,1\n", "csv acceptinvchars as '^'") == [("a^b", "1.00")]
    assert loaded("1,a\n", "csv fillrecord") == [("a", None)]
    assert loaded("1,a,1\n\n2,b,2\n", "csv ignoreblanklines") == [("a", "1.00"), ("b", "2.00")]
    assert loaded("1,NIL,1\n", "csv null as 'NIL'") == [(None, "1.00")]
    assert loaded("1;'a;b';1\n", "csv delimiter ';' quote as ''''") == [("a;b", "1.00")]
    assert loaded("1|a|1\n", "") == [("a", "1.00")]
    assert loaded("1\ta\t1\n", "delimiter '\\t'") == [("a", "1.00")]
    assert loaded("1|'a|b'|1\n", "removequotes") == [("a|b", "1.00")]
    assert loaded("1|a\\|b|1\n2|c\\nd|2\n", "escape") == [("a|b", "1.00"), ("cnd", "2.00")]  # \n is the letter n
    assert loaded("1|a\\\nb|1\n", "escape") == [("a\nb", "1.00")]
    assert loaded("1|\\N|1\n", "escape") == [(None, "1.00")]
    assert loaded("01ab 1.50\n", "fixedwidth 'id:2,v:3,n:4'") == [("ab ", "1.50")]
    assert loaded("1,a,1\n".encode("utf-16"), "csv encoding utf16") == [("a", "1.00")]
    assert loaded("v,id\nz,1\n", "csv ignoreheader 1 maxerror 5") == []


def test_a_column_list_gives_the_order_and_defaults_fill_the_rest(one_client: Any, bucket: Any) -> None:
    one_client.run("create table t (id int identity(1,1), v varchar(5) default 'dflt', n int)")
    url = bucket.put("cl/1.gz", "7\n")
    one_client.run(copy(bucket, url, "csv gzip", "t (n)"))
    assert one_client.run("select id, v, n from t") == [(1, "dflt", 7)]
    one_client.refused(copy(bucket, url, "csv gzip", "t (nope)"), 'column "nope" .* does not exist')


@pytest.mark.parametrize(
    ("options", "text", "shown"),
    [
        ("timeformat 'auto'", "2026/01/02 03:04:05", "2026-01-02 03:04:05"),
        ("timeformat 'auto'", "2026-01-02T03:04:05.5", "2026-01-02 03:04:05.5"),
        ("timeformat 'epochsecs'", "1767323045", "2026-01-02 03:04:05"),
        ("timeformat 'epochmillisecs'", "1767323045500", "2026-01-02 03:04:05.5"),
        ("timeformat 'MM/DD/YYYY HH12:MI:SS AM'", "01/02/2026 03:04:05 PM", "2026-01-02 15:04:05"),
        ("", "2026-01-02 03:04:05", "2026-01-02 03:04:05"),
        ("acceptanydate dateformat 'auto' timeformat 'auto'", "00/00/00 00:00:00", None),
    ],
)
def test_times_are_read_in_the_form_given(one_client: Any, bucket: Any, options: str, text: str, shown: str) -> None:
    one_client.run("create table t (at timestamp)")
    one_client.run(copy(bucket, bucket.put("tf/1.gz", text + "\n"), f"csv gzip {options}"))
    assert one_client.value("select at::varchar from t") == shown


BAD_ROWS = [
    ("x,a,2026-01-01 00:00:00", "", 1207, "id", "Invalid digit"),
    ("99999999999,a,", "", 1222, "id", "Overflow"),
    ("1,toolong,", "", 1204, "a", "String length exceeds DDL length"),
    ("1,ééé,", "", 1204, "a", "String length exceeds DDL length"),
    ("1,a,2026-01-01T00:00:00Z", "", 1206, "ts", "Invalid timestamp"),
    ("1,a,2026-13-01 00:00:00", "timeformat 'auto'", 1206, "ts", "Invalid timestamp"),
    ("1,a", "", 1214, "", "Delimiter not found"),
    ("1,a,,9", "", 1202, "", "Extra column"),
    (b"1,\xff\xfe,", "", 1220, "a", "UTF8"),
    (",a,", "", 1213, "id", "not-null"),
    ("1,a\0b,", "", 1218, "a", "null byte"),
    ('1,"a"b,', "", 1216, "", "quote"),
]


@pytest.mark.parametrize("bad_row", BAD_ROWS)
def test_a_bad_row_fails_the_load_and_is_recorded_beyond_the_rollback(
    one_client: Any, bucket: Any, bad_row: tuple[str | bytes, str, int, str, str]
) -> None:
    line, options, code, column, reason = bad_row
    one_client.run("create table t (id int not null, a varchar(5), ts timestamp)")
    bad = line if isinstance(line, bytes) else line.encode()
    url = bucket.put(f"bad/{abs(hash((bad, options)))}.csv.gz", b"1,ok,\n" + bad + b"\n3,ok,\n")
    one_client.begin()
    one_client.run("insert into t values (7, 'x', null)")
    with pytest.raises(Exception, match="Check 'stl_load_errors' system table for details"):
        one_client.run(copy(bucket, url, f"csv gzip {options}"))
    one_client.rollback()
    assert one_client.value("select count(*) from t") == 0
    recorded = one_client.run(
        "select line_number, err_code, trim(colname), trim(err_reason) from stl_load_errors"
        f" where trim(filename) = '{url}'"
    )
    assert [row[:3] for row in recorded] == [(2, code, column)]
    assert reason in recorded[0][3]
    detail = f"select line_number, error_code, column_name from sys_load_error_detail where file_name = '{url}'"
    assert one_client.run(detail) == [(2, code, column)]
    one_client.run(copy(bucket, url, f"csv gzip maxerror 10 {options}"))  # the good rows go on
    assert one_client.value("select count(*) from t") == 2
    assert one_client.value("select pg_last_copy_count()") == 2


def test_errors_show_inside_the_transaction_that_goes_on(client: Any, bucket: Any) -> None:
    client.run("create table t (id int)")
    url = bucket.put(f"in/{client.connection.__class__.__module__}.gz", "1\nx\n")
    client.begin()
    client.run(copy(bucket, url, "csv gzip maxerror 9"))
    shown = "select line_number, trim(raw_field_value) from stl_load_errors where query = pg_last_copy_id()"
    assert client.run(shown) == [(2, "x")]
    client.commit()
    assert client.run(shown) == [(2, "x")]


def test_maxerror_is_the_number_of_errors_that_fails_a_load(one_client: Any, bucket: Any) -> None:
    one_client.run("create table t (id int)")
    url = bucket.put("me/1.gz", "1\nx\ny\n2\n")
    one_client.refused(copy(bucket, url, "csv gzip maxerror 2"), "stl_load_errors")
    one_client.run(copy(bucket, url, "csv gzip maxerror 3"))
    one_client.run(copy(bucket, url, "csv gzip ignoreallerrors"))
    assert one_client.value("select count(*) from t") == 4
    one_client.run(copy(bucket, url, "csv gzip noload maxerror 9"))
    assert one_client.value("select count(*) from t") == 4


def test_line_numbers_count_the_lines_inside_quotes(one_client: Any, bucket: Any) -> None:
    one_client.run("create table t (id int, v varchar(20))")
    url = bucket.put("ln/1.gz", 'id,v\n1,"a\nb\nc"\n2,"d\ne"\nx,f\n')
    one_client.refused(copy(bucket, url, "csv gzip ignoreheader 1"), "stl_load_errors")
    assert one_client.value(f"select line_number from stl_load_errors where trim(filename) = '{url}'") == 7


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("csv gzip frobnicate", 'at or near "frobnicate"'),
        ("csv gzip bzip2", "not compatible"),
        ("csv escape", "CSV is not compatible with ESCAPE"),
        ("csv removequotes", "CSV is not compatible with REMOVEQUOTES"),
        ("json 'auto' delimiter ','", "JSON is not compatible"),
        ("quote '%'", "QUOTE can be used only with CSV"),
        ("csv maxerror 9 ignoreallerrors", "not compatible"),
        ("csv maxerror 100001", "between 0 and 100000"),
        ("csv csv", "conflicting or redundant"),
        ("parquet region 'us-east-1'", "REGION argument is not supported for PARQUET"),
        ("parquet maxerror 3", "MAXERROR argument is not supported for PARQUET"),
        ("csv region 'eu-west-1'", "addressed using the specified endpoint"),
        ("orc", "does not load ORC"),
        ("csv timeformat 'what'", "Invalid DATEFORMAT or TIMEFORMAT"),
    ],
)
def test_options_that_do_not_go_are_refused(one_client: Any, bucket: Any, options: str, message: str) -> None:
    one_client.run("create table t (id timestamp)")
    url = bucket.put("op/1", "1\n", compress=False)
    one_client.refused(copy(bucket, url, options), f"(?i){message}")


def test_s3_itself_decides_what_may_be_read(one_client: Any, bucket: Any) -> None:
    one_client.run("create table t (id int)")
    url = bucket.put("x/1.gz", "1\n")
    bucket.client.put_object(Bucket="lake", Key="secret", Body=b"1\n")
    refused = one_client.refused
    refused(copy(bucket, "s3://stage/nothing/here", "csv"), "The specified S3 prefix .* does not exist")
    refused(copy(bucket, "s3://no-such-bucket/x", "csv"), "S3ServiceException")
    refused(copy(bucket, "s3://lake/secret", "csv"), "S3ServiceException.*Status 403")
    other = copy(bucket, url, "csv gzip").replace("RedshiftLoader", "Other")
    refused(other, "is not authorized to assume IAM Role")
    refused(copy(bucket, url, "csv gzip").replace(bucket.role, "not-a-role"), "Invalid IAM_ROLE")
    refused(copy(bucket, bucket.put("x/plain", "1", compress=False), "csv gzip"), "zlib")
    refused(f"copy t from '{url}' access_key_id 'ADMINKEY' secret_access_key 'wrong' csv gzip", "Status 403")
    refused(f"copy t from '{url}' csv gzip", "authorization is required")
    missing = bucket.manifest("x/m", ["s3://stage/gone"])
    refused(copy(bucket, missing, "csv gzip manifest"), "NoSuchKey")
    optional = bucket.manifest("x/o", ["s3://stage/gone", url], mandatory=False)
    one_client.run(copy(bucket, optional, "csv gzip manifest"))
    one_client.run(f"copy t from '{url}' credentials 'aws_iam_role={bucket.role}' csv gzip")
    one_client.run(f"copy t from '{url}' iam_role default csv gzip")
    assert one_client.value("select count(*) from t") == 3


def test_a_truncated_file_fails_the_load(one_client: Any, bucket: Any) -> None:
    one_client.run("create table t (id int, v varchar(100))")
    url = bucket.put("cut/1.gz", "".join(f"{n},{n * 7919 % 10007}\n" for n in range(50000)))
    data = bucket.get("cut/1.gz")
    bucket.put("cut/1.gz", data[: len(data) // 2], compress=False)
    one_client.refused(copy(bucket, url, "csv gzip"), "Problem reading|zlib")
    assert one_client.value("select count(*) from t") == 0


def test_json_is_shredded_by_names(client: Any, bucket: Any) -> None:
    client.run("create table t (id int, j super, s varchar(20), n numeric(20, 10))")
    exact = '{"id": 1, "j": {"a": [1, null, 1.10, 12345678901234567890]}, "s": "x\\ty", "extra": 1, "n": 0.1234567891}'
    url = bucket.put("j/1.gz", exact + '\n{"id": 2}\n\n{"s": {"k": true}}')
    client.run(copy(bucket, url, "json 'auto' gzip"))
    loaded = client.run("select id, json_serialize(j), s, n from t order by id")
    assert loaded == [
        (1, '{"a":[1,null,1.10,12345678901234567890]}', "x\ty", Decimal("0.1234567891")),
        (2, None, None, None),
        (None, None, '{"k": true}', None),
    ]


def test_json_by_paths_whole_and_without_case(one_client: Any, bucket: Any) -> None:
    one_client.run("create table t (id int, v varchar(9))")
    url = bucket.put("jp/1.json", '{"ID": 1, "A": {"b": ["x", "y"]}}', compress=False)
    paths = json.dumps({"jsonpaths": ["$['ID']", "$.A.b[1]"]})
    one_client.run(copy(bucket, url, f"json '{bucket.put('jp/paths', paths, compress=False)}'"))
    assert one_client.run("select id, v from t") == [(1, "y")]
    one_client.run(copy(bucket, url, "json 'auto ignorecase'", "t (id)"))
    assert one_client.value("select count(id) from t") == 2
    short = bucket.put("jp/short", '{"jsonpaths": ["$.id"]}', compress=False)
    one_client.refused(copy(bucket, url, f"json '{short}'"), "JSONPath size: 1, Number of columns .*: 2")
    one_client.run("create table whole (s super)")
    one_client.run(copy(bucket, url, "json 'noshred'", "whole"))
    assert one_client.value("select s.a.b[1]::varchar from whole") is None  # names are case sensitive inside
    assert one_client.value("""select s."A".b[1]::varchar from whole""") == "y"


def test_bad_json_fails_or_is_counted(one_client: Any, bucket: Any) -> None:
    one_client.run("create table t (id int)")
    url = bucket.put("jb/1", '{"id": "x"}\n{"id": 1}', compress=False)
    one_client.refused(copy(bucket, url, "json 'auto'"), "stl_load_errors")
    one_client.run(copy(bucket, url, "json 'auto' maxerror 2"))
    assert one_client.run("select id from t") == [(1,)]
    broken = bucket.put("jb/2", '{"id": 1} {"id": ', compress=False)
    one_client.refused(copy(bucket, broken, "json 'auto'"), "Invalid JSON")


def test_super_takes_what_redshift_takes(one_client: Any, bucket: Any) -> None:
    one_client.run("create table t (s super)")
    for bad in ("{a: 1}", "NaN", '"' + "x" * 65536 + '"'):
        quoted = '"' + bad.replace('"', '""') + '"\n'
        one_client.refused(copy(bucket, bucket.put("su/1.gz", quoted), "csv gzip"), "stl_load_errors")
    reason = "select err_code from stl_load_errors order by starttime desc limit 1"
    assert one_client.value(reason) == 1224
    one_client.run(copy(bucket, bucket.put("su/2.gz", '"{""a"": ""é""}"\n1.10\n'), "csv gzip"))
    assert {row[0] for row in one_client.run("select json_serialize(s) from t")} == {'{"a":"é"}', "1.10"}


def test_copy_obeys_the_bytes_of_a_column_and_the_rows_of_a_file(one_client: Any, bucket: Any) -> None:
    one_client.run("create table t (v varchar(max))")
    one_client.run(copy(bucket, bucket.put("by/1.gz", "x" * 65535 + "\n"), "csv gzip"))
    one_client.refused(copy(bucket, bucket.put("by/2.gz", "x" * 65536 + "\n"), "csv gzip"), "stl_load_errors")
    assert one_client.value("select octet_length(v) from t") == 65535


def test_unload_writes_what_copy_reads(client: Any, bucket: Any) -> None:
    writer = bucket.role.replace("Loader", "Unloader")
    client.run("create table t (id int, v varchar(20))")
    client.run(r"insert into t values (1, 'a|\\b'), (2, null), (3, 'c,\n\"d\"')")
    for number, options in enumerate(("csv gzip", "escape null as '@'", "csv header zstd delimiter ';'")):
        prefix = f"u/{client.connection.__class__.__module__}/{number}/"
        unload = (
            f"unload ('select * from t where v <> ''zz'' or v is null') to 's3://stage/{prefix}' iam_role '{writer}'"
        )
        client.run(f"{unload} {options} manifest allowoverwrite")
        assert len(bucket.keys(prefix)) == 2
        client.refused(f"{unload} {options}", "is not empty")
        client.run("create table back (like t)")
        back = options.replace("header", "ignoreheader 1") + (" null as ''" if "csv" in options else "")
        client.run(copy(bucket, f"s3://stage/{prefix}manifest", f"{back} manifest", "back"))
        assert client.run("select * from back order by id") == client.run("select * from t order by id")
        client.run("drop table back")
    client.refused(unload.replace("Unloader", "Loader") + " csv allowoverwrite", "Status 403")


@pytest.mark.parametrize("damage", ["cut", "changed", "no gzip"])
def test_a_damaged_file_fails_the_load_and_no_row_of_it_stays(one_client: Any, bucket: Any, damage: str) -> None:
    one_client.run("create table t (n int, v varchar(20))")
    whole = gzip.compress("".join(f"{number},row {number * number}\n" for number in range(20_000)).encode())
    middle = len(whole) // 2
    bodies = {
        "cut": whole[:middle],
        "changed": whole[:middle] + b"\xff" * 8 + whole[middle + 8 :],
        "no gzip": b"1,a\n",
    }
    good, bad = bucket.put("dm/1.gz", "1,good\n"), bucket.put("dm/2.gz", bodies[damage], compress=False)
    source = bucket.manifest("dm.manifest", [good, bad])
    one_client.refused(copy(bucket, source, "csv gzip manifest"), "Problem reading|zlib|stl_load_errors")
    assert one_client.value("select count(*) from t") == 0
    assert one_client.value("select 1") == 1
