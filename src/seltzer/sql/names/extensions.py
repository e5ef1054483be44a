"""CREATE EXTENSION: what the well-known ones bring along.

Of each, what files name: types, functions, operators and operator classes. Of an extension that is not here only its
own name is known, and who uses what it brings says `depends-on`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from seltzer.model import Name, NameKind
from seltzer.sql.names.lookup import default_schema, need_global
from seltzer.sql.names.objects import object_options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from postgast import pg_query_pb2 as pb

    from seltzer.sql.names.reading import Reading

_TYPES: dict[str, str] = {
    "citext": "citext",
    "hstore": "hstore",
    "ltree": "ltree lquery ltxtquery",
    "cube": "cube",
    "earthdistance": "earth",
    "intarray": "query_int",
    "isn": "ean13 isbn isbn13 ismn ismn13 issn issn13 upc",
    "lo": "lo",
    "seg": "seg",
    "pg_trgm": "gtrgm",
    "postgis": "geometry geography box2d box3d geometry_dump valid_detail spheroid",
    "postgis_raster": "raster",
    "postgis_topology": "topogeometry topoelement",
    "vector": "vector halfvec sparsevec",
    "semver": "semver",
    "uint": "uint1 uint2 uint4 uint8 int1",
    "ip4r": "ip4 ip4r ip6 ip6r ipaddress iprange",
    "h3": "h3index",
}

_FUNCTIONS: dict[str, str] = {
    "pgcrypto": """
        armor crypt dearmor decrypt decrypt_iv digest encrypt encrypt_iv gen_random_bytes gen_salt hmac pgp_key_id
        pgp_armor_headers pgp_pub_decrypt pgp_pub_decrypt_bytea pgp_pub_encrypt pgp_pub_encrypt_bytea pgp_sym_decrypt
        pgp_sym_decrypt_bytea pgp_sym_encrypt pgp_sym_encrypt_bytea""",
    "uuid-ossp": """
        uuid_generate_v1 uuid_generate_v1mc uuid_generate_v3 uuid_generate_v4 uuid_generate_v5 uuid_nil uuid_ns_dns
        uuid_ns_oid uuid_ns_url uuid_ns_x500""",
    "citext": "citext",
    "hstore": """
        akeys avals defined delete each exist hs_concat hstore hstore_to_array hstore_to_json hstore_to_json_loose
        hstore_to_jsonb hstore_to_jsonb_loose hstore_to_matrix populate_record skeys slice slice_array svals""",
    "pg_trgm": """
        set_limit show_limit show_trgm similarity similarity_dist strict_word_similarity word_similarity""",
    "ltree": "index lca ltree2text nlevel subltree subpath text2ltree",
    "unaccent": "unaccent",
    "intarray": "icount idx intset querytree sort sort_asc sort_desc subarray uniq",
    "cube": "cube cube_contains cube_dim cube_distance cube_enlarge cube_inter cube_ll_coord cube_union cube_ur_coord",
    "earthdistance": """
        earth earth_box earth_distance gc_to_sec geo_distance latitude ll_to_earth longitude sec_to_gc""",
    "fuzzystrmatch": """
        daitch_mokotoff difference dmetaphone dmetaphone_alt levenshtein levenshtein_less_equal metaphone soundex""",
    "tablefunc": "connectby crosstab crosstab2 crosstab3 crosstab4 normal_rand",
    "isn": "is_valid make_valid",
    "dblink": "dblink dblink_connect dblink_disconnect dblink_exec dblink_fdw_validator",
    "postgres_fdw": "postgres_fdw_handler postgres_fdw_validator",
    "file_fdw": "file_fdw_handler file_fdw_validator",
    "pg_stat_statements": "pg_stat_statements pg_stat_statements_info pg_stat_statements_reset",
    "lo": "lo_manage lo_oid",
    "moddatetime": "moddatetime",
    "autoinc": "autoinc",
    "insert_username": "insert_username",
    "tsm_system_rows": "system_rows",
    "tsm_system_time": "system_time",
    "xml2": "xpath_bool xpath_nodeset xpath_number xpath_string xpath_table xslt_process",
    "pg_uuidv7": "uuid_generate_v7 uuid_v7_to_timestamptz uuid_timestamptz_to_v7",
    "pgjwt": "sign verify url_encode url_decode algorithm_sign",
    "postgis": """
        addgeometrycolumn geography geometry populate_geometry_columns postgis_version st_area st_asbinary st_asewkt
        st_asgeojson st_asmvt st_asmvtgeom st_astext st_boundary st_buffer st_centroid st_clusterwithin st_collect
        st_contains st_convexhull st_coveredby st_covers st_crosses st_difference st_disjoint st_distance
        st_distancesphere st_dump st_dwithin st_envelope st_equals st_expand st_extent st_flipcoordinates
        st_geogfromtext st_geographyfromtext st_geohash st_geomfromewkt st_geomfromgeojson st_geomfromtext
        st_geomfromwkb st_geometryfromtext st_geometrytype st_intersection st_intersects st_isempty st_isvalid
        st_length st_linemerge st_makeenvelope st_makeline st_makepoint st_makepolygon st_makevalid st_multi st_npoints
        st_numpoints st_overlaps st_point st_pointfromtext st_pointn st_pointonsurface st_polygon st_setsrid
        st_simplify st_simplifypreservetopology st_snaptogrid st_srid st_startpoint st_endpoint st_subdivide
        st_tileenvelope st_touches st_transform st_translate st_union st_within st_x st_xmax st_xmin st_y st_ymax
        st_ymin st_z updategeometrysrid""",
    "vector": """
        cosine_distance inner_product l1_distance l2_distance l2_norm l2_normalize subvector vector_dims vector_norm
        binary_quantize hamming_distance jaccard_distance""",
    "timescaledb": """
        add_compression_policy add_continuous_aggregate_policy add_dimension add_retention_policy create_hypertable
        add_columnstore_policy drop_chunks set_chunk_time_interval time_bucket time_bucket_gapfill by_range by_hash""",
    "citus": "create_distributed_table create_reference_table undistribute_table",
}

_OPERATORS: dict[str, str] = {
    "hstore": "#= %% %# #<#",
    "pg_trgm": "%> <% %>> <<% <<-> <->> <<<-> <->>>",
    "ltree": "^@> ^<@ ^~ ^? ^@ ?@> ?<@ ?~ ?@",
    "cube": "<#> <=> ~>",
    "earthdistance": "<@>",
    "postgis": "&&& <<->> <<#>> |=| @@@",
    "vector": "<#> <=> <+> <~> <%>",
}

_OPERATOR_CLASSES: dict[str, str] = {
    "citext": "citext_ops citext_pattern_ops",
    "hstore": "btree_hstore_ops gin_hstore_ops gist_hstore_ops hash_hstore_ops",
    "pg_trgm": "gin_trgm_ops gist_trgm_ops",
    "ltree": "gist__ltree_ops gist_ltree_ops ltree_ops hash_ltree_ops",
    "intarray": "gin__int_ops gist__int_ops gist__intbig_ops",
    "cube": "cube_ops gist_cube_ops",
    "btree_gist": """
        gist_bit_ops gist_bool_ops gist_bpchar_ops gist_bytea_ops gist_cash_ops gist_cidr_ops gist_date_ops
        gist_enum_ops gist_float4_ops gist_float8_ops gist_inet_ops gist_int2_ops gist_int4_ops gist_int8_ops
        gist_interval_ops gist_macaddr8_ops gist_macaddr_ops gist_numeric_ops gist_oid_ops gist_text_ops gist_time_ops
        gist_timestamp_ops gist_timestamptz_ops gist_timetz_ops gist_uuid_ops gist_vbit_ops""",
    "postgis": """
        gist_geometry_ops_2d gist_geometry_ops_nd gist_geography_ops spgist_geometry_ops_2d
        brin_geometry_inclusion_ops_2d btree_geometry_ops""",
    "vector": """
        vector_cosine_ops vector_ip_ops vector_l1_ops vector_l2_ops vector_ops halfvec_cosine_ops halfvec_ip_ops
        halfvec_l1_ops halfvec_l2_ops sparsevec_cosine_ops sparsevec_ip_ops sparsevec_l1_ops sparsevec_l2_ops
        bit_hamming_ops bit_jaccard_ops""",
    "rum": "rum_tsvector_ops rum_tsvector_hash_ops rum_tsvector_addon_ops rum_anyarray_ops",
}

_ACCESS_METHODS = {"bloom": "bloom", "vector": "ivfflat hnsw", "rum": "rum", "pg_search": "bm25", "citus": "columnar"}
_WRAPPERS = {"postgres_fdw": "postgres_fdw", "file_fdw": "file_fdw", "dblink": "dblink_fdw"}
_DICTIONARIES = {"unaccent": "unaccent", "dict_int": "intdict", "dict_xsyn": "xsyn"}
_VIEWS = {
    "pg_stat_statements": "pg_stat_statements pg_stat_statements_info",
    "postgis": "spatial_ref_sys geometry_columns geography_columns",
}

_REQUIRED = {
    "earthdistance": "cube",
    "postgis_raster": "postgis",
    "postgis_topology": "postgis",
    "postgis_tiger_geocoder": "postgis",
    "pgjwt": "pgcrypto",
    "pgrouting": "postgis",
    "vectorscale": "vector",
    "ai": "vector",
}

_IN_A_SCHEMA = (
    (NameKind.TYPE, _TYPES),
    (NameKind.FUNCTION, _FUNCTIONS),
    (NameKind.OPERATOR, _OPERATORS),
    (NameKind.OPERATOR_CLASS, _OPERATOR_CLASSES),
    (NameKind.TEXT_SEARCH_DICTIONARY, _DICTIONARIES),
    (NameKind.VIEW, _VIEWS),
)


def members_of(extension: str, schema: str) -> Iterator[Name]:
    """What an extension is known to bring, in the schema that it is put into."""
    for kind, table in _IN_A_SCHEMA:
        for word in table.get(extension, "").split():
            yield Name(kind, schema, word)
    for kind, table in ((NameKind.ACCESS_METHOD, _ACCESS_METHODS), (NameKind.FOREIGN_DATA_WRAPPER, _WRAPPERS)):
        for word in table.get(extension, "").split():
            yield Name(kind, "", word)
    if extension.startswith("pl"):
        yield Name(NameKind.LANGUAGE, "", extension)


def create_extension(reading: Reading, statement: pb.CreateExtensionStmt) -> None:
    """CREATE EXTENSION; CASCADE brings what it requires."""
    extension = statement.extname
    options = {node.def_elem.defname: node.def_elem.arg for node in statement.options}
    schema = options["schema"].string.sval if "schema" in options else default_schema(reading)
    if "schema" in options:
        need_global(reading, NameKind.SCHEMA, schema)
    required = _REQUIRED.get(extension)
    if required and "cascade" not in options:
        need_global(reading, NameKind.EXTENSION, required)
        required = None
    for name in filter(None, (required, extension)):
        reading.provide(Name(NameKind.EXTENSION, "", name))
        for member in members_of(name, schema):
            reading.provide(member)


def alter_extension(reading: Reading, statement: pb.AlterExtensionStmt) -> None:
    """ALTER EXTENSION … UPDATE."""
    need_global(reading, NameKind.EXTENSION, statement.extname)


def alter_extension_members(reading: Reading, statement: pb.AlterExtensionContentsStmt) -> None:
    """ALTER EXTENSION … ADD and DROP."""
    need_global(reading, NameKind.EXTENSION, statement.extname)
    reading.need(object_options(reading, statement.objtype, statement.object))
