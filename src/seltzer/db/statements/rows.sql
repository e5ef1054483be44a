-- The history as documents of words, which ts_stat turns into rows: one word for the newest row of each id, one for
-- each older content of it. When everything is as the caller expects the only word is 'same'.
WITH newest AS (
  SELECT DISTINCT ON (h.id) h.id, h.state, h.generation, h.checksum, h.token_checksum, h.finished_at, h.kind, h.position
  FROM {history} AS h
  WHERE h.state <> 'failed'
  ORDER BY h.id, h.position DESC
),
failed AS (
  SELECT h.id, pg_catalog.max(h.position) AS position
  FROM {history} AS h
  WHERE h.state = 'failed'
  GROUP BY h.id
),
words AS (
  SELECT pg_catalog.concat_ws(
    {field}, coalesce(n.id, f.id), coalesce(n.state, ''), coalesce(n.generation, 0), coalesce(n.checksum, ''),
    coalesce(n.token_checksum, ''), coalesce((extract(epoch FROM n.finished_at) * 1000000)::pg_catalog.int8, 0),
    CASE WHEN f.position > coalesce(n.position, 0) THEN 1 ELSE 0 END, coalesce(n.kind, ''), coalesce(n.position, 0)
  ) AS word
  FROM newest AS n
  FULL JOIN failed AS f ON f.id = n.id
  UNION ALL
  SELECT pg_catalog.concat_ws({older}, h.id, h.checksum, coalesce(h.token_checksum, ''))
  FROM {history} AS h
  JOIN newest AS n ON n.id = h.id AND n.position > h.position
  WHERE h.state <> 'failed'
  GROUP BY h.id, h.checksum, h.token_checksum
),
documents AS (
  -- A document holds a MiB at most, a word some 600 bytes.
  SELECT pg_catalog.array_agg(numbered.word) AS words
  FROM (SELECT w.word, (pg_catalog.row_number() OVER () - 1) / 1000 AS document FROM words AS w) AS numbered
  GROUP BY numbered.document
),
seen AS (
  SELECT {digest} = pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to(coalesce(pg_catalog.string_agg(
    pg_catalog.concat(n.id, CASE WHEN n.state IN ('applied', 'stamped') THEN '=' ELSE '!' END, n.checksum),
    ';' ORDER BY n.id COLLATE pg_catalog."C"
  ), ''), 'UTF8')), 'hex') AS same
  FROM newest AS n
)
SELECT pg_catalog.array_to_tsvector(coalesce(differing.words, ARRAY['same']::pg_catalog.text[]))
FROM seen
LEFT JOIN LATERAL (SELECT d.words FROM documents AS d WHERE NOT seen.same) AS differing ON true
WHERE seen.same OR differing.words IS NOT NULL
