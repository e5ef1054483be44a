"""What PostgreSQL itself provides and every file uses, so that no time is spent on it.

Types and operators only: PostgreSQL looks in `pg_catalog` first, so a type of one of these names is never the
user's. Functions are not listed: an unknown name costs nothing, since only what some migration provides makes an edge.
"""

from __future__ import annotations

_TYPE_WORDS = """
    aclitem any anyarray anycompatible anycompatiblearray anycompatiblemultirange anycompatiblenonarray
    anycompatiblerange anyelement anyenum anymultirange anynonarray anyrange bit bool box bpchar bytea char cid cidr
    circle cstring date datemultirange daterange event_trigger fdw_handler float4 float8 gtsvector index_am_handler
    inet int2 int2vector int4 int4multirange int4range int8 int8multirange int8range internal interval json jsonb
    jsonpath language_handler line lseg macaddr macaddr8 money name numeric nummultirange numrange oid oidvector path
    pg_lsn pg_node_tree pg_snapshot point polygon record refcursor regclass regcollation regconfig regdictionary
    regnamespace regoper regoperator regproc regprocedure regrole regtype table_am_handler text tid time timestamp
    timestamptz timetz trigger tsm_handler tsmultirange tsquery tsrange tstzmultirange tstzrange tsvector
    txid_snapshot unknown uuid varbit varchar void xid xid8 xml
    """

# Types to the writer of a column and to nobody else.
SERIALS = frozenset(("serial", "serial2", "serial4", "serial8", "bigserial", "smallserial"))

TYPES = SERIALS | frozenset(_TYPE_WORDS.split())

# The grammar's own spellings, which a tree has already translated and the text of a function has not.
_SPELLING_WORDS = """
    bigint boolean character dec decimal double float int integer national nchar precision real smallint varying setof
    """
SPELLINGS = TYPES | frozenset(_SPELLING_WORDS.split())

COLLATIONS = frozenset(
    ("default", "C", "POSIX", "ucs_basic", "unicode", "pg_c_utf8", "pg_unicode_fast", "C.UTF-8", "en_US.UTF-8")
)

ACCESS_METHODS = frozenset(("btree", "hash", "gist", "gin", "spgist", "brin", "heap"))

_OPERATOR_WORDS = """
    !! !~ !~* !~~ !~~* # ## #- #> #>> % & && &< &<| &> * *< *<= *<> *= *> *>= + - -> ->> -|- / < <-> << <<= <<| <= <>
    <@ <^ = > >= >> >>= >^ ? ?# ?& ?- ?-| ?| ?|| @ @-@ @> @? @@ @@@ ^ ^@ | |&> |/ |>> || ||/ ~ ~* ~<=~ ~<~ ~= ~>=~ ~>~
    ~~ ~~* BETWEEN
    """
OPERATORS = frozenset(_OPERATOR_WORDS.split()) | {"NOT BETWEEN", "BETWEEN SYMMETRIC", "NOT BETWEEN SYMMETRIC"}

LANGUAGES = frozenset(("sql", "plpgsql", "c", "internal"))
