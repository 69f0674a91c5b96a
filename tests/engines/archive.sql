-- What `treasury-recon query` calls `entries`, and what follows from it, from the Parquet files alone: the same text for
-- DuckDB and for Spark.
--
-- Before it come `files`, the rows of all `entries-` and `carried-` files with their folder's day as `run_on` and their
-- `filename`; `findings_told` and `open_items_told` in the same way; `recalled` with its folder's `date`, since its own `run_on`
-- is the run whose case it took back; and `days`: each day that was run, and the first whose cells of the tie-out it still tells.

CREATE OR REPLACE TEMPORARY VIEW ledgers AS
SELECT ledger, party, flow,
  CASE WHEN flow IN ('correction', 'account') OR ledger IN ('bank-remittances', 'treasury-clearing') THEN NULL
       WHEN party IN ('bank', 'treasury') THEN party ELSE 'issuer' END AS role
FROM (VALUES
  ('tax-receipts', 'tax', 'revenue'), ('finance-receipts', 'finance', 'revenue'),
  ('bank-receipts', 'bank', 'revenue'), ('bank-remittances', 'bank', 'revenue'),
  ('treasury-receipts', 'treasury', 'revenue'), ('treasury-clearing', 'treasury', 'revenue'),
  ('tax-refunds', 'tax', 'refund'), ('finance-refunds', 'finance', 'refund'),
  ('treasury-refunds', 'treasury', 'refund'), ('bank-refunds', 'bank', 'refund'),
  ('finance-disbursements', 'finance', 'disbursement'), ('treasury-disbursements', 'treasury', 'disbursement'),
  ('bank-disbursements', 'bank', 'disbursement'), ('tax-corrections', 'tax', 'correction'),
  ('finance-corrections', 'finance', 'correction'), ('treasury-corrections', 'treasury', 'correction'),
  ('bank-statements', 'bank', 'account'), ('treasury-balances', 'treasury', 'account'),
  ('treasury-reports', 'treasury', 'account'), ('bond-redemptions', 'bank', 'account')
) AS listed(ledger, party, flow);

CREATE OR REPLACE TEMPORARY VIEW placed AS
SELECT *,
  regexp_extract(filename, '(entries|carried)-([a-z-]+)[.]parquet$', 2) AS ledger,
  regexp_extract(filename, '(entries|carried)-([a-z-]+)[.]parquet$', 1) = 'carried' AS is_open
FROM files;

-- What was known when a day's run had ended: what was settled up to it and no run took back, and what was open then.
CREATE OR REPLACE TEMPORARY VIEW known AS
SELECT days.day AS known_on, placed.*, ledgers.party, ledgers.flow, ledgers.role
FROM days
JOIN placed ON placed.run_on <= days.day AND (NOT placed.is_open OR placed.run_on = days.day)
JOIN ledgers ON ledgers.ledger = placed.ledger
WHERE NOT EXISTS (
  SELECT 1 FROM recalled
  WHERE recalled.run_on = placed.run_on AND recalled.case_no = placed.case_no
    AND recalled.date <= days.day AND NOT placed.is_open
);

CREATE OR REPLACE TEMPORARY VIEW entries AS
SELECT * FROM known WHERE known_on = (SELECT MAX(day) FROM days);

CREATE OR REPLACE TEMPORARY VIEW findings AS
SELECT *, run_on = MAX(run_on) OVER (PARTITION BY finding_id) AS is_latest FROM findings_told;

CREATE OR REPLACE TEMPORARY VIEW open_items AS
SELECT *, run_on = (SELECT MAX(day) FROM days) AS is_latest FROM open_items_told;

-- What each party says of a case that has a place in the tie-out; a refund's bank says what the treasury says where it
-- keeps no book of refunds, and so does a treasury that never delivered its own, of the issuer.
CREATE OR REPLACE TEMPORARY VIEW cases AS
SELECT known_on, run_on, case_no, flow, cell_on, issuer,
  CASE WHEN flow = 'refund' AND banks = 0 AND treasuries > 0 THEN treasury
       WHEN flow = 'refund' AND banks = 0 THEN issuer ELSE bank END AS bank,
  CASE WHEN flow = 'refund' AND NOT heard THEN issuer ELSE treasury END AS treasury
FROM (
  SELECT known_on, run_on, case_no, MAX(flow) AS flow, MAX(cell_on) AS cell_on,
    SUM(CASE WHEN role = 'issuer' THEN amount ELSE 0 END) AS issuer,
    SUM(CASE WHEN role = 'bank' THEN amount ELSE 0 END) AS bank,
    SUM(CASE WHEN role = 'treasury' THEN amount ELSE 0 END) AS treasury,
    COUNT(CASE WHEN role = 'bank' THEN 1 END) AS banks,
    COUNT(CASE WHEN role = 'treasury' THEN 1 END) AS treasuries
  FROM known WHERE fate = 'stands' AND role IS NOT NULL AND cell_on IS NOT NULL
  GROUP BY known_on, run_on, case_no
) AS sums
JOIN (
  SELECT known_on AS heard_on, MAX(CASE WHEN ledger = 'treasury-refunds' THEN 1 ELSE 0 END) = 1 AS heard
  FROM known GROUP BY known_on
) AS hearing ON heard_on = known_on;

-- The source document of a case: the first row of the issuer.
CREATE OR REPLACE TEMPORARY VIEW slips AS
SELECT * FROM (
  SELECT known_on, run_on, case_no, treasury, COALESCE(tax_org, collector) AS org, level, subject,
    COALESCE(adjust_flag, '0') AS adjust_flag,
    ROW_NUMBER() OVER (PARTITION BY known_on, run_on, case_no ORDER BY ledger DESC, file, file_row) AS place
  FROM known WHERE fate = 'stands' AND role = 'issuer' AND cell_on IS NOT NULL
) AS issued WHERE place = 1;

-- What a case adds to which cell, and what a correction takes from one cell to another.
CREATE OR REPLACE TEMPORARY VIEW shares AS
SELECT cases.known_on, cell_on, slips.treasury, org, level, subject, adjust_flag,
  CASE WHEN flow = 'refund' THEN -issuer ELSE issuer END AS issuer,
  CASE WHEN flow = 'refund' THEN -bank ELSE bank END AS bank,
  CASE WHEN flow = 'refund' THEN -cases.treasury ELSE cases.treasury END AS treasury_amount
FROM cases JOIN slips
  ON slips.known_on = cases.known_on AND slips.run_on = cases.run_on AND slips.case_no = cases.case_no
UNION ALL
SELECT moves.known_on, corrected_on, moves.treasury, COALESCE(moves.org, slips.org), moves.level, moves.subject, '0',
  amount, amount, amount
FROM (
  SELECT known_on, run_on, case_no, corrected_on,
    old_treasury AS treasury, old_org AS org, old_level AS level, old_subject AS subject, -old_amount AS amount
  FROM known WHERE fate = 'stands' AND ledger IN ('tax-corrections', 'finance-corrections')
  UNION ALL
  SELECT known_on, run_on, case_no, corrected_on, new_treasury, new_org, new_level, new_subject, new_amount
  FROM known WHERE fate = 'stands' AND ledger IN ('tax-corrections', 'finance-corrections')
) AS moves LEFT JOIN slips
  ON slips.known_on = moves.known_on AND slips.run_on = moves.run_on AND slips.case_no = moves.case_no;

-- (a) The tie-out that each run told: the cells of its day, and earlier ones that still differ.
CREATE OR REPLACE TEMPORARY VIEW tie_out AS
SELECT known_on AS run_on, cell_on AS on_date, treasury, org, level, subject, adjust_flag,
  SUM(issuer) AS issuer, SUM(bank) AS bank, SUM(treasury_amount) AS treasury_amount
FROM shares JOIN days ON days.day = known_on
WHERE cell_on >= kept_from AND cell_on <= known_on
GROUP BY known_on, cell_on, treasury, org, level, subject, adjust_flag
HAVING cell_on = known_on OR SUM(issuer) <> SUM(bank) OR SUM(bank) <> SUM(treasury_amount);

-- (b) The three-way match by number: the rows that a day's run had at hand.
CREATE OR REPLACE TEMPORARY VIEW by_number AS
SELECT run_on, flow, number, COUNT(*) AS entries,
  COUNT(CASE WHEN role = 'issuer' THEN 1 END) AS issuers, COUNT(CASE WHEN role = 'bank' THEN 1 END) AS banks,
  COUNT(CASE WHEN role = 'treasury' THEN 1 END) AS treasuries,
  SUM(CASE WHEN role = 'issuer' THEN amount ELSE 0 END) AS issuer,
  SUM(CASE WHEN role = 'bank' THEN amount ELSE 0 END) AS bank,
  SUM(CASE WHEN role = 'treasury' THEN amount ELSE 0 END) AS treasury
FROM (
  SELECT run_on, role, amount, CASE WHEN flow = 'correction' THEN 'revenue' ELSE flow END AS flow,
    CASE WHEN flow = 'revenue' THEN slip_no WHEN flow = 'correction' THEN original_slip ELSE voucher_no END AS number
  FROM known
  WHERE run_on = known_on AND fate = 'stands' AND (role IS NOT NULL OR flow = 'correction')
) AS numbered
WHERE number IS NOT NULL
GROUP BY run_on, flow, number;
